-- The --except-… options: machines and actions that a command leaves out.
--
-- A machine that is unknown is left out if it might be excepted.

local failure = require "mde.program.exit"
local output = require "mde.program.terminal.output"
local system = require "mde.program.system"

local exceptions = {}

local Exceptions = {}
Exceptions.__index = Exceptions

-- Option, value, description, key, field.
local OPTIONS = {
  { "--except-tag", "TAG", "Leave out machines with this tag; may be repeated.", "except_tag",
    "tags" },
  { "--except-group", "NAME", "Leave out this device group; may be repeated.", "except_group",
    "groups" },
  { "--except-machine", "MACHINE", "Leave out this machine; may be repeated.", "except_machine",
    "machines" },
  { "--except-requestor", "NAME", "Leave out actions of this user or application; may be"
    .. " repeated.", "except_requestor", "requestors" },
  { "--except-file", "FILE", "Leave out the machines in this file: one id or name per line.",
    "except_file" },
}

-- Adds the options; without --except-requestor if the command is about machines.
function exceptions.define(command, is_of_machines)
  for _, entry in ipairs(OPTIONS) do
    if not (is_of_machines and entry[5] == "requestors") then
      command:option(entry[1], entry[3]):argname(entry[2]):count "*"
    end
  end
end

local function add_file(set, path)
  local file, problem = system.open(path, "r")
  if not file then failure.raise(failure.usage, "--except-file: %s", problem) end
  for line in file:lines() do
    local name = line:gsub("#.*", ""):match "^%s*(.-)%s*$"
    if name ~= "" then set[name:lower()] = true end
  end
  file:close()
end

-- `sets`: tags, groups, machines (ids and names), requestors: sets in lower case.
function exceptions.new(sets)
  local self = setmetatable({ known = {}, excepted = {}, left_out = {} }, Exceptions)
  for _, entry in ipairs(OPTIONS) do
    if entry[5] then self[entry[5]] = sets[entry[5]] or {} end
  end
  return self
end

-- The exceptions of the command line | nil: there are none
function exceptions.of(parsed)
  local sets, any = { machines = {} }, false
  for _, entry in ipairs(OPTIONS) do
    local field, values = entry[5], parsed[entry[4]] or {}
    any = any or values[1] ~= nil
    if field then sets[field] = sets[field] or {} end
    for _, text in ipairs(values) do
      if field then sets[field][text:lower()] = true else add_file(sets.machines, text) end
    end
  end
  return any and exceptions.new(sets) or nil
end

-- True if a set of machines has this one by id, whole name or short name.
local function has_machine(set, id, name)
  name = name and name:lower()
  return id ~= nil and set[id:lower()]
         or name ~= nil and (set[name] or set[name:match "^[^.]+"]) or false
end

-- Returns why a machine's record is excepted, or nil.
local function of_record(self, machine)
  for _, tag in ipairs(machine.machineTags or {}) do
    if self.tags[tag:lower()] then return ("tag %s is excepted"):format(tag) end
  end
  local group = machine.rbacGroupName
  if group and self.groups[group:lower()] then return ("group %s is excepted"):format(group) end
  return has_machine(self.machines, machine.id, machine.computerDnsName)
         and "the machine is excepted" or nil
end

-- Reads the tenant's machines, if tags, groups or (`by_name`) names of machines need them.
function Exceptions:read(session, by_name)
  if not (next(self.tags) or next(self.groups) or by_name and next(self.machines)) then return end
  for machine in session:machines() do
    local id = machine.id:lower()
    self.known[id], self.excepted[id] = true, of_record(self, machine)
  end
end

-- Returns why an action is excepted, or might be, or nil. `machine`: its record, if it was read;
-- else `read` must have been called. A machine is given as { machineId, computerDnsName }.
function Exceptions:why(action, machine)
  local id, name = action.machineId, action.computerDnsName
  if action.requestor and self.requestors[action.requestor:lower()] then
    return ("requestor %s is excepted"):format(action.requestor)
  end
  if has_machine(self.machines, id, name) then return "the machine is excepted" end
  local is_known = machine ~= nil or id ~= nil and self.known[id:lower()]
  local why = machine and of_record(self, machine) or id and self.excepted[id:lower()]
  if why then return why end
  local needs_record = next(self.tags) or next(self.groups)
  if needs_record and not is_known or next(self.machines) and not (name or is_known) then
    return "the machine is unknown and may be excepted"
  end
end

-- True if an action is not excepted; counts those that are.
function Exceptions:keeps(action)
  local why = self:why(action)
  if why then self.left_out[why] = (self.left_out[why] or 0) + 1 end
  return why == nil
end

-- An iterator over those of `actions` (an iterator) that are not excepted.
function Exceptions:filtered(actions)
  return function()
    for action in actions do
      if self:keeps(action) then return action end
    end
  end
end

-- Prints how many were left out, and why.
function Exceptions:tell()
  for why, count in pairs(self.left_out) do output.note("%d left out: %s.", count, why) end
end

return exceptions
