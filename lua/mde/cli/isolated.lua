-- mde machines --isolated: what is isolated or restricted now, as the history of actions
-- tells. Called with the command line. -> exit status

local date = require "mde.date"
local failure = require "mde.cli.failure"
local listing = require "mde.cli.listing"
local output = require "mde.cli.output"

local COLOURS = { isolated = "31", restricted = "31", isolating = "33", restricting = "33" }

local SHAPE = {
  keys = { "machine_id", "machine", "state", "since", "by", "comment", "scope",
           "conflict" },
  columns = {
    { title = "MACHINE", may_cut = true, least = 20 },
    { title = "STATE", colour = function(state) return COLOURS[state] end },
    { title = "FOR" },
    { title = "BY", may_cut = true, may_drop = true },
    { title = "WHY", may_cut = true, may_drop = true },
    { title = "CONFLICT", may_cut = true, may_drop = true },
    { title = "ID" },
  },
}

function SHAPE.id(row) return row.machine_id end

-- The rows of the table, whose ages count from `now`.
local function row_at(now)
  return function(row)
    local since, conflict = date.parse(row.since), row.conflict
    return { row.machine or "-", row.state, listing.age(since and now - since), row.by or "-",
             row.comment or "-",
             conflict and ("%s %s"):format(conflict.type, conflict.status) or "", row.machine_id }
  end
end

-- An iterator over them in one tenant; what is to be said of it is added to `notes`.
local function read(session, parsed, notes)
  local name, i = parsed.machines[1], 0
  local machine = name and failure.check(session:machine(name))
  local rows = failure.check(session:isolated {
    machine = machine and machine.id, restricted = parsed.restricted, since = parsed.since })
  notes[#notes + 1] = (session.profile and session.profile .. ": " or "") .. rows.reach.note
  SHAPE.row = row_at(session.clock.wall())
  return function()
    i = i + 1
    return rows[i]
  end
end

return function(parsed)
  local notes = {}
  SHAPE.none = parsed.restricted and "No machine is restricted, as far as is known."
    or "No machine is isolated, as far as is known."
  local status = listing.run(parsed, SHAPE, function(session)
    return read(session, parsed, notes)
  end)
  for _, note in ipairs(notes) do output.note(note) end
  return status
end
