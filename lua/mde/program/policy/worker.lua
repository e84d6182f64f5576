-- Runs a policy in a process of its own, which can only decide.
--
-- See src/worker/worker.h. The process is not trusted: the type of each received value is checked,
-- and texts shown to users are made printable here (reasons, messages, prints; not the form, whose
-- values are compared). After a failure every function returns the same error, and the process has
-- ended. Only after an error raised in `decide` the policy can continue; close() returns that error.
--
-- Errors have the codes
--   policy  the policy raised, or returned what it must not
--   limit   it exceeded err.limit: "load", "average", "longest", "together", "memory"
--           or "output"
--   worker  its process could not be started, did not answer or died (err.signal: its signal)
-- and `id`, the action being decided, if any.

local errors = require "mde.base.errors"
local system = require "mde.program.system"
local terminal = require "mde.terminal"

local workers = {
  -- Shown to users of policies, unless system.supervisor.confines.
  warning = "this system has no seccomp: policies are limited, but not confined to their process",
  most = 1024,  -- actions that may be sent before the first answer is received
  memory = 512 * 2^20,  -- bytes of all workers together
  seconds = 60,  -- of computing of all workers of a command, or of a round of `mde watch`
}

local DEFAULTS = { load_seconds = 5, average_seconds = 0.05, longest_seconds = 1,
                   memory = 64 * 2^20, output = 65536, coverage = false, patience = 10,
                   time = false, seed = 0 }

local RANGES = { load_seconds = { 0.001, 3600 }, average_seconds = { 0.00001, 3600 },
                 longest_seconds = { 0.001, 3600 }, memory = { 2^20, 2^30 },
                 output = { 0, 2^19 }, patience = { 0, 3600 } }
local WALL = 2        -- seconds of the wall clock per second of computing: src/worker/limits.c
local LEAST_WALL = 2  -- fewest seconds of the wall clock

local DECISIONS = { cancel = true, keep = true, undo = true }
local REASON_MOST = 1024
local MESSAGE_MOST = 2000
local MODULES_MOST = 100
local NAME_MOST = 1000  -- bytes of a module's name
local SOURCE_MOST = 256 * 1024  -- bytes of a file; also its most lines

local function amount(bytes)
  return bytes % 2^20 == 0 and ("%d MiB"):format(bytes / 2^20) or ("%g KiB"):format(bytes / 1024)
end

local Worker = {}
Worker.__index = Worker

local function check_limits(given)
  errors.check_keys("workers.start", given, DEFAULTS, 4)
  local limits = {}
  for name, default in pairs(DEFAULTS) do
    local value, range = given[name], RANGES[name]
    if value == nil then value = default end
    if range and not (type(value) == "number" and value >= range[1] and value <= range[2]) then
      error(("workers.start: %s is %s: expected a number from %s to %s"):format(name,
        tostring(value), range[1], range[2]), 4)
    end
    limits[name] = value
  end
  return limits
end

-- Resets the computing time of all workers.
function workers.renew()
  system.state.worker_seconds = 0
end

-- Adds a worker's computing time since the last call. -> true if all workers are within the limit
local function count_seconds(self)
  local state, seconds = system.state, self.process:seconds()
  state.worker_seconds = (state.worker_seconds or 0) + seconds - self.seconds
  self.seconds = seconds
  return state.worker_seconds <= workers.seconds
end

-- Returns the program's workers that have not ended -> the memory of each.
local function running()
  local state = system.state
  state.workers = state.workers or setmetatable({}, { __mode = "k" })
  return state.workers
end

-- True if a worker with this much memory can be started in addition to the running ones.
local function has_room(memory)
  local sum = memory
  for process, taken in pairs(running()) do
    if process:pid() ~= 0 then sum = sum + taken end
  end
  return sum <= workers.memory
end

-- Starts a worker. -> worker | nil, err. Options:
--   load_seconds, average_seconds, longest_seconds  computing time to load, per action on average,
--                                                   and for one action; of wall time, twice as much
--   memory, output  bytes; output counts all prints (a reason has at most 1024 bytes)
--   coverage        true to record lines for lines()
--   patience        seconds that the process may be silent in addition
--   time, seed      results of os.time and seed of math.random
-- All workers together may use `workers.memory`.
function workers.start(options)
  local limits = check_limits(options or {})
  if not has_room(limits.memory) then
    collectgarbage()
    if not has_room(limits.memory) then
      return nil, errors.new { code = "limit", limit = "memory", message = ("cannot start a"
        .. " worker: the workers together exceed the memory limit of %s")
        :format(amount(workers.memory)) }
    end
  end
  local process, message = system.supervisor.start {
    load = limits.load_seconds, average = limits.average_seconds,
    longest = limits.longest_seconds, memory = limits.memory, output = limits.output,
    coverage = limits.coverage, time = limits.time or system.now(), seed = limits.seed }
  if not process then
    return nil, errors.new { code = "worker", message = "cannot start a worker: " .. message }
  end
  running()[process] = limits.memory
  return setmetatable({ process = process, limits = limits, name = "?", sent = 0, received = 0,
                        ids = {}, printed = {}, printed_size = 0, seconds = 0 }, Worker)
