-- Shows the progress of a batch on standard error.
--
-- On a terminal this is one line, redrawn in place; elsewhere one line per minute; for a program
-- one JSON object per line.

local cjson = require "cjson"
local line = require "mde.program.terminal.line"
local output = require "mde.program.terminal.output"
local system = require "mde.program.system"
local verdicts = require "mde.service.verdicts"

local progress = {}

local Progress = {}
Progress.__index = Progress

local EVERY = { terminal = 0.2, lines = 60, json = 1 }  -- seconds between two lines

local function time_of_day(wall, with_seconds)
  return system.date(with_seconds and "%H:%M:%S" or "%H:%M", math.floor(wall))
end

-- Returns until when the service holds the operation back (monotonic), and why, as text; nil: it
-- does not.
local function held(self, bucket, now)
  local until_then, breaker = bucket.paused, bucket.breaker
  if breaker.open_since then
    until_then = math.max(until_then, self.session.quota.held[self.operation] or until_then)
  end
  if until_then <= now then return nil end
  return until_then, (bucket.paused > now or breaker.is_throttled)
    and "paused by HTTP 429" or "the service fails"
end

-- Returns the figures to show at `now` (monotonic).
local function figures(self, now)
  local bucket, left = self.session.quota:bucket(self.operation), self.total - self.done
  local held_until, reason = held(self, bucket, now)
  local free_at = held_until or bucket:free_at(self.session.quota.reserve)
  local wall = system.now()
  local minute = bucket.windows[1]
  -- The estimate of the end is expensive: it is renewed twice a minute.
  if reason then self.foretold_at = nil end
  if left > 0 and not self.waits and not reason and now >= (self.foretold_at or 0) + 30 then
    self.foretold_at = now
    self.ends = wall + self.session.quota:at_best(self.operation, left, now)
  end
  return {
    done = self.done, total = self.total, counts = self.counts,
    per_minute = minute and minute.seconds == 60 and (bucket:used(minute, now)) or nil,
    next_slot = free_at and free_at > now and wall + free_at - now or nil,
    held = reason, ends = left > 0 and not reason and self.ends or nil,
  }
end

local function text_of(f)
  local parts = { ("%d/%d"):format(f.done, f.total) }
  local next_slot = f.next_slot and time_of_day(f.next_slot, true)
  if f.held then parts[2] = f.held .. ": next try " .. next_slot end  -- so that it is never cut
  for _, verdict in ipairs(verdicts.names) do
    if f.counts[verdict] then parts[#parts + 1] = f.counts[verdict] .. " " .. verdict end
  end
  if f.per_minute then parts[#parts + 1] = f.per_minute .. "/min" end
  if next_slot and not f.held then parts[#parts + 1] = "next slot " .. next_slot end
  if f.ends then parts[#parts + 1] = "ends " .. time_of_day(f.ends) end
  return table.concat(parts, "  ")
end

-- Three ways to show it

local show = {}

function show.terminal(f)
  line.show(text_of(f))
end

function show.lines(f)
  output.note(text_of(f))
end

local function date_or_null(wall)
  return wall and require "mde.base.date".text(wall) or cjson.null
end

function show.json(f)
  output.event(cjson.encode {
    done = f.done, total = f.total, verdicts = f.counts,
    per_minute = f.per_minute or cjson.null, next_slot = date_or_null(f.next_slot),
    ends = date_or_null(f.ends),
  })
end

-- Shows the progress, if the interval has passed.
function Progress:tick()
  local now = self.clock.monotonic()
  if now < self.next then return end
  self.next = now + EVERY[self.how]
  show[self.how](figures(self, now))
end

-- Counts an item that has ended.
function Progress:count(verdict)
  self.done = self.done + 1
  self.counts[verdict] = (self.counts[verdict] or 0) + 1
end

-- Makes room on the terminal for another message.
function Progress:clear()
  if self.how ~= "terminal" then return end
  line.clear()
  self.next = -math.huge
end

-- Shows the progress for the last time.
function Progress:finish()
  if self.how == "json" then
    show.json(figures(self, self.clock.monotonic()))
  else
    self:clear()
  end
end

-- Creates the progress of `total` items that `session` (a client) changes by calls of `operation`;
-- `as`: "json" or nil; `waits`: items end only when their actions end, which no quota foretells.
function progress.new(session, total, as, operation, waits)
  local clock = session.clock
  local how = as or (line.is_possible() and "terminal" or "lines")
  return setmetatable({
    session = session, operation = operation, clock = clock, total = total, done = 0, counts = {},
    how = how, waits = waits,
    next = how == "lines" and clock.monotonic() + EVERY.lines or -math.huge,
  }, Progress)
end

return progress
