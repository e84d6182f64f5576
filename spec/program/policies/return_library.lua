-- policy comment is a built%-in function of Lua
return { decide = "cancel", comment = print }
