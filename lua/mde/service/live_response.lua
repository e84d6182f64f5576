-- Checks live response commands and converts them to the service's form.
--
-- Callers write the short form
--
--   { put = "tool.exe" }                        from the library to the machine
--   { run = "script.ps1", args = "-Case 7" }    a script of the library
--   { get = "C:\\Temp\\result.zip" }            from the machine
--
-- or the service's form, { type =, params = { { key =, value = }, … } }. The order is fixed:
-- put, then run, then get. If a command fails, the service does not execute the others.
-- Source: the page "Run live response commands on a device".

local errors = require "mde.base.errors"

local live_response = {}

-- In the required order: the short form's key, the service's type and key.
local KINDS = {
  { short = "put", type = "PutFile", key = "FileName" },
  { short = "run", type = "RunScript", key = "ScriptName" },
  { short = "get", type = "GetFile", key = "Path" },
}

local KNOWN = { put = true, run = true, get = true, args = true, type = true, params = true }

local function is_text(value)
  return type(value) == "string" and value:find "%S" ~= nil
end

-- A command in the short form -> its rank, the service's command | nil, message
local function from_short(command)
  for rank, kind in ipairs(KINDS) do
    local value = command[kind.short]
    if value ~= nil then
      if not is_text(value) then return nil, kind.short .. " must be text" end
      local params = { { key = kind.key, value = value } }
      if command.args ~= nil then
        if kind.short ~= "run" then return nil, "args go with run only" end
        if type(command.args) ~= "string" then return nil, "args must be text" end
        params[2] = { key = "Args", value = command.args }
      end
      return rank, { type = kind.type, params = params }
    end
  end
  return nil, "put, run or get is missing"
end

-- The same for a command in the service's form.
local function from_service(command)
  for rank, kind in ipairs(KINDS) do
    if kind.type == command.type then
      local params = {}
      for i, param in ipairs(type(command.params) == "table" and command.params or {}) do
        if type(param) ~= "table" or not is_text(param.key) or type(param.value) ~= "string" then
          return nil, "each of params needs a key and a value, as text"
        end
        params[i] = { key = param.key, value = param.value }
      end
      if not params[1] then return nil, "params is missing" end
      return rank, { type = kind.type, params = params }
    end
  end
  return nil, ("type '%s' is not PutFile, RunScript or GetFile"):format(tostring(command.type))
end

local function convert(command)
  if type(command) ~= "table" then return nil, "must be a table, not a " .. type(command) end
  for key in pairs(command) do
    if not KNOWN[key] then return nil, ("unknown key '%s'"):format(tostring(key)) end
  end
  local first
  for _, key in ipairs { "type", "put", "run", "get" } do
    if command[key] ~= nil and first then
      return nil, ("%s and %s: each command is one of put, run and get"):format(first, key)
    end
    first = first or command[key] ~= nil and key
  end
  if command.type ~= nil then return from_service(command) end
  return from_short(command)
end

-- -> the service's array of commands | nil, err
function live_response.commands(list)
  if type(list) ~= "table" or list[1] == nil then
    return errors.invalid("live_response: commands are missing: give an array such as"
      .. ' { { run = "script.ps1" }, { get = "C:\\\\result.zip" } }')
  end
  local commands, last = {}, 1
  for i, command in ipairs(list) do
    local rank, converted = convert(command)
    if not rank then return errors.invalid("live_response: command %d: %s", i, converted) end
    if rank < last then
      return errors.invalid("live_response: command %d: %s comes after %s; the service requires"
        .. " PutFile, then RunScript, then GetFile", i, converted.type, KINDS[last].type)
    end
    commands[i], last = converted, rank
  end
  for key in pairs(list) do
    if type(key) ~= "number" then
      return errors.invalid("live_response: commands must be an array, without the key '%s'",
        tostring(key))
    elseif not commands[key] then
      return errors.invalid("live_response: a command is missing before number %s", tostring(key))
    end
  end
  return commands
end

return live_response
