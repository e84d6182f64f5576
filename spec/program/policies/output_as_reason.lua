-- limit output
return { decide = function() return cancel(("x"):rep(1025)) end }
