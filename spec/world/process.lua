-- One `mde` process of a world: a coroutine with its own modules, system, clock and connections.
--
-- `touch` is called wherever a process touches store, network or file: there it may crash, and
-- others may run. The chunks of lua/mde are compiled once and executed anew for each process.

local core = require "mde.core"
local database = require "spec.world.database"
local files = require "spec.world.files"
local modules = require "spec.world.modules"
local network = require "spec.world.network"
local random_numbers = require "spec.world.random"
local supervisor = require "spec.world.supervisor"

local process = {}

local Process = {}
Process.__index = Process

-- Time

-- Runs the coroutine until it waits or ends.
local function resume(self)
  if self.ended or self.frozen then
    self.is_due = not self.ended
    return
  end
  modules.current = self
  local done, problem = coroutine.resume(self.thread)
  modules.current = nil
  if not done then self.world:defect(self, debug.traceback(self.thread, tostring(problem))) end
  if coroutine.status(self.thread) == "dead" then self:finish() end
end

-- Waits for seconds of the host's clock. `sleeper`, if given, may be woken earlier.
function Process:sleep(seconds, sleeper)
  sleeper = sleeper or {}
  sleeper.entry = self.world:after(math.max(seconds, 1e-6) / self.host.rate,
    function() resume(self) end)
  coroutine.yield()
end

-- Ends a sleep now.
function Process:wake(sleeper)
  if not (sleeper.entry and sleeper.entry.action) then return end
  sleeper.entry.action = nil
  self.world:after(0, function() resume(self) end)
end

function Process:freeze()
  self.frozen = true
  self.world:note { kind = "frozen", process = self.name }
end

function Process:thaw()
  if not self.frozen then return end
  self.frozen = false
  if self.ended then return end
  self.world:note { kind = "thawed", process = self.name }
  if self.is_due then
    self.is_due = false
    self.world:after(0, function() resume(self) end)
  end
end

-- Crashes

-- Frees what the kernel frees. An open transaction is rolled back.
function Process:finish()
  self.ended = self.world.agenda.now
  for _, connection in ipairs(self.connections) do database.close(connection) end
  self.host.disk:release(self)
  self.world:on_end(self)
end

-- Ends the process here, without another step.
function Process:die()
  self.crashed = true
  self.world:note { kind = "crash", process = self.name, where = self.last_touch }
  self:finish()
  coroutine.yield()
end

-- Ends the process from outside (SIGKILL, power).
function Process:kill(where)
  if self.ended then return end
  self.crashed = true
  self.world:note { kind = "crash", process = self.name, where = where }
  self:finish()
end

local PAUSE = 0.25    -- share of touches at which other processes may run
local SPINS = 20000   -- touches at one moment: the process waits for nothing

-- Notes a touch. -> share of an append that is written before the process dies, or nil
function Process:touch(kind, detail)
  self.touches = self.touches + 1
  self.last_touch = detail and kind .. " " .. detail or kind
  if kind == "append" then self.appends = self.appends + 1 end
  local crash = self.crashes[self.touches]
    or kind == "append" and self.crashes["append " .. self.appends]
  if crash then
    if kind == "append" and crash.partly then return crash.partly end
    self:die()
  end
  local now = self.world.agenda.now
  self.busy_since = self.busy_at == now and self.busy_since or self.touches
  self.busy_at = now
  if self.touches - self.busy_since > SPINS then
    self.world:defect(self, "it spins: " .. debug.traceback(self.last_touch))
    self:die()
  end
  if self.world.running > 1 and self.random:chance(PAUSE) then
    self:sleep(self.random:scaled(1e-5, 0.05))
  end
end

-- The view of a program

local function writer(self, stream)
  local file = {}
  function file.write(_, ...)
    self:output(stream, table.concat({ ... }))
    return file
  end
  function file.flush() return file end
  file.setvbuf = file.flush
  return file
end

