-- policy decide returned a number
return { decide = function() return 1 end }
