-- The --except-… options: machines and actions that a command leaves out.
--
-- A machine that is unknown is left out if it might be excepted.

local failure = require "mde.program.exit"
local output = require "mde.program.terminal.output"
local system = require "mde.program.system"
local tables = require "mde.base.tables"

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

-- `sets`: tags, groups, machines (ids and names), requestors: sets in lower case. `session` reads
-- the machines.
function exceptions.new(sets, session)
  local self = setmetatable({ known = {}, excepted = {}, left_out = {}, session = session },
    Exceptions)
  for _, entry in ipairs(OPTIONS) do
    if entry[5] then self[entry[5]] = sets[entry[5]] or {} end
  end
  return self
end

-- The exceptions of the command line in a session's tenant | nil: there are none
function exceptions.of(parsed, session)
  local sets, any = { machines = {} }, false
  for _, entry in ipairs(OPTIONS) do
    local field, values = entry[5], parsed[entry[4]] or {}
    any = any or values[1] ~= nil
    if field then sets[field] = sets[field] or {} end
    for _, text in ipairs(values) do
      if field then sets[field][text:lower()] = true else add_file(sets.machines, text) end
    end
  end
  return any and exceptions.new(sets, session) or nil
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

-- Reads the tenant's machines, once.
local function read(self)
  if self.has_read or not self.session then return end
  self.has_read = true
  for machine in self.session:machines() do
    local id = machine.id:lower()
    self.known[id], self.excepted[id] = true, of_record(self, machine)
  end
end

-- Returns why an action is excepted, or might be, or nil. `machine`: its record, if it was read;
-- else the tenant's machines are read if they are needed. A machine is given as { machineId,
-- computerDnsName }.
function Exceptions:why(action, machine)
  local id, name = action.machineId, action.computerDnsName
  if action.requestor and self.requestors[action.requestor:lower()] then
    return ("requestor %s is excepted"):format(action.requestor)
  end
  if has_machine(self.machines, id, name) then return "the machine is excepted" end
  if machine then return of_record(self, machine) end
  if not (next(self.tags) or next(self.groups) or next(self.machines) and not name) then return end
  if id then read(self) end
  if not (id and self.known[id:lower()]) then
    return "the machine is unknown and may be excepted"
  end
  return self.excepted[id:lower()]
end

-- Leaves out an action for this reason.
function Exceptions:leave_out(why)
  self.left_out[why] = (self.left_out[why] or 0) + 1
end

-- True if an action is not excepted; counts those that are. `machine`: see `why`.
function Exceptions:keeps(action, machine)
  local why = self:why(action, machine)
  if why then self:leave_out(why) end
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
  for _, why in ipairs(tables.keys(self.left_out)) do
    output.note("%d left out: %s.", self.left_out[why], why)
  end
end

return exceptions
