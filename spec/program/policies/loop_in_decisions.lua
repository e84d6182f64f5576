-- limit average
local began
return { decide = function(action)
  began = os.clock()
  while os.clock() - began < 0.1 do end
  return keep(action.id)
end }
