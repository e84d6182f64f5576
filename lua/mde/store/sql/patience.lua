-- Waits for another process that holds a database, names it, and gives up in the end.

local errors = require "mde.base.errors"
local file = require "mde.file"

local patience = {}

local Patience = {}
Patience.__index = Patience

local SHORTEST, LONGEST = 0.002, 0.1  -- seconds between two tries
local SAY = 3                         -- seconds after which the holder is named
local STOP = 1.5                      -- seconds that are waited after a request to end

patience.limit = 60  -- seconds after which a process gives up

-- Begins to wait for a store. `world`, if given: say(text), stopped() (whether the process is
-- asked to end), limit (seconds). `clock` is the store's; with sleep(seconds), else the
-- system sleeps. `holder()` -> the name of the process that holds it, or nil.
function patience.new(name, clock, world, holder)
  return setmetatable({ name = name, clock = clock, world = world or {}, holder = holder,
                        began = clock.monotonic(), slept = 0, pause = SHORTEST }, Patience)
end

local function name_of(self)
  return self.holder() or "another process"
end

-- Seconds since it began. Where the clock is virtual, what was slept counts.
local function waited(self)
  return math.max(self.slept, self.clock.monotonic() - self.began)
end

local function give_up(self)
  error(errors.new { code = "store", message = ("the store %s: locked by %s for %.0f s"):format(
    self.name, name_of(self), waited(self)) }, 0)
end

-- Waits a moment. Raises (code "store") when that was long enough.
function Patience:rest()
  local seconds, world = waited(self), self.world
  if world.stopped and world.stopped() then
    self.stopped_at = self.stopped_at or seconds
    if seconds - self.stopped_at >= STOP then give_up(self) end
  end
  local limit = world.limit or patience.limit
  if seconds >= limit then give_up(self) end
  if seconds >= SAY and not self.said then
    self.said = true
    if world.say then
      world.say(("The store is locked by %s: waiting, at most %.0f s."):format(name_of(self),
        limit))
    end
  end
  (self.clock.sleep or file.sleep)(self.pause)
  self.slept, self.pause = self.slept + self.pause, math.min(self.pause * 1.5, LONGEST)
end

-- The wait has ended.
function Patience:finish()
  if self.said and self.world.say then self.world.say "The store is free again." end
end

return patience
