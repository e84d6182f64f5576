-- policy decide returned two values
return { decide = function() return "cancel", "reason" end }
