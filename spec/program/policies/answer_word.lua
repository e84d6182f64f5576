-- policy decide returned a string
return { decide = function() return "CANCEL" end }
