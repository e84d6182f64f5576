-- Frees a machine from open actions that block it: the method `unblock` of a client.
--
-- A machine accepts one action of a kind at a time, and an action for a machine that is offline
-- waits for days. Only cancelling it unblocks the machine.

local criteria = require "mde.service.criteria"
local duration = require "mde.base.duration"
local errors = require "mde.base.errors"
local kinds = require "mde.service.kinds"

local unblock = {}

local KNOWN = { older_than = true, type = true, comment = true }

local one_of_types = criteria.one_of("type", "type", kinds.types)

-- The conditions of the options, as function(action) -> whether to cancel it.
-- -> function | nil, err
local function conditions(options)
  local least = options.older_than and 0
  if options.older_than then
    local seconds, problem = duration.parse(options.older_than)
    if not seconds then return errors.invalid("unblock: older_than: %s", problem) end
    least = seconds
  end
  local types = options.type
  if types ~= nil then
    local _, problem = one_of_types(types)
    if problem then return errors.invalid("unblock: type: %s", problem) end
    if type(types) == "string" then types = { types } end
  end
  return function(action)
    local age = action:age()
    if least and not (age and age > least) then return false end
    for _, name in ipairs(types or {}) do
      if action.type == name then return true end
    end
    return types == nil
  end
end

--- Cancels the open actions on a machine, and reads the results. An action that has no machine yet,
--- such as a live response that was just launched, is not found.
---@param target string|mde.machine|mde.action a machine, its id or name, or an action on it
---@param options {comment: string, older_than?: number|string, type?: mde.action_type|mde.action_type[]}
---@return {items: mde.item[], kept: mde.action[]}? result `kept` are the open actions that were not cancelled
---@return mde.error? err
function unblock:unblock(target, options)
  options = options or {}
  errors.check_keys("unblock", options, KNOWN)
  local is_meant, err = conditions(options)
  if not is_meant then return nil, err end
  if type(options.comment) ~= "string" or not options.comment:find "%S" then
    return errors.invalid "unblock: comment is missing: say why, in a few words"
  end
  local machine, list
  machine, err = self:machine_id(target)
  if not machine then return nil, err end
  list, err = self:list { machine = machine, status = kinds.open }
  if not list then return nil, err end
  local meant, result = {}, { items = {}, kept = {} }
  for _, action in ipairs(list) do
    local into = is_meant(action) and meant or result.kept
    into[#into + 1] = action
  end
  local report
  report, err = self:cancel_all(meant, { comment = options.comment,
    on_item = function(item) table.insert(result.items, item) end })
  if not report then return nil, err end
  return result
end

return unblock
