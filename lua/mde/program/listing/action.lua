-- The shape of a list of machine actions: see mde.program.listing.

local listing = require "mde.program.listing"

local COLOURS = { Pending = "33", InProgress = "36", Succeeded = "32", Failed = "31",
                  TimeOut = "31" }

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
    { title = "TYPE", may_cut = true },
    { title = "STATUS", colour = function(status) return COLOURS[status] end },
    { title = "MACHINE", may_cut = true, least = 16 },
    { title = "BY", may_cut = true, may_drop = true },
    { title = "ID" },
  },
}

function shape.row(action)
  return { listing.age(action:age()), action.type, action.status,
           action.computerDnsName or action.machineId or "-", action.requestor or "-", action.id }
end

function shape.id(action) return action.id end

return shape
