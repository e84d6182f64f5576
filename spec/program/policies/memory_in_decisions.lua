-- limit memory
local kept = {}
return { decide = function(action)
  kept[#kept + 1] = ("x"):rep(2^20) .. action.id .. #kept
  return cancel "x"
end }
