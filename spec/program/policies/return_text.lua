-- policy returned a string: expected a table
return "cancel"