function Process:output(stream, text)
  local list = self[stream]
  list[#list + 1] = text
  self.world:note { kind = "output", process = self.name, stream = stream, text = text }
end

-- A file open for reading.
local function reader(text)
  local at, file = 1, {}
  function file.read(_, how)
    if type(how) == "number" then
      local part = text:sub(at, at + how - 1)
      at = at + #part
      return part ~= "" and part or nil
    end
    if how == "a" or how == "*a" then
      local rest = text:sub(at)
      at = #text + 1
      return rest
    end
    if at > #text then return nil end
    local stop = text:find("\n", at, true) or #text + 1
    local line = text:sub(at, stop - 1)
    at = stop + 1
    return line
  end
  function file.lines() return function() return file:read() end end
  function file.close() return true end
  return file
end

-- Opens a file of the host as io.open does.
function Process:open(path, mode)
  if path == "/dev/tty" then
    if not self.attended then return nil, "/dev/tty: No such device or address", 6 end
    return reader ""
  end
  local text = self.host.disk:read(path)
  if not text or mode and mode:find "[wa+]" then
    return nil, path .. ": No such file or directory", 2
  end
  return reader(text)
end

-- A person answers after some seconds. Without a question, that of the last one is waited for.
-- -> line | false: not within these seconds | nil, message
function Process:ask(question, seconds)
  if not self.attended then return nil, "/dev/tty: No such device or address" end
  if question then
    self.world:note { kind = "asked", process = self.name, text = question }
    self:touch("ask", "")
    self.answers_at = self.world.agenda.now + self.random:scaled(0.5, 20)
    self.number = question:match "Type (%d+) to continue"
  end
  local rest = self.answers_at - self.world.agenda.now
  if seconds and seconds < rest then
    self:sleep(seconds)
    return false
  end
  self:sleep(math.max(0, rest))
  local answer = self.agrees and (self.number or "y") or "n"
  self.agreed = self.agreed or self.agrees
  self.world:note { kind = "typed", process = self.name, text = answer }
  return answer
end

local function new_terminal(self)
  return setmetatable({
    is_terminal = function() return self.attended or false end,
    width = function() return 80 end,
    flush = function() return true end,
    ask = function(question, seconds) return self:ask(question, seconds) end,
  }, { __index = modules.terminal })
end

local function new_interrupt(self)
  return {
    watch = function() self.watches = true end,
    release = function() self.watches = false end,
    count = function() return self.signals end,
    ignore = function() end, reload = function() return false end,
    blocking = function(f, ...) return f(...) end,
    call = function(f, ...) return f(...) end, leave = function(f, ...) return f(...) end,
  }
end

local function new_process(self)
  return {
    who = function() return self.user, self.host.name end,
    pid = function() return self.pid end,
    path = function() return "/usr/bin/mde" end,
    variables = function() return {} end,
    setenv = function() end,
    pause = function(seconds) self:sleep(seconds) end,
  }
end

local function new_core(self)
  return setmetatable({
    engine = function() return network.engine(self) end,
    monotonic = self.clock.monotonic, wall = self.clock.wall,
    random_guid = function() return self.random:guid() end,
  }, { __index = core })
end

-- The clock of a process: that of its host.
local function new_clock(world, host)
  local clock = {}
  function clock.monotonic()
    return (world.agenda.now - host.booted) * host.rate
  end
  function clock.wall()
    return world.agenda.now + host.offset
  end
  return clock
end

-- A signal INT. Without a handler it ends the process.
function Process:interrupt()
  if self.ended then return end
  self.world:note { kind = "signal", process = self.name, signal = "INT" }
  if not self.watches then return self:kill "not watching for signals" end
  self.signals = self.signals + 1
end

function Process:getenv(name)
  return self.environment[name]
end

-- Ends a process that computes without an end, if `modules.endless` bounds its instructions.
local function bound(self)
  local touches
  debug.sethook(self.thread, function()
    if touches == self.touches then error("it computes without an end", 0) end
    touches = self.touches
  end, "", modules.endless)
end

local function main(self)
  local system = self.require "mde.program.system"
  local given = setmetatable({
    getenv = function(name) return self.environment[name] end,
    open = function(...) return self:open(...) end,
    read = self.require "mde.base.content".read,
    lines = function(path) return self:open(path):lines() end,
    stdin = reader(self.input or ""), stdout = writer(self, "stdout"),
    stderr = writer(self, "stderr"), clock = self.clock,
    date = modules.globals.os.date, time = modules.globals.os.time,
    terminal = self.modules["mde.terminal"], interrupt = self.modules["mde.interrupt"],
    process = self.modules["mde.process"], file = self.modules["mde.file"],
  }, { __index = system.real })
  local status = self.require "mde.program"({ table.unpack(self.argv) }, given)
  self.status = status
  self.world:note { kind = "exit", process = self.name, status = status }
end

-- Starts a process. `plan`: name, host, user, argv, input, attended, agrees, intent, crashes (set of
-- touches), environment. -> process
function process.start(world, plan)
  local self = setmetatable({}, Process)
  for key, value in pairs(plan) do self[key] = value end
  self.world, self.random = world, random_numbers.new(world.seed, "process " .. plan.name)
  self.touches, self.appends, self.signals, self.connections = 0, 0, 0, {}
  self.crashes = plan.crashes or {}
  self.stdout, self.stderr = {}, {}
  self.began, self.pid = world.agenda.now, world:next_pid()
  self.clock = new_clock(world, plan.host)
  self.modules = {
    ["mde.file"] = files.module(self), ["mde.process"] = new_process(self),
    ["mde.interrupt"] = new_interrupt(self), ["mde.terminal"] = new_terminal(self),
    ["mde.core"] = new_core(self), DBI = database.module(self),
    ["mde.supervisor"] = supervisor, ["mde.editor"] = {},
  }
  self.require = modules.loader(self)
  self.thread = coroutine.create(function() main(self) end)
  if modules.endless then bound(self) end
  world:note { kind = "start", process = self.name, argv = self.argv }
  world:after(0, function() resume(self) end)
  return self
end

return process
