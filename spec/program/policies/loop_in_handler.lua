-- limit longest
return { decide = function()
  xpcall(error, function() while true do end end)
end }
