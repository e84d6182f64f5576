-- Measures CPU and memory of lists without the transfer: mde run list.lua ACTIONS PAGE
--
-- An engine without a network returns prepared pages. Prints the seconds of CPU of
-- `mde list --all --json`, the growth of its peak memory in KiB, and the growth of client:actions
-- in KiB between the first tenth and the end of ten times as many actions.

local clients = require "mde.client"
local clocks = require "mde.base.clock"
local date = require "mde.base.date"
local settings = require "mde.config.options"

local count = tonumber(arg[1])

local ACTION = '{"id":"%08x-7557-4ab7-9782-d50480024a4e","type":"Isolate","title":null,'
  .. '"requestor":"Analyst@contoso.com","requestorComment":"Isolate machine due to alert %d",'
  .. '"status":"Succeeded","machineId":"49e96a8dd67ac4f1ce9952cce%015x","computerDnsName":'
  .. '"desktop-%08x.contoso.com","creationDateTimeUtc":"%s.8785235Z","lastUpdateDateTimeUtc":'
  .. '"%s.93163Z","cancellationRequestor":null,"cancellationComment":null,'
  .. '"cancellationDateTimeUtc":null,"errorHResult":0,"scope":"Full","externalId":null,'
  .. '"requestSource":"PublicApi","relatedFileInfo":null,"commands":[],"troubleshootInfo":null}'

local function body(first, last)
  local rows = {}
  for i = first, last do
    local text = date.text(1769198400 - i):sub(1, -2)
    rows[#rows + 1] = ACTION:format(i, i, i, i, text, text)
  end
  return '{"@odata.context":"https://api.security.microsoft.com/api/$metadata#MachineActions",'
    .. '"value":[' .. table.concat(rows, ",") .. "]}"
end

-- A client of a service with that many actions; page(first, last) returns a page.
local function client_of(total, page)
  local engine, waiting, last = {}, {}, 0
  function engine:start(request, owner)
    local rows = tonumber(request.url:match "top=(%d+)")
    local stop = math.min(last + rows, total)
    waiting[#waiting + 1] = { status = 200, seconds = 0, headers = {}, body = page(last + 1, stop) }
    last = stop
    owner.flight = #waiting
    return #waiting
  end
  function engine:step() return next(waiting) and 1 or 0 end
  engine.poll = engine.step
  function engine:take(id)
    local response = waiting[id]
    waiting[id] = nil
    return response
  end
  function engine:abandon() end
  return clients.new(assert(settings.read({ token = "x", quota = false }, function() end)), {
    engine = engine, clock = clocks.system, host = require "mde.host.plain",
    random = math.random })
end

local function peak()
  for line in io.lines "/proc/self/status" do
    local kilobytes = line:match "^VmHWM:%s*(%d+)"
    if kilobytes then return tonumber(kilobytes) end
  end
end

local function memory()
  collectgarbage()
  collectgarbage()
  return collectgarbage "count"
end

-- Bodies are prepared, unless they are so many that the collector waits for more garbage.
local size = tonumber(arg[2] or 1000)
local bodies = {}
local prepared = count <= 10000 and count or 0
for first = 1, prepared, size do bodies[first] = body(first, math.min(first + size - 1, count)) end
local mde = require "mde.program.system".mde  -- as the command has it
function mde.client()
  return client_of(count, function(first, last)
    return bodies[first] or body(first, last)
  end)
end
local command = require "mde.program"
local before, began = peak(), os.clock()
assert(command { "--store", "memory", "list", "--all", "--json" } == 0)
io.stdout:flush()
local seconds, grown = os.clock() - began, peak() - before
bodies = {}

local listed, start = 0, nil
for _ in client_of(10 * count, body):actions() do
  listed = listed + 1
  if listed == count then start = memory() end
end
assert(listed == 10 * count)
io.stderr:write(("%.3f %d %.0f\n"):format(seconds, grown, memory() - start))
