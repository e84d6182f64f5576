-- Carries out a few items of a large batch first, and reads them.
--
-- The check shows that the service has accepted the changes, not that machines have carried them
-- out. The iterators of the batch pass through `lane`. They return only these few items until the
-- canary is released.

local verdicts = require "mde.service.verdicts"

local canary = {}

local Canary = {}
Canary.__index = Canary

canary.each = 10    -- items of each change
canary.large = 50   -- a batch of more has a canary

local LONGEST = 60  -- seconds that reads may lag behind changes
local AGAIN = 5     -- seconds between two reads

-- Verdicts that count against a canary: these, and those of the kind "refused" except "failed",
-- since a failed action is no fault of the service.
local BAD = { unknown = true, unsent = true }
for _, row in ipairs(verdicts.all) do
  BAD[row.name] = BAD[row.name] or row.kind == "refused" and row.name ~= "failed" or nil
end

-- The items

-- Returns the next item of a lane: see `lane`.
local function take(self, lane)
  if self.is_released then
    if lane.first > #lane.kept then return lane.next() end
    lane.first = lane.first + 1
    return lane.kept[lane.first - 1]
  end
  while lane.left > 0 do
    local item = lane.next()
    if not item then
      lane.is_waiting, lane.left = true, item == nil and 0 or lane.left  -- nil: there are no more
      return lane.kept[1] and false or item
    end
    local wanted = self.wanted[item.kind] or 0
    if wanted > 0 then
      self.wanted[item.kind], lane.left = wanted - 1, lane.left - 1
      self.running[item.id:lower()] = item.change
      return item
    end
    lane.kept[#lane.kept + 1] = item
  end
  return false
end

-- Returns an iterator over the items of `next`; both may return false: none yet. Releases have
-- their own lane (`releasing`).
function Canary:lane(next, releasing)
  local lane = { next = next, left = 0, kept = {}, first = 1, is_waiting = false }
  for kind, count in pairs(self.wanted) do
    if (kind == "release") == releasing then lane.left = lane.left + count end
  end
  self.lanes[#self.lanes + 1] = lane
  return function() return take(self, lane) end
end

-- Notes that the service has accepted an item (mde.item), or that it has ended.
function Canary:answered(item)
  local id = item.id:lower()
  local change = self.running[id]
  if not change then return end
  self.running[id] = nil
  self.results[#self.results + 1] = { change = change, item = item, verdict = item.verdict }
  for _, lane in ipairs(self.lanes) do lane.is_waiting = false end
end

-- Returns whether all its items were answered, so that it can be judged.
function Canary:is_due()
  if self.is_released or next(self.running) or not self.results[1] then return false end
  for _, lane in ipairs(self.lanes) do
    if lane.left > 0 and not lane.is_waiting then return false end
  end
  return true
end

-- Lets all items pass.
function Canary:release()
  self.is_released = true
end

-- Reading back

local CANCELLED = { cancelled = true, already_cancelled = true }

-- Returns whether an action that was read (nil: not found) agrees with the result.
local function is_as_asked(result, action)
  return action ~= nil and (not CANCELLED[result.verdict] or action.status == "Cancelled")
end

local UNREADABLE = { forbidden = true, unauthorized = true }

-- Reads the actions of `results`. -> array of results that the service does not confirm, whether
-- the store has failed, without which nothing is read
local function unconfirmed(session, results, moment)
  local ids, left = {}, {}
  for i, result in ipairs(results) do ids[i] = result.item.action.id end
  local found, problems = session:read_all(ids, moment)
  local has_failed = false
  for i, result in ipairs(results) do
    local problem = problems[ids[i]]
    has_failed = has_failed or problem ~= nil and problem.code == "store"
    if not is_as_asked(result, found[ids[i]]) and not (problem and UNREADABLE[problem.code]) then
      left[#left + 1] = result
    end
  end
  return left, has_failed
end

-- Reads the actions of good results. A result that the service does not confirm becomes `unknown`.
-- Reads may lag behind changes, so they are repeated up to LONGEST, unless `is_stopped()`.
function Canary:read_back(session, is_stopped)
  local clock, left = session.clock, {}
  for _, result in ipairs(self.results) do
    if verdicts.good[result.verdict] and result.item.action then left[#left + 1] = result end
  end
  local ends_at, moment = clock.monotonic() + LONGEST, clock.monotonic()
  while left[1] do
    local has_failed
    left, has_failed = unconfirmed(session, left, moment)
    moment = clock.monotonic() + AGAIN
    if has_failed or moment > ends_at or is_stopped() then break end
  end
  for _, result in ipairs(left) do result.verdict = "unknown" end
end

-- Returns the bad results as text, such as "7 of 10 ended not_found", and their number.
function Canary:outcome()
  local names, seen, bad = {}, {}, 0
  for _, result in ipairs(self.results) do
    local name = result.verdict
    if BAD[name] then
      bad = bad + 1
      if not seen[name] then seen[name], names[#names + 1] = true, name end
    end
  end
  return ("%d of %d ended %s"):format(bad, #self.results, table.concat(names, " or ")), bad
end

-- Creates a canary of `each` items per change for `batch`.
function canary.new(batch, each)
  local wanted = {}
  for kind, count in pairs(batch:kind_counts()) do wanted[kind] = math.min(count, each) end
  return setmetatable({ wanted = wanted, lanes = {}, running = {}, results = {},
                        is_released = false }, Canary)
end

return canary
