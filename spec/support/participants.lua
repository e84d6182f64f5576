-- Runs several processes under one virtual clock, for specs.
--
-- Each runs a Lua script (see participant.lua) whose client uses the service
-- (mde.simulator.service), network and time of this process.
--
--   local run = participants.new(service, clock, { round_trip = 0.1 })
--   run:start("a", "script.lua", { ids = ids })
--   clock.at(clock.monotonic() + 5, function() run:kill "a" end)
--   local results = run:go()
--   run:close()
--
-- A process runs freely until its engine polls: then it sends the requests that it has begun, and
-- waits. Once all wait, time passes until an answer for one of them arrives or its poll ends, and
-- the processes concerned continue. So at one moment they run in parallel, and contend for real
-- locks; a process that does not contend does the same each time. A poll while another process
-- waits for a held lock is a deadlock, which ends after a minute.

local engines = require "mde.simulator.engine"
local exchange = require "spec.support.exchange"
local literal = require "spec.support.literal"
local program = require "spec.support.program"

local participants = {}

local Run = {}
Run.__index = Run

local KILLED = 137  -- the status of a killed process

-- The watch, a process that kills the others when the run or this process ends, or when one of
-- them sends nothing for too long.

local WATCH = [[
folder=$1 limit=0
exec 2>/dev/null
kill_all() { kill -KILL $(cat "$folder"/*.pid); }
while word=$(timeout $limit dd bs=1 count=1); status=$?; [ "$word" ]; do
  case $word in w) limit=$2 ;; i) limit=0 ;; esac
done
if [ $status -eq 124 ]; then
  : >"$folder/late"
  kill_all
  cat >/dev/null
fi
kill_all
rm -rf "$folder"
]]

local function watch(folder, patience)
  local pipe = assert(io.popen(("unset LD_PRELOAD; exec setsid sh -c %s watch %s %d"):format(
    program.quote(WATCH), folder, patience), "w"))
  pipe:setvbuf "no"
  return pipe
end

-- Notes that a process has sent a message; once per second is enough.
function Run:beat()
  local second = os.time()
  if second == self.second then return end
  self.second = second
  self.watch:write "."
end

-- One process. It runs, or waits with a deadline, or has ended with a status.

local function read(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read "a"
  file:close()
  return text
end

-- Starts a process: `script` is the path of a Lua script, or itself one if it has
-- several lines; `arguments`, a plain value, is what it gets. `environment` goes in
-- front of the command (see trouble.environment). It runs from now on.
function Run:start(name, script, arguments, environment)
  local former = self.named[name]
  assert(not former or former.status, "there is one of this name")
  local number = #self.children + 1
  local base = self.folder .. "/" .. number
  assert(os.execute("mkfifo " .. base .. ".fifo"))
  local replies = assert(io.popen(([[
    exec 3>%s.fifo 4<&0 </dev/null >%s.out 2>&1; echo $$ >%s.pid; echo $$ >&3
    %s exec lua5.4 %s/participant.lua]]):format(base, base, base, environment or "",
      program.quote(program.support)), "w"))
  local messages = assert(io.open(base .. ".fifo"))
  local child = { name = name, base = base, pid = messages:read "l", replies = replies,
                  messages = messages, runs = true, told = {},
                  engine = engines.new(self.service, self.round_trip), flights = {} }
  self.children[number], self.named[name] = child, child
  local service = self.service
  self:reply(child, { name = name, seed = number, script = script, arguments = arguments,
    service = { tenant = service.tenant, client_id = service.client_id,
                client_secret = service.client_secret } })
end

-- Lets a process continue, at the current time.
function Run:reply(child, message)
  message.now, message.wall = self.clock.monotonic(), self.clock.wall()
  if message.wall ~= self.wall then
    self.wall = message.wall
    self.on_time(message.wall)
  end
  child.runs = true
  child.replies:write(literal.write(message), "\n")
  child.replies:flush()
end

-- The answers that arrived for a process -> array of { id, response, err }
local function landed(child)
  local results, flying = {}, {}
  for _, id in ipairs(child.flights) do
    local response, err = child.engine:take(id)
    if response == false then
      flying[#flying + 1] = id
    else
      results[#results + 1] = { id = id, response = response, err = err }
    end
  end
  child.flights = flying
  return results
end

-- A request that a process has begun, or abandoned.
local function begin(child, what)
  local flights = child.flights
  if what.abandoned then
    child.engine:abandon(what.abandoned)
    for i = #flights, 1, -1 do
      if flights[i] == what.abandoned then table.remove(flights, i) end
    end
  else
    flights[#flights + 1] = what.id
    assert(child.engine:start(what.request, exchange.owner()) == what.id)
  end
end

-- Reads the messages of a process until it waits, or has ended.
function Run:listen(child)
  while true do
    local line = child.messages:read "L"
    self:beat()
    if not line or line:sub(-1) ~= "\n" then return self:bury(child) end
    local message = literal.read(line)
    if message.deadline then
      child.deadline, child.runs = message.deadline, false
      for _, what in ipairs(message.begun) do begin(child, what) end
      return
    elseif message.done then
      child.value = message.value
    else
      child.told[#child.told + 1] = message.told
    end
  end
end

local function exists(path)
  local file = io.open(path)
  if file then file:close() end
  return file ~= nil
end

-- A process has ended, which is a failure unless it was killed or is content.
function Run:bury(child)
  child.runs = false
  child.messages:close()
  local _, how, code = child.replies:close()
  os.remove(child.base .. ".pid")
  child.status = how == "signal" and 128 + code or code
  child.output = read(child.base .. ".out")
  local problem
  if exists(self.folder .. "/late") then
    problem = ("kept silent for %d s"):format(self.patience)
  elseif child.status ~= 0 and child.status ~= KILLED then
    problem = ("ended with status %d"):format(child.status)
  end
  if problem then error(("%s %s:\n%s"):format(child.name, problem, child.output), 0) end
end

-- Kills a process now; best while all wait, in clock.at or between two run:go. What
-- it has sent arrives nevertheless.
function Run:kill(name)
  local child = assert(self.named[name], "there is none of this name")
  assert(not child.status, "it has ended")
  os.execute("kill -KILL " .. child.pid)
  repeat self:listen(child) until child.status
end

-- All of them

-- The moment until which all wait: the first deadline. It is past if a process has an answer, or
-- runs, or none waits.
function Run:quiet_until()
  local first = math.huge
  for _, child in ipairs(self.children) do
    if child.runs or not child.status and child.engine.waiting > 0 then return -math.huge end
    if not child.status then first = math.min(first, child.deadline) end
  end
  return first < math.huge and first or -math.huge
end

-- Lets time pass while all wait, until a process is concerned, with all events planned for that
-- moment. -> true if enough(), which is called after every event, was true
function Run:pass(enough)
  local clock = self.clock
  while not enough() do
    local now = clock.monotonic()
    local moment = math.max(self:quiet_until(), now)
    if not clock.pass(moment - now) then
      self.reached = moment  -- the clock may show less by a rounding
      return false
    end
  end
  return true
end

function Run:is_alive()
  for _, child in ipairs(self.children) do
    if not child.status then return true end
  end
  return false
end

function Run:go_on(enough)
  while true do
    for _, child in ipairs(self.children) do
      if child.runs then self:listen(child) end
    end
    if not self:is_alive() then return self:results() end
    if self:pass(enough) then return nil end
    for _, child in ipairs(self.children) do
      if not (child.runs or child.status)
         and (child.engine.waiting > 0 or child.deadline <= self.reached) then
        self:reply(child, { landed = landed(child) })
      end
    end
  end
end

local function never() return false end

-- Lets time pass until all have ended, or earlier when `enough()`, asked while all wait,
-- is true; then go may be called again. Raises when one has failed, with what it printed.
-- -> results | nil
function Run:go(enough)
  assert(self.watch, "the run is closed")
  self.watch:write "w"
  local ok, results = pcall(self.go_on, self, enough or never)
  if not ok then
    self:close()
    error(results, 0)
  end
  self.watch:write "i"
  return results
end

-- The results by name: { value = the script's result, told = array of the values of
-- participant.tell, status = exit status (137 if killed, nil while it runs), output = output and
-- errors }
function Run:results()
  local results = {}
  for name, child in pairs(self.named) do
    results[name] = { value = child.value, told = child.told, status = child.status,
                      output = child.output }
  end
  return results
end

-- Kills the processes that are left. May be called again.
function Run:close()
  if not self.watch then return end
  self.watch:close()
  self.watch = nil
  for _, child in ipairs(self.children) do
    if not child.status then
      os.execute("kill -KILL " .. child.pid .. " 2>/dev/null")  -- if the watch is dead
      child.messages:close()
      child.replies:close()
      child.runs, child.status = false, KILLED
    end
  end
end

Run.__close = Run.close

-- A run of processes that use `service` under `clock`, which is its clock. Options:
-- round_trip (seconds on the wire, default 0.1), and patience (real seconds that one may
-- compute or wait for others without a word, default 60). `run.on_time`, a
-- function(wall), is called when time has passed, before anyone runs on.
function participants.new(service, clock, options)
  assert(service.clock == clock, "the clock is another one than the service's")
  options = options or {}
  local pipe = assert(io.popen "mktemp -d")
  local folder = pipe:read "l"
  pipe:close()
  local patience = options.patience or 60
  return setmetatable({
    service = service, clock = clock, round_trip = options.round_trip, folder = folder,
    patience = patience, watch = watch(folder, patience), children = {}, named = {},
    reached = -math.huge, on_time = function() end,
  }, Run)
end

return participants
