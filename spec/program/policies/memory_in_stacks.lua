-- limit memory
local function deeper(...) return select("#", deeper(1, 2, 3, 4, 5, 6, 7, 8, ...)) end
local kept = {}
while true do
  local thread = coroutine.create(deeper)
  coroutine.resume(thread)
  kept[#kept + 1] = thread
end
