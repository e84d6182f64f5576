-- Makes machine actions of decoded answers.
--
-- An action is a plain table with the service's own key names. JSON null is absent, whole
-- numbers are integers if Lua has them, and unknown keys and values stay unchanged. Its
-- metatable adds the methods `action:age()` and `action:is_final()`.

local date = require "mde.base.date"
local kinds = require "mde.service.kinds"

local entity = {}

-- Renames a key that the documentation spells differently from the service, so that the entity
-- always has the service's spelling.
function entity.respell(fields, documented, real)
  local value = fields[documented]
  if value == nil then return end
  fields[documented] = nil
  if fields[real] == nil then fields[real] = value end
end

-- A machine action, with the service's own keys; null values are absent.
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
---@field existing? true of a launch: the action was already open

-- Makes a function `table -> action`. `clock` is the time from which ages count.
function entity.reader(clock)
  local Action = {}

  --- Seconds since the action was created.
  ---@return number? seconds nil if the service does not say
  function Action:age()
    local created = date.parse(self.creationDateTimeUtc)
    return created and clock.wall() - created
  end

  --- Reports if the action is final, so that no cancel can change it.
  ---@return boolean
  function Action:is_final()
    return kinds.final[self.status] == true
  end

  local metatable = { __index = Action, __name = "mde.action" }

  -- One line: type, status, id, machine.
  function metatable:__tostring()
    return ("%s %s %s %s"):format(self.type or "?", self.status, self.id,
      self.computerDnsName or self.machineId or "-")
  end

  return function(fields)
    if fields.lastUpdateTimeUtc ~= nil then
      entity.respell(fields, "lastUpdateTimeUtc", "lastUpdateDateTimeUtc")
    end
    if fields.externalID ~= nil then entity.respell(fields, "externalID", "externalId") end
    return setmetatable(fields, metatable)
  end
end

return entity
