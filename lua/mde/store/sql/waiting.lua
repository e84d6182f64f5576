-- Waits for a locked database or file, or a silent server, up to a limit, and says so.

local duration = require "mde.base.duration"
local errors = require "mde.base.errors"
local system = require "mde.base.system"

local patience = {}

local Patience = {}
Patience.__index = Patience

local SHORTEST = 0.002  -- seconds between two tries
local SAY = 3           -- seconds before the waiting is reported
local STOP = 1.5        -- longest wait after a request to stop, in seconds

patience.limit = 60  -- longest wait in seconds

-- Reasons to wait: the longest pause between two tries, in seconds, and the messages

local LOCK = { thing = "store", longest = 0.1, is_back = "The store is free again." }

local function name_of(self)
  return self.holder() or "another process"
end

function LOCK.notice(self, limit)
  return ("The %s is locked by %s: waiting, at most %.0f s."):format(self.what.thing,
    name_of(self), limit)
end

function LOCK.failure(self, waited)
  return ("locked by %s for %.0f s"):format(name_of(self), waited)
end

local LOG = setmetatable({ thing = "audit log", is_back = "The audit log is free again." },
  { __index = LOCK })

local SERVER = { thing = "store", longest = 1, is_back = "The store is back." }

function SERVER.notice(self, limit)
  return ("The store %s does not answer: trying again, for at most %s."):format(self.name,
    duration.text(limit))
end

function SERVER.failure(_, waited, problem)
  return ("no answer for %.0f s: %s"):format(waited, problem)
end

local function new(what, name, clock, world, holder)
  return setmetatable({ what = what, name = name, clock = clock, world = world or {},
                        holder = holder, began = clock.monotonic(), slept = 0,
                        pause = SHORTEST }, Patience)
end

-- Starts a wait for a locked store. `world`, optional: say(text), stopped() -> true if the process
-- was asked to end, limit (seconds; set while a batch is running). `clock` is the store's, and may
-- have sleep(seconds). `holder()` -> the name of the process that has locked it, or nil.
function patience.new(name, clock, world, holder)
  return new(LOCK, name, clock, world, holder)
end

local function limit_of(self)
  return self.world.limit or patience.limit
end

local function say(self)
  self.said = true
  if self.world.say then self.world.say(self.what.notice(self, limit_of(self))) end
end

-- Starts a wait for the locked audit log at the path `name`.
function patience.log(name, clock, world)
  return new(LOG, name, clock, world, function() end)
end

-- Starts a wait for a server whose connection was lost, and reports it at once.
function patience.server(name, clock, world)
  local self = new(SERVER, name, clock, world)
  say(self)
  return self
end

-- Returns the seconds since the wait began. If the clock is virtual, the slept time counts.
local function waited(self)
  return math.max(self.slept, self.clock.monotonic() - self.began)
end

local function give_up(self, problem)
  error(errors.new { code = "store", message = ("the %s %s: %s"):format(self.what.thing,
    self.name, self.what.failure(self, waited(self), problem)) }, 0)
end

-- Waits before the next try. `problem` is the server's last error. Raises (code "store") if the
-- limit is reached.
function Patience:rest(problem)
  local seconds, world = waited(self), self.world
  if world.stopped and world.stopped() then
    self.stopped_at = self.stopped_at or seconds
    if seconds - self.stopped_at >= STOP then give_up(self, problem) end
  end
  if seconds >= limit_of(self) then give_up(self, problem) end
  if seconds >= SAY and not self.said then say(self) end
  (self.clock.sleep or system.file.sleep)(self.pause)
  self.slept, self.pause = self.slept + self.pause, math.min(self.pause * 1.5, self.what.longest)
end

-- Ends the wait, and reports that the store is back.
function Patience:finish()
  if self.said and self.world.say then self.world.say(self.what.is_back) end
end

return patience
