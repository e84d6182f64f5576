-- policy p!\n\x1b%[2J
return { decide = function() error("p!\n\27[2J", 0) end }
