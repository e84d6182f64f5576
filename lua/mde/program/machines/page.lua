-- Shows a machine on one page: its state, open actions, risks and timeline.

local colour = require "mde.program.terminal.colour"
local failure = require "mde.program.exit"
local isolation = require "mde.client.isolation"
local keys = require "mde.program.listing.action".keys
local kinds = require "mde.service.kinds"
local listing = require "mde.program.listing"
local moment = require "mde.program.terminal.moment"
local output = require "mde.program.terminal.output"
local paragraph = require "mde.program.terminal.paragraph"
local risks = require "mde.program.machines.risks"
local show_table = require "mde.program.terminal.table"
local tables = require "mde.base.tables"

local page = {}

local STATES = { "isolated", "restricted" }

-- Derives the machine's states from all of its actions, the newest first.
-- -> array of rows (mde.isolated)
local function states_of(actions)
  local states = {}
  for _, state in ipairs(STATES) do
    local fold = isolation.fold(state)
    for i = #actions, 1, -1 do fold:add(actions[i]) end
    for _, row in ipairs(fold:rows()) do states[#states + 1] = row end
  end
  return states
end

-- Reads a machine and its actions; raises. `hint`: of the error if there is no machine.
-- -> { machine, actions (the newest first), states, risks }
function page.read(session, target, hint)
  local machine, err = session:machine(target)
  if not machine then
    err.hint = hint
    error(err, 0)
  end
  local actions = failure.check(session:list { machine = machine.id })
  return { machine = machine, actions = actions, states = states_of(actions),
           risks = risks.of(machine) }
end

-- As JSON

-- Prints the machine with its states and risks, then its actions, one object per line.
function page.show_json(self, limit)
  local object = tables.merged(self.machine, { states = {}, risks = self.risks })
  for i, row in ipairs(self.states) do
    object.states[i] = { state = row.state, since = row.since, by = row.by, comment = row.comment,
      scope = row.scope, action = row.action.id, conflict = row.conflict and row.conflict.id }
  end
  output.json(object, require "mde.program.listing.machine".keys)
  for i, action in ipairs(self.actions) do
    if i > limit then break end
    output.json(action, keys)
  end
end

-- As text

local function joined(...)
  local parts, all = {}, table.pack(...)
  for i = 1, all.n do
    if all[i] and all[i] ~= "" then parts[#parts + 1] = tostring(all[i]) end
  end
  return table.concat(parts, ", ")
end

local function show_head(machine)
  paragraph(joined(machine.computerDnsName or "(no name)", machine.osPlatform
    and machine.osPlatform .. (machine.version and " " .. machine.version or ""),
    machine.healthStatus, machine.riskScore and "risk " .. machine.riskScore))
  paragraph(machine.id, "id")
  if machine.lastSeen then paragraph(moment.of(machine.lastSeen), "seen") end
  local tags = table.concat(machine.machineTags or {}, ", ")
  local place = joined(machine.rbacGroupName, machine.deviceValue and "value "
    .. machine.deviceValue, tags ~= "" and "tags " .. tags)
  if place ~= "" then paragraph(place, "group") end
  local address = joined(machine.lastIpAddress, machine.lastExternalIpAddress)
  if address ~= "" then paragraph(address, "addresses") end
end

local function show_state(row)
  local text = ("%s since %s"):format(row.state, moment.of(row.since or "?"))
  if row.by then text = text .. " by " .. row.by end
  if row.comment and row.comment ~= "" then text = ("%s: %s"):format(text, row.comment) end
  paragraph(text, "state")
  local conflict = row.conflict
  if not conflict then return end
  paragraph(("%s %s by %s would end it: %s"):format(conflict.status, conflict.type,
    conflict.requestor or "?", conflict.id), "")
end

-- Returns the newest isolation if it was cancelled and no release has succeeded since: it may have
-- begun, which no read can tell. -> action | nil
local function cancelled_isolation(actions)
  for _, action in ipairs(actions) do
    if action.type == "Unisolate" and action.status == "Succeeded" then return nil end
    if action.type == "Isolate" then return action.status == "Cancelled" and action or nil end
  end
end

local function show_states(self)
  for _, row in ipairs(self.states) do show_state(row) end
  if self.states[1] then return end
  local oldest = self.actions[#self.actions]
  paragraph(oldest and "not isolated and not restricted, by its actions since "
    .. moment.local_text(oldest.creationDateTimeUtc) or "unknown: no action on it is known",
    "state")
  local action = cancelled_isolation(self.actions)
  if action then
    paragraph(("If the isolation %s had begun when it was cancelled, the machine may still be"
      .. " isolated. To release it:"):format(action.id:sub(1, 8)), "")
    paragraph(("mde unisolate %s -m REASON"):format(self.machine.computerDnsName
      or self.machine.id), "")
  end
end

local COLUMNS = {
  { title = "AGE" }, { title = "TYPE", may_cut = true, least = 7 },
  { title = "STATUS", colour = colour.of }, { title = "BY", may_cut = true, least = 8 },
  { title = "COMMENT", may_cut = true }, { title = "ID", is_id = true },
}

local function row_of(action)
  return { listing.age(action:age()), action.type or "?", action.status or "?",
           action.requestor or "-", action.requestorComment or "", action.id }
end

local function show_actions(title, actions)
  if not actions[1] then return end
  local rows = {}
  for i, action in ipairs(actions) do rows[i] = row_of(action) end
  output.line ""
  output.line(title)
  show_table(COLUMNS, rows)
end

-- Shows the open actions, then the others, at most `limit` of both.
local function show_timeline(actions, limit)
  local open, ended = {}, {}
  for i, action in ipairs(actions) do
    if i > limit then break end
    table.insert(kinds.is_open[action.status] and open or ended, action)
  end
  show_actions("Open actions", open)
  show_actions("Ended actions", ended)
end

function page.show(self, limit)
  show_head(self.machine)
  show_states(self)
  for i, risk in ipairs(self.risks) do paragraph(risk.text, i == 1 and "risks" or "") end
  show_timeline(self.actions, limit)
end

return page