end

-- Failures

-- Returns the words for an exceeded limit, or nil if there is no such limit.
local function excess(limit, limits)
  local texts = {
    load = ("time limit of %g s to load"):format(limits.load_seconds),
    average = ("time limit of %g ms per action on average"):format(limits.average_seconds * 1000),
    longest = ("time limit of %g s for one action"):format(limits.longest_seconds),
    together = ("time limit of %g s that all policies have together"):format(workers.seconds),
    memory = "memory limit of " .. amount(limits.memory),
    output = ("output limit of %s, or of %d bytes for a reason"):format(amount(limits.output),
      REASON_MOST),
  }
  return texts[limit] and "exceeds the " .. texts[limit]
end

local SILENT = {
  late = "its process did not answer in time and was killed",
  garbled = "its process sent an invalid answer and was killed",
  modules = "exceeds the limit of 100 required modules",
}

-- Returns how the process ended, as the fields of an error.
local function fate(self, why)
  local how, number, text = self.process:finish(why == "ended" and 1 or 0)
  if SILENT[why] then
    return { code = why == "modules" and "policy" or "worker", what = SILENT[why] }
  end
  local limit = why == "together" and why or how == "exit" and system.supervisor.ends[number]
  local what = excess(limit, self.limits)
  if what then return { code = "limit", limit = limit, what = what } end
  if limit == "unconfined" then
    return { code = "worker", what = "not run: the system cannot confine its process"
      .. " (seccomp and resource limits are required)" }
  elseif how == "signal" then
    return { code = "worker", signal = number,
             what = ("its process died of signal %d (%s)"):format(number, text) }
  end
  return { code = "worker", what = how == "exit"
    and ("its process ended with status %d"):format(number) or SILENT.late }
end

-- Returns the id of the action being decided, and its place in words.
local function current(self)
  local waiting = self.sent - self.received
  if waiting == 0 then return nil, "" end
  local id = self.ids[self.received + 1] or nil
  return id, (" (action %s%s)"):format(id or "without an id",
    waiting > 1 and (" or one of the %d after it"):format(waiting - 1) or "")
end

-- Ends the worker for good. -> nil, err
local function fail(self, why)
  if self.failure then return nil, self.failure end
  local id, where = current(self)
  local fields = fate(self, why)
  -- A worker that ends itself has sent all answers before.
  if fields.limit and id then where = " (action " .. id .. ")" end
  fields.id = id
  fields.message = ("policy %s: %s%s"):format(terminal.printable(self.name), fields.what, where)
  fields.what = nil
  self.failure = errors.new(fields)
  return nil, self.failure
end

