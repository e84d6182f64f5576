-- policy invalid conversion specifier
return { decide = "cancel", comment = os.date "%Ez" }
