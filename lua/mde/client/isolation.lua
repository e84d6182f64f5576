-- Finds isolated or restricted machines: the API does not report them, so they are derived from the
-- action history.
--
-- Only actions that Succeeded have had an effect. An open one may still have one: it makes a machine
-- "isolating", or is a conflict if it would undo the present state.

local date = require "mde.base.date"
local duration = require "mde.base.duration"
local errors = require "mde.base.errors"
local kinds = require "mde.service.kinds"

local isolation = { methods = {} }

local Fold = {}
Fold.__index = Fold

-- When an action had its effect, as far as the service reports it.
local function moment_of(action)
  return date.parse(action.lastUpdateDateTimeUtc) or date.parse(action.creationDateTimeUtc) or 0
end

-- Keeps in machine.causes the actions that make its state: all since it was last undone.
local function note_cause(machine, action, does, moment)
  if does then
    if moment >= (machine.undone or 0) then table.insert(machine.causes, action) end
    return
  end
  machine.undone = math.max(machine.undone or 0, moment)
  for i = #machine.causes, 1, -1 do
    if moment_of(machine.causes[i]) <= moment then table.remove(machine.causes, i) end
  end
end

-- Adds an action that had its effect. Actions may end in another order than they were launched: the
-- last one to end counts.
local function settle(machine, action, does)
  local moment = moment_of(action)
  note_cause(machine, action, does, moment)
  if machine.moment and moment < machine.moment then return end
  machine.moment = moment
  if not does then machine.done, machine.scope = nil, nil
  else
    machine.done = machine.done or action
    machine.scope = action.scope or machine.scope
  end
end

-- Adds the next action, the oldest first.
function Fold:add(action)
  self.from = self.from or action.creationDateTimeUtc
  local does = action.type == self.kind.type
  if not does and action.type ~= self.kind.inverse then return end
  local id = action.machineId and action.machineId:lower()
  local is_open = kinds.is_open[action.status]
  if not id then
    if is_open then self.nameless = self.nameless + 1 end
    return
  end
  local machine = self.machines[id]
  if not machine then
    machine = { id = id, causes = {}, going = {} }
    self.machines[id] = machine
  end
  machine.name = action.computerDnsName or machine.name
  if action.status == "Succeeded" then settle(machine, action, does)
  elseif is_open then
    machine[does and "doing" or "undoing"] = action
    if does then table.insert(machine.going, action) end
  end
end

local function row_of(machine, state, kind)
  local action = machine.done or machine.doing
  if not action then return nil end
  return {
    machine_id = machine.id, machine = machine.name, action = action,
    state = machine.done and state or kind.making,
    since = machine.done and action.lastUpdateDateTimeUtc or action.creationDateTimeUtc,
    by = action.requestor, comment = action.requestorComment,
    scope = machine.done and machine.scope or action.scope, conflict = machine.undoing,
  }
end

local function is_later(a, b)
  local first, second = date.parse(a.since) or 0, date.parse(b.since) or 0
  if first ~= second then return first > second end
  return a.machine_id < b.machine_id
end

---@class mde.isolated
---@field machine_id string
---@field machine? string its name
---@field state "isolated"|"isolating"|"restricted"|"restricting" ending in "ing": not yet
---@field since? string when the action in `action` had its effect, or was created
---@field by? string
---@field comment? string
---@field scope? string a later action may have changed it
---@field action mde.action the action that made the state
---@field conflict? mde.action a pending action that would undo it

-- The machines in this state, the latest first. -> array of rows (mde.isolated)
function Fold:rows()
  local rows = {}
  for _, machine in pairs(self.machines) do
    rows[#rows + 1] = row_of(machine, self.state, self.kind)
  end
  table.sort(rows, is_later)
  return rows
end

-- A fold over actions; `state` is "isolated" or "restricted". Its `machines` { id -> machine }
-- have `done` and `doing` (the action that made the state, or an open one that would make it),
-- `undoing` (an open one that would undo it), if there are any; and all such actions: `causes`, and
-- open ones, `going`.
function isolation.fold(state)
  return setmetatable({ state = state, kind = kinds.making[state], machines = {}, nameless = 0 },
    Fold)
end

-- The client's method

local OPTIONS = { machine = true, restricted = true, since = true }

-- Adds a duration or date to the criteria. -> true | nil, err
local function since_of(value, wanted)
  if value == nil then return true end
  if type(value) == "string" and date.parse(value) then wanted.after = value
  elseif duration.parse(value) then wanted.newer_than = value
  else
    return errors.invalid("since: '%s' is neither a duration such as 30d nor a date such as"
      .. " 2026-01-23T20:10:40Z", errors.line(tostring(value), 60))
  end
  return true
end

-- Changes that the history may lack. Source: "Take response actions on a device".
local UNSEEN = " An isolation can also end without an action: an administrator changes the device's"
  .. " firewall, or runs the script that forces a release. If a device is offline for"
  .. " 3 days, the service stops retrying its isolation. Isolations that Microsoft begins itself"
  .. " (attack disruption) may be missing."

-- Finds how far back the history reaches: to the oldest action of any type. -> reach | nil, err
local function reach_of(client, wanted, fold)
  local oldest, err = client:list { after = wanted.after, newer_than = wanted.newer_than,
                                    order = "oldest", limit = 1 }
  if not oldest then return nil, err end
  local from = oldest[1] and oldest[1].creationDateTimeUtc or fold.from
  local note = (from and "The history of actions goes back to " .. from
                or "The history of actions is empty")
    .. ". Earlier actions are unknown, and so is live response started in the portal."
  if fold.state == "isolated" then note = note .. UNSEEN end
  if fold.nameless > 0 then
    note = note .. (fold.nameless == 1 and " 1 pending action does not name its machine yet."
      or (" %d pending actions do not name their machine yet."):format(fold.nameless))
  end
  return { from = from, note = note }
end

--- Lists the machines that are isolated now, or whose code execution is restricted: since when, by
--- which requestor and why. The list is derived from the action history, since the API does not report
--- it; `reach` tells how far the history goes back.
---@param options? {restricted?: boolean, machine?: string, since?: string|number} only this machine (id or whole DNS name); a duration or date before which the history is not read
---@return mde.isolated[]|{reach: {from?: string, note: string}}|nil rows the latest first
---@return mde.error? err
function isolation.methods:isolated(options)
  options = options or {}
  errors.check_keys("isolated", options, OPTIONS)
  local state = options.restricted and "restricted" or "isolated"
  local kind = kinds.making[state]
  local wanted = { type = { kind.type, kind.inverse }, machine = options.machine,
                   order = "oldest" }
  local good, err = since_of(options.since, wanted)
  if not good then return nil, err end
  local reader
  reader, err = self:pages(wanted, "isolated")
  if not reader then return nil, err end
  local fold = isolation.fold(state)
  while true do
    local action
    action, err = reader:next()
    if err then return nil, err end
    if not action then break end
    fold:add(action)
  end
  local reach
  reach, err = reach_of(self, wanted, fold)
  if not reach then return nil, err end
  local rows = fold:rows()
  rows.reach = reach
  return rows
end

return isolation
