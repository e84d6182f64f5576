-- From an answer's bytes to a machine action.
--
-- An action is a plain table with the service's own key names; JSON null is
-- absent, integral numbers are integers where Lua has them, and keys and
-- values that mde does not know stay as they came. Two methods come by its
-- metatable: `action:age()` and `action:is_final()`.

local cjson = require "cjson.safe"
local core = require "mde.core"
local date = require "mde.base.date"

local entity = {}

local json = cjson.new()
json.decode_max_depth(64)
json.decode_invalid_numbers(false)

-- The states an action does not leave. Source: "machineAction resource type"
-- (the service writes TimeOut with a capital O, Cancelled with two l).
entity.final = { Succeeded = true, Failed = true, TimeOut = true, Cancelled = true }

entity.statuses = { "Pending", "InProgress", "Succeeded", "Failed", "TimeOut", "Cancelled" }

entity.types = {
  "RunAntiVirusScan", "Offboard", "LiveResponse", "CollectInvestigationPackage", "Isolate",
  "Unisolate", "StopAndQuarantineFile", "RestrictCodeExecution", "UnrestrictCodeExecution",
  "RequestSample", "Unknown",
}

local MARK = "^\239\187\191"  -- some gateways begin a text in UTF-8 with a byte order mark

-- JSON text -> table, whether it has a link to a next page, be that null | nil, message.
-- Anything but an object or array is refused.
function entity.decode(text)
  local value = json.decode((text:gsub(MARK, "")))
  if type(value) ~= "table" then return nil, "not a JSON object" end
  local is_linked = value["@odata.nextLink"] ~= nil
  return core.tidy(value), is_linked
end

-- Renames a key that the service's documentation spells otherwise than the service:
-- both are read, and the entity carries the service's.
function entity.respell(fields, documented, real)
  local value = fields[documented]
  if value == nil then return end
  fields[documented] = nil
  if fields[real] == nil then fields[real] = value end
end

---@alias mde.status "Pending"|"InProgress"|"Succeeded"|"Failed"|"TimeOut"|"Cancelled"|string

---@alias mde.action_type
---| "RunAntiVirusScan"
---| "Offboard"
---| "LiveResponse"
---| "CollectInvestigationPackage"
---| "Isolate"
---| "Unisolate"
---| "StopAndQuarantineFile"
---| "RestrictCodeExecution"
---| "UnrestrictCodeExecution"
---| "RequestSample"
---| "Unknown"
---| string

-- A machine action, with the service's own keys; what is null there is absent.
---@class mde.action
---@field id string a GUID
---@field type mde.action_type
---@field title? string
---@field status mde.status
---@field requestor? string a user's name, or an application's id
---@field requestorComment? string
---@field machineId? string
---@field computerDnsName? string
---@field creationDateTimeUtc? string
---@field lastUpdateDateTimeUtc? string
---@field cancellationRequestor? string
---@field cancellationComment? string
---@field cancellationDateTimeUtc? string
---@field errorHResult? integer
---@field scope? string
---@field externalId? string
---@field requestSource? string
---@field commands? table[] of a live response
---@field relatedFileInfo? table of a quarantine
---@field troubleshootInfo? string
---@field existing? true of a launch: it had been launched before

-- Makes `table -> action`, whose ages are told by `clock`.
function entity.reader(clock)
  local Action = {}

  --- Seconds since the action was created.
  ---@return number? seconds nil if the service does not say
  function Action:age()
    local created = date.parse(self.creationDateTimeUtc)
    return created and clock.wall() - created
  end

  --- Whether the action has ended: no cancel can change it any more.
  ---@return boolean
  function Action:is_final()
    return entity.final[self.status] == true
  end

  local metatable = { __index = Action, __name = "mde.action" }

  -- One line: what, how it stands, which, where.
  function metatable:__tostring()
    return ("%s %s %s %s"):format(self.type or "?", self.status, self.id,
      self.computerDnsName or self.machineId or "-")
  end

  return function(fields)
    entity.respell(fields, "lastUpdateTimeUtc", "lastUpdateDateTimeUtc")
    entity.respell(fields, "externalID", "externalId")
    return setmetatable(fields, metatable)
  end
end

return entity