-- Makes an error of a message that the policy raised. Lua's message names the file, unless it is a
-- module. -> err
local function raised(self, message, id)
  local name = terminal.printable(self.name)
  message = terminal.printable(message)
  if message:sub(1, #name + 1) ~= name .. ":" then
    message = ("policy %s: %s"):format(name, message)
  end
  if id then message = ("%s (action %s)"):format(message, id) end
  return errors.new { code = "policy", message = message, id = id }
end

-- Frames

local function is_text(value, most)
  return type(value) == "string" and #value <= most
end

-- Stores printed text. -> true | false: it is not text or exceeds the limit
local function note(self, text)
  if not is_text(text, self.limits.output - self.printed_size) or text == "" then return false end
  self.printed_size = self.printed_size + #text
  self.printed[#self.printed + 1] = text
  return true
end

-- Receives the next frame that is not a print. Without `seconds`, the time left of the last call is
-- the limit. -> kind, values | nil, why
local function receive(self, seconds)
  local kind, first, second, third = self.process:receive(seconds and
    math.max(seconds * WALL, LEAST_WALL) + self.limits.patience)
  while kind == "P" do
    if not note(self, first) then return nil, "garbled" end
    kind, first, second, third = self.process:receive()
  end
  if not count_seconds(self) and kind then return nil, "together" end
  if kind and third ~= nil then return nil, "garbled" end
  return kind, first, second
end

-- Loading

local function answer_require(self, name, resolve)
  local done, text, chunk = pcall(resolve or function() end, name)
  if not done then
    fail(self, "late")
    error(text, 0)
  end
  if text and #text > SOURCE_MOST then
    self.process:send("N", ("module %s has more than 256 KiB"):format(name))
  elseif text then
    self.process:send("M", text, chunk or name)
  else
    self.process:send("N", tostring(chunk or ("there is no module %s"):format(name)))
  end
end

-- Runs the policy's text. -> its table as a plain copy | nil, err. A function in it is
-- { ["function"] = true, line, last, parameters, index: its place in a list, or 1 }.
-- resolve(module) -> text, chunk name | nil, message returns the modules that it requires.
function Worker:load(name, text, resolve)
  if self.failure then return nil, self.failure end
  if self.form ~= nil then error("a worker loads one policy", 2) end
  self.name, self.form = name, false
  if #text > SOURCE_MOST then
    self.failure = raised(self, "has more than 256 KiB")
    self.process:finish(0)
    return nil, self.failure
  end
  self.process:send("L", name, text)
  local modules, kind, value, extra = 0, receive(self, self.limits.load_seconds)
  while kind == "R" do
    modules = modules + 1
    if modules > MODULES_MOST then return fail(self, "modules") end
    if not is_text(value, NAME_MOST) then return fail(self, "garbled") end
    answer_require(self, value, resolve)
    kind, value, extra = receive(self)
  end
  if not kind then return fail(self, value) end
  if extra ~= nil then return fail(self, "garbled") end
  if kind == "F" and type(value) == "table" then
    self.form = true
    return value
  elseif kind == "E" and is_text(value, MESSAGE_MOST) then
    self.failure = raised(self, value)
    self.process:finish(0)
    return nil, self.failure
  end
  return fail(self, "garbled")
end

-- Deciding

-- Sends an action, and its machine if known. receive() returns the answers in this order, and also
-- the worker's errors. In the policy, action:age() returns the action's field `age`.
function Worker:send(action, machine)
  if self.failure then return end
  if not self.form then error("a policy must be loaded before it can decide", 2) end
  if self.sent - self.received >= workers.most then
    error(("more than %d actions are waiting: receive first"):format(workers.most), 2)
  end
  self.process:send("A", action, machine)
  self.sent = self.sent + 1
  self.ids[self.sent] = type(action.id) == "string" and terminal.printable(action.id) or false
end

local function answered(self)
  self.received = self.received + 1
  local id = self.ids[self.received]
  self.ids[self.received] = nil
  return id or nil
end

-- Receives the next answer. -> "cancel" | "keep" | "undo" | nil, reason | nil, err
function Worker:receive()
  if self.failure then return nil, nil, self.failure end
  if self.sent == self.received then error("no action is waiting", 2) end
  local kind, value, reason = receive(self, self.limits.longest_seconds)
  if kind == "D" and (value == nil or DECISIONS[value]) and is_text(reason, REASON_MOST) then
    answered(self)
    if value == nil then return nil end
    return value, reason == "" and "" or terminal.printable(reason)
  elseif kind == "E" and is_text(value, MESSAGE_MOST) and reason == nil then
    local err = raised(self, value, answered(self))
    self.raised = self.raised or err
    return nil, nil, err
  end
  return nil, nil, select(2, fail(self, kind and "garbled" or value))
end

-- Sends an action and receives its answer.
function Worker:decide(action, machine)
  if self.sent ~= self.received and not self.failure then
    error("other actions are waiting: receive first", 2)
  end
  self:send(action, machine)
  return self:receive()
end

local function check_lines(lines)
  if type(lines) ~= "table" then return false end
  for line, value in pairs(lines) do
    if math.type(line) ~= "integer" or line < 1 or line > SOURCE_MOST or value ~= true then
      return false
    end
  end
  return true
end

-- Returns the lines of the functions in `decide`, with coverage. -> { reached, active }: tables with
-- lines as keys | nil, err
function Worker:lines()
  if self.failure then return nil, self.failure end
  if not self.form or self.sent ~= self.received then error("not while actions wait", 2) end
  self.process:send("C")
  local kind, value = receive(self, self.limits.longest_seconds)
  if kind == "E" and is_text(value, MESSAGE_MOST) then return nil, raised(self, value) end
  if kind == "C" and type(value) == "table" and check_lines(value.reached)
     and check_lines(value.active) then
    return { reached = value.reached, active = value.active }
  end
  return fail(self, kind and "garbled" or value)
end

-- Returns the policy's output so far, made printable. The caller must prefix each line, so that
-- none looks like a line of mde.
function Worker:output()
  local text = table.concat(self.printed)
  return (text:gsub("\t", "  "):gsub("[^\n]+", terminal.printable))
end

-- Returns the process id, or 0 once the process has ended.
function Worker:pid()
  return self.process:pid()
end

-- Ends the worker. -> true | nil, err: the failure, or the first error that the policy raised. Its
-- decisions count only without an error.
function Worker:close()
  if self.failure then return nil, self.failure end
  if self.closed then return self.ok, self.raised end
  if self.sent ~= self.received then
    self.process:finish(0)
    self.failure = errors.new { code = "worker",
      message = ("policy %s: closed before it had answered"):format(terminal.printable(self.name)) }
    return nil, self.failure
  end
  self.process:send("Q")
  local kind, why = receive(self, self.limits.longest_seconds)
  if kind ~= "B" or why ~= nil then return fail(self, kind and "garbled" or why) end
  local how, status = self.process:finish(self.limits.patience)
  if how ~= "exit" or status ~= 0 then return fail(self, "ended") end
  self.closed, self.ok = true, not self.raised or nil
  return self.ok, self.raised
end

-- Kills a worker that is no longer needed.
Worker.__close = function(self) self.process:finish(0) end

return workers
