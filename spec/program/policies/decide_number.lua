-- policy decide must be "cancel"
return { decide = 1 }
