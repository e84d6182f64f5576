-- Checks that a process has no more requests in flight than --parallel allows.
--
-- The default is 10; 40 for a plan, whose cancels and releases count apart. Items that were sent
-- may be read meanwhile, as many at once.

local read_command = require "spec.world.model.command"

local DEFAULT, PLANNED = 10, 40

local function limit_of(process)
  local command = read_command(process.argv)
  local given = tonumber(command.options["--parallel"])
  if given then return given end
  return (command.name == "cancel" or command.name:find "^launch" or command.name == "isolate"
    or command.name == "unisolate") and DEFAULT or PLANNED
end

local function is_counted(request)
  return request.process and request.event.operation ~= "sign_in"
end

local function is_open(request, at)
  local answer = request.answer
  return answer ~= nil and answer.outcome ~= "gone" and answer.at > at
end

local function check(world, requests, report)
  local process = world.observation.processes[requests[1].process]
  if not process then return end
  local limit, open = limit_of(process), {}
  for _, request in ipairs(requests) do
    local kept = { request }
    for _, other in ipairs(open) do
      if is_open(other, request.sent) then kept[#kept + 1] = other end
    end
    open = kept
    local most = request.is_post and limit or 2 * limit
    if #open > most then
      return report("parallel", { open[#open].n, request.n },
        "%s has %d requests of %s in flight; --parallel is %d", process.name, #open,
        request.event.operation, limit)
    end
  end
end

return function(world, report)
  local groups, order = {}, {}
  for _, request in ipairs(world.requests) do
    if is_counted(request) then
      local key = request.process .. "\0" .. (request.is_post and request.event.operation or "GET")
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
