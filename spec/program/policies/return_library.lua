-- policy comment is a function of Lua itself
return { decide = "cancel", comment = print }
