-- Criteria that select actions.
--
-- The service filters by the first eight, except by a machine's name.

---@class mde.action_criteria
---@field status? mde.status|mde.status[]
---@field type? mde.action_type|mde.action_type[]
---@field requestor? string a user's name, an application's id or its name, spelled as in the service
---@field machine? string a machine's id, or its whole DNS name (case does not matter)
---@field older_than? number|string age since creation: seconds, or a duration such as "4h"
---@field newer_than? number|string age since creation
---@field after? number|string a date with zone such as "2026-01-23T20:10:40Z", or seconds since 1970
---@field before? number|string
---@field comment? string a part of the comment given at launch
---@field scope? string such as "Full"
---@field cancelled_by? string the user or application that cancelled it
---@field order? "newest"|"oldest" first in the list; default "newest"
---@field filter? string an OData filter, in addition
---@field limit? integer the most actions to return

local core = require "mde.core"
local criteria = require "mde.service.criteria"
local kinds = require "mde.service.kinds"
local machines = require "mde.service.machine"
local odata = require "mde.service.odata"

local CREATION = "creationDateTimeUtc"

local named = criteria.same("computerDnsName", "machine", "a machine's id or DNS name")

-- The service filters by the machine's id, not by its name.
local function machine(value)
  local id = machines.id(value)
  if not id then
    local test, problem = named(value)
    if test then test.text = test.text .. " (the service filters by a machine's id only)" end
    return test, problem
  end
  return { text = "machine is " .. id, service = odata.is("machineId", id),
           matches = function(action) return (action.machineId or ""):lower() == id end }
end

local requested_by = criteria.same("requestor", "requestor", "the name of a user or application")

local function requestor(value)
  local name, problem = criteria.text(value, "the name of a user or application")
  if not name then return nil, problem end
  local same = requested_by(name)
  return { text = same.text, matches = same.matches, service = odata.is("requestor", name) }
end

return criteria.form({
  { "status", criteria.one_of("status", "status", kinds.statuses) },
  { "type", criteria.one_of("type", "type", kinds.types) },
  { "requestor", requestor },
  { "machine", machine },
  { "older_than", criteria.age(CREATION, "launched", "lt") },
  { "newer_than", criteria.age(CREATION, "launched", "gt") },
  { "after", criteria.moment(CREATION, "launched", "gt") },
  { "before", criteria.moment(CREATION, "launched", "lt") },
  { "comment", criteria.part("requestorComment", "comment", "a part of a comment") },
  { "scope", criteria.same("scope", "scope", "a scope such as Full") },
  { "cancelled_by", criteria.same("cancellationRequestor", "cancelled by",
                                  "the name of a user or application") },
}, { "newest", "oldest" }, function() return core.operation.encode("list", {}).path end)
