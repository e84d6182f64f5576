-- Counts a batch's items by verdict, type, domain, requestor and reason.
--
-- One pass over the items; none is kept. Memory grows by one number per call (calls.lua). Groups
-- and reasons are counted one by one up to a maximum, the rest together.

local calls = require "mde.program.report.calls"
local histogram = require "mde.program.report.histogram"
local outcomes = require "mde.program.report.outcome"

local statistics = {}

local Statistics = {}
Statistics.__index = Statistics

local MOST_GROUPS = 10000
local MOST_REASONS = 1000

-- Groups: items with the same type, domain, requestor or reason, by outcome

local Groups = {}
Groups.__index = Groups

local function new_group(name)
  return { name = name, items = 0, outcomes = {} }
end

local function new_groups(most)
  return setmetatable({ most = most, list = {}, by_name = {} }, Groups)
end

-- Returns the group of that name, or the group of all others once there are too many.
function Groups:get(name)
  local group = self.by_name[name]
  if group then return group end
  if #self.list == self.most then
    self.rest = self.rest or new_group()
    return self.rest
  end
  group = new_group(name)
  self.by_name[name] = group
  self.list[#self.list + 1] = group
  return group
end

local function count(group, outcome)
  group.items = group.items + 1
  group.outcomes[outcome] = (group.outcomes[outcome] or 0) + 1
end

-- -> array of groups, the largest first; its field `rest` is the group of all others
function Groups:sorted()
  table.sort(self.list, function(a, b)
    if a.items ~= b.items then return a.items > b.items end
    return a.name < b.name
  end)
  self.list.rest = self.rest
  return self.list
end

-- Returns the first `most` of sorted groups and, if there are more, a group without a name that
-- adds up the rest. Its field `groups` is their number, if known. Without any name there are none.
function statistics.top(groups, most)
  if #groups == 1 and groups[1].name == "-" then return {} end
  if #groups <= most and not groups.rest then return groups end
  local top = table.move(groups, 1, most, 1, {})
  local rest = new_group()
  rest.groups = not groups.rest and #groups - most or nil
  local function add(group)
    rest.items = rest.items + group.items
    for outcome, number in pairs(group.outcomes) do
      rest.outcomes[outcome] = (rest.outcomes[outcome] or 0) + number
    end
  end
  for i = most + 1, #groups do add(groups[i]) end
  if groups.rest then add(groups.rest) end
  top[#top + 1] = rest
  return top
end

-- Returns a machine's DNS domain: all after the first dot of its name, or "-" if it has none.
-- Machine actions do not name the machine group, so the report groups machines by domain.
function statistics.domain(machine)
  local domain = machine and machine:match "^[^.]+%.(.-)%.?$" or ""
  return domain ~= "" and domain:lower() or "-"
end

-- Reasons

-- Returns the reason why an item did not end as requested, without ids, so that items with the
-- same reason can be counted together. Returns nil if nothing went wrong so far.
local function reason(item)
  if item.verdict == "already_final" and item.status then return "ended as " .. item.status end
  if item.verdict == "too_late" then return "its commands had completed" end
  local text = item.message or item.error
  if not text then return nil end
  text = text:gsub("%x+%-%x+%-%x+%-%x+%-%x+", function(id) return #id == 36 and "…" or id end)
  return (text:gsub("%x+", function(id) return #id >= 32 and "…" or id end))
end

local function add_reason(self, item, outcome)
  local text = outcomes.kind(outcome) ~= "good" and reason(item)
  if not text then return end
  local key = ("%s\0%s\0%s\0%s"):format(outcome, item.error or "", item.http or "", text)
  local group = self.reasons:get(key)
  if group.name and not group.example then
    group.outcome, group.error, group.http = outcome, item.error, item.http
    group.reason, group.example = text, item.id
  end
  count(group, outcome)
end

-- Creates the counter of a batch. `begun` is its begin in seconds since 1970. If it `is_closed`,
-- no item is open.
function statistics.new(begun, is_closed)
  return setmetatable({
    begun = begun, is_closed = is_closed,
    items = 0, open = 0, outcomes = {}, sent = 0, sent_again = 0,
    by = { type = new_groups(MOST_GROUPS), domain = new_groups(MOST_GROUPS),
           requestor = new_groups(MOST_GROUPS) },
    reasons = new_groups(MOST_REASONS),
    calls = calls.new(), waiting = histogram.new(), answer = histogram.new(),
    isolations = { cancelled = 0, begun = 0, unknown = 0, in_effect = 0 },
  }, Statistics)
end

-- Returns how many requests an item takes: an open action is cancelled before its inverse is launched.
local function usual_sends(item)
  return item.change == "undo" and item.launched and item.seen ~= "Succeeded"
         and item.seen ~= "Cancelled" and 2 or 1
end

local function add_sends(self, item)
  local sends = item.sends
  local last = sends and #sends or 0
  if last == 0 then return end
  for i = 1, last do self.calls:add(sends[i]) end
  self.sent = self.sent + 1
  if last > usual_sends(item) then self.sent_again = self.sent_again + 1 end
  self.waiting:add(sends[1] - self.begun)
  if item.ended_at then self.answer:add(item.ended_at - sends[last]) end
end

-- Counts isolations that were cancelled, and isolations that are certainly in effect.
local function add_isolation(self, item)
  local isolations = self.isolations
  if item.verdict == "cancelled" then
    local key = item.seen == "InProgress" and "begun" or item.seen ~= "Pending" and "unknown"
    isolations.cancelled = isolations.cancelled + 1
    if key then isolations[key] = isolations[key] + 1 end
  end
  if item.verdict == "too_late" or item.verdict == "already_final" and item.status == "Succeeded"
  then
    isolations.in_effect = isolations.in_effect + 1
  end
end

-- Counts an item of a batch (see mde.program.report).
function Statistics:add(item)
  local outcome, by = outcomes.of(item), self.by
  self.items = self.items + 1
  if outcomes.is_open(outcome) and not self.is_closed then self.open = self.open + 1 end
  self.outcomes[outcome] = (self.outcomes[outcome] or 0) + 1
  count(by.type:get(item.type or "-"), outcome)
  count(by.domain:get(statistics.domain(item.machine)), outcome)
  count(by.requestor:get(item.requestor or "-"), outcome)
  add_sends(self, item)
  if item.type == "Isolate" then add_isolation(self, item) end
  if outcome ~= "cancelled" then add_reason(self, item, outcome) end
end

-- -> { items, open (counts), outcomes (outcome -> count), kinds (kind -> count),
-- by = { type, domain, requestor: arrays of { name, items, outcomes } }, reasons: array of
-- { outcome, error, http, reason, items, example }, isolations = { cancelled, and of these
-- begun (InProgress before) and unknown (status before); in_effect },
-- sent and sent_again (items), calls (see calls.lua), waiting, answer (see histogram.lua) }
function Statistics:summary()
  local by = {}
  for name, groups in pairs(self.by) do by[name] = groups:sorted() end
  return {
    items = self.items, open = self.open, outcomes = self.outcomes,
    kinds = outcomes.by_kind(self.outcomes),
    by = by, reasons = self.reasons:sorted(), isolations = self.isolations,
    sent = self.sent, sent_again = self.sent_again, calls = self.calls:summary(),
    waiting = self.waiting:summary(), answer = self.answer:summary(),
  }
end

return statistics
