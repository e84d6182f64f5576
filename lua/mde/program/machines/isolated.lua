-- Lists isolated or restricted machines: mde machines --isolated, --restricted.
--
-- The API does not report isolation, so it is derived from the history of actions.

local colour = require "mde.program.terminal.colour"
local date = require "mde.base.date"
local failure = require "mde.program.exit"
local listing = require "mde.program.listing"
local moment = require "mde.program.terminal.moment"
local output = require "mde.program.terminal.output"
local system = require "mde.program.system"
local tables = require "mde.base.tables"

local isolated = {}

isolated.shape = {
  keys = { "machine_id", "machine", "state", "since", "by", "comment", "scope",
           "conflict" },
  columns = {
    { title = "MACHINE", may_cut = true, least = 14 },
    { title = "STATE", colour = colour.of },
    { title = "FOR" },
    { title = "BY", may_cut = true, least = 8 },
    { title = "WHY", may_cut = true },
    { title = "CONFLICT", may_cut = true, may_be_empty = true },
    { title = "ID", may_cut = true, cut_first = true, least = 9, may_drop = true },
  },
}

function isolated.shape.id(row) return row.machine_id end

function isolated.shape.row(row)
  local since, conflict = date.parse(row.since), row.conflict
  return { row.machine or row.machine_id, row.state,
           listing.age(since and system.clock.wall() - since),
           row.by or "-", row.comment or "-",
           conflict and ("%s %s"):format(conflict.type, conflict.status) or "", row.machine_id }
end

-- The note on the history, with its beginning in local time.
local function note_of(reach)
  if not reach.from then return reach.note end
  local first, last = reach.note:find(reach.from, 1, true)
  return reach.note:sub(1, first - 1) .. moment.local_text(reach.from) .. reach.note:sub(last + 1)
end

-- The end of the table: how many machines are in each state

local Foot = {}
Foot.__index = Foot

function Foot:add(row) self[row.state] = (self[row.state] or 0) + 1 end

function Foot:finish()
  local parts = {}
  for _, state in ipairs { "isolated", "isolating", "restricted", "restricting" } do
    if self[state] then
      parts[#parts + 1] = ("%d %s%s"):format(self[state], state,
        state:find "ing$" and " (the action is open)" or "")
    end
  end
  output.line ""
  output.line(table.concat(parts, ", "))
end

function isolated.shape.foot() return setmetatable({}, Foot) end

-- Returns the rows of a state (nil: all), those in effect before those that are not yet.
local function ordered(rows, only)
  local first, last = {}, {}
  for _, row in ipairs(rows) do
    if not only or row.state == only then
      table.insert(row.state:find "ed$" and first or last, row)
    end
  end
  return table.move(last, 1, #last, #first + 1, first)
end

-- Iterates over the machines of one tenant, and adds a note on the history read to `notes`.
local function read(session, parsed, notes)
  local name = parsed.machines[1]
  local machine = name and failure.check(session:machine(name))
  local rows = failure.check(session:isolated {
    machine = machine and machine.id, restricted = parsed.restricted, since = parsed.since })
  notes[#notes + 1] = (session.profile and session.profile .. ": " or "") .. note_of(rows.reach)
  return tables.each(ordered(rows, parsed.only))
end

-- -> exit status
function isolated.run(parsed)
  local notes, shape = {}, setmetatable({}, { __index = isolated.shape })
  shape.none = ("No machine is known to be %s."):format(
    parsed.only or parsed.restricted and "restricted" or "isolated")
  local status = listing.run(parsed, shape, function(session)
    return read(session, parsed, notes)
  end)
  for _, note in ipairs(notes) do output.note("%s", note) end
  return status
end

return isolated
