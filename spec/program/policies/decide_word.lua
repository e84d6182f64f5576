-- policy decide must be "cancel"
return { decide = { "keep", "delete" } }
