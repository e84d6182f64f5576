-- Tags machines and sets their value: methods of a client.
--
-- If an answer was lost, the machine is read: see mde.client.writing.

local answer = require "mde.service.response"
local errors = require "mde.base.errors"
local machine = require "mde.service.machine"
local odata = require "mde.service.odata"
local writing = require "mde.client.writing"

local MOST = 500  -- machines in one call

local tags = {}

-- Reading back

-- Reads one machine back.
local function about(id)
  local function read(response) return answer.machine(response, id) end
  return { operation = "machine", arguments = { device = id }, read = read, accepted = read }
end

-- Reads all machines with a tag back. The answer to tagging many is not documented.
local function about_all(tag)
  return { operation = "find_by_tag", read = answer.machines, nothing = {},
           accepted = function() return true end,
           arguments = { query = odata.query { { "tag", tag },
                                               { "useStartsWithFilter", "false" } } } }
end

-- Tags

-- Reports whether each of the ids (or, after "Remove", none) is among the machines with the tag. A partial
-- list does not prove that none is.
local function all_done(ids, action)
  return function(list)
    local tagged = {}
    if action == "Remove" and (list.has_more or "") ~= "" then return false end
    for _, one in ipairs(list) do tagged[one.id:lower()] = true end
    for _, id in ipairs(ids) do
      if (tagged[id] == true) ~= (action == "Add") then return false end
    end
    return true
  end
end

-- A call that tags these machines, at most 500. -> call | nil, err
local function tagging(client, ids, tag, action)
  if #ids > 1 then
    return writing.call(client, "tag_machines", { machines = ids, tag = tag, action = action },
      about_all(tag), all_done(ids, action))
  end
  return writing.call(client, "tag", { machine = ids[1], tag = tag, action = action },
    about(ids[1]), function(fields)
      return client:read_machine(fields):tagged(tag) == (action == "Add")
    end)
end

-- Makes the calls for all machines, so that each value is checked before anything is sent.
-- -> array of { call, ids } | nil, err
local function prepare(client, ids, tag, action)
  local prepared = {}
  for first = 1, #ids, MOST do
    local some = {}
    for i = first, math.min(first + MOST - 1, #ids) do some[#some + 1] = ids[i] end
    local call, err = tagging(client, some, tag, action)
    if not call then return nil, err end
    prepared[#prepared + 1] = { call = call, ids = some }
  end
  return prepared
end

-- -> count | nil, err: err.done are the ids of the machines that were changed before
local function change(client, machines, tag, action)
  if type(tag) ~= "string" then
    return errors.invalid("tag: its name must be text, not a %s", type(tag))
  end
  local ids, err = machine.ids(machines)
  if not ids then return nil, err end
  local prepared
  prepared, err = prepare(client, ids, tag, action)
  if not prepared then return nil, err end
  local done = {}
  for _, part in ipairs(prepared) do
    local _, problem = client:complete(part.call, "tag")
    if problem then
      problem.done = done
      return nil, problem
    end
    for _, id in ipairs(part.ids) do done[#done + 1] = id end
  end
  return #done
end

--- Adds a tag to one machine or many, 500 per call.
---@param machines string|mde.machine|(string|mde.machine)[] ids, or machines
---@param tag string
---@return integer? count
---@return mde.error? err err.done are the ids of the machines that have it
function tags:tag(machines, tag)
  local count, err = change(self, machines, tag, "Add")
  return count, err
end

--- Removes a tag from one machine or many, 500 per call.
---@param machines string|mde.machine|(string|mde.machine)[]
---@param tag string
---@return integer? count
---@return mde.error? err
function tags:untag(machines, tag)
  local count, err = change(self, machines, tag, "Remove")
  return count, err
end

-- A call that sets the value of a machine. -> call | nil, err
local function valuing(client, id, value)
  return writing.call(client, "set_device_value", { machine = id, value = value }, about(id),
    function(fields) return fields.deviceValue == value end)
end

-- A call that changes machines with these ids: "add_tag" and "remove_tag" at most 500, "set_value"
-- one. -> call | nil, err
function tags:marking(name, ids, value)
  if name == "set_value" then return valuing(self, ids[1], value) end
  return tagging(self, ids, value, name == "add_tag" and "Add" or "Remove")
end

--- Sets the value of a machine.
---@param target string|mde.machine
---@param value "Low"|"Normal"|"High"
---@return mde.machine? machine
---@return mde.error? err
function tags:set_device_value(target, value)
  if type(value) ~= "string" then
    return errors.invalid("set_device_value: value must be Low, Normal or High, not a %s",
      type(value))
  end
  local ids, err = machine.ids(target)
  if not ids then return nil, err end
  if #ids ~= 1 then return errors.invalid("set_device_value: %d machines, not one", #ids) end
  local call
  call, err = valuing(self, ids[1], value)
  if not call then return nil, err end
  local fields
  fields, err = self:complete(call, "set_device_value")
  if err then
    err.machine = ids[1]
    return nil, err
  end
  return self:read_machine(fields)
end

return tags
