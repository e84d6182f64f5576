-- Checks that a process has no more requests in flight than --parallel allows.
--
-- The default is 10; 40 for a plan, whose cancels and releases count apart. Items that were sent
-- may be read meanwhile, as many at once. One list call reads forty items of a plan, or items to
-- send again; they do not count while they are read.

local read_command = require "spec.world.model.command"

local DEFAULT, PLANNED, LISTED = 10, 40, 40

-- -> limit, the number of items that may be read besides
local function limit_of(process)
  local command = read_command(process.argv)
  local given = tonumber(command.options["--parallel"])
  local is_direct = command.name == "cancel" or command.name:find "^launch"
    or command.name == "isolate" or command.name == "unisolate"
  return given or is_direct and DEFAULT or PLANNED, is_direct and 0 or LISTED
end

local function is_counted(request)
  return request.process and request.event.operation ~= "sign_in"
end

local function is_open(request, at)
  local answer = request.answer
  return answer ~= nil and answer.outcome ~= "gone" and answer.at > at
end

-- Reports whether its item was sent before. Such items are read first, forty at once.
local function is_repeated(request)
  return request.is_post and request.item ~= nil and request.item.posts[1] ~= request
end

local function check(world, requests, report)
  local process = world.observation.processes[requests[1].process]
  if not process then return end
  local limit, read = limit_of(process)
  local open = {}
  for _, request in ipairs(requests) do
    local kept = { request }
    for _, other in ipairs(open) do
      if is_open(other, request.sent) then kept[#kept + 1] = other end
    end
    open = kept
    local most = is_repeated(request) and limit + LISTED or request.is_post and limit + read
      or 2 * limit
    if #open > most then
      return report("parallel", { open[#open].n, request.n },
        "%s has %d requests of %s in flight; --parallel is %d", process.name, #open,
        request.event.operation, limit)
    end
  end
end

local function kind_of(request)
  if not request.is_post then return "GET" end
  return is_repeated(request) and "again" or request.event.operation
end

return function(world, report)
  local groups, order = {}, {}
  for _, request in ipairs(world.requests) do
    if is_counted(request) then
      local key = request.process .. "\0" .. kind_of(request)
      if not groups[key] then
        groups[key], order[#order + 1] = {}, key
      end
      table.insert(groups[key], request)
    end
  end
  for _, key in ipairs(order) do
    local group = groups[key]
    table.sort(group, function(a, b)
      if a.sent ~= b.sent then return a.sent < b.sent end
      return a.n < b.n
    end)
    check(world, group, report)
  end
end
