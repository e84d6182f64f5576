-- The shape of a list of machine actions: see mde.program.listing.

local colour = require "mde.program.terminal.colour"
local listing = require "mde.program.listing"

local shape = {
  none = "No action matches.",
  keys = {
    "id", "type", "title", "status", "requestor", "requestorComment", "machineId",
    "computerDnsName", "creationDateTimeUtc", "lastUpdateDateTimeUtc", "cancellationRequestor",
    "cancellationComment", "cancellationDateTimeUtc", "errorHResult", "scope", "externalId",
    "requestSource",
  },
  columns = {
    { title = "AGE" },
    { title = "TYPE", may_cut = true, least = 7 },
    { title = "STATUS", colour = colour.of },
    { title = "MACHINE", may_cut = true, least = 14 },
    { title = "BY", may_cut = true, least = 7, has_guids = true },
    { title = "ID", is_id = true },
  },
}

function shape.row(action)
  return { listing.age(action:age()), action.type, action.status,
           action.computerDnsName or action.machineId or "-", action.requestor or "-", action.id }
end

-- The end of the table: its groups, and the count

local MOST_GROUPS = 10

local Foot = {}
Foot.__index = Foot

function Foot:add(action) self.groups:add(action) end

function Foot:finish()
  local groups, output = self.groups, require "mde.program.terminal.output"
  output.line ""
  if #groups < groups.count then groups:show(MOST_GROUPS) end
  output.line(("%d %s%s"):format(groups.count, self.noun, groups.count == 1 and "" or "s"))
end

-- Returns a function that makes the foot of a list of `noun`, such as "open action".
function shape.foot_of(noun)
  return function()
    local groups = require "mde.program.listing.groups".new()
    return setmetatable({ groups = groups, noun = noun }, Foot)
  end
end

function shape.id(action) return action.id end

return shape
