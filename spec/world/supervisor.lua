-- The module mde.supervisor of a world: policies decide within the process that asks them.
--
-- A policy's process is a table with the functions of src/program/supervisor.c. Frames are answered
-- at once; see lua/mde/program/policy/worker.lua for their kinds.

local supervisor = {}

local function plain(value, index)
  if type(value) == "function" then
    local info = debug.getinfo(value, "Su")
    return { ["function"] = true, line = info.linedefined, last = info.lastlinedefined,
             parameters = info.nparams, index = index or 1 }
  elseif type(value) ~= "table" then
    return value
  end
  local copy = {}
  for key, each in pairs(value) do copy[key] = plain(each, math.type(key)) end
  return copy
end

local function deciding(decision)
  return function(reason) return { decision = decision, reason = reason or "" } end
end

-- The globals of a policy.
local function environment()
  return { cancel = deciding "cancel", keep = deciding "keep", undo = deciding "undo",
           ipairs = ipairs, pairs = pairs, string = string, tostring = tostring }
end

local Machine = {}
Machine.__index = Machine

function Machine:tagged(tag)
  for _, each in ipairs(self.machineTags or {}) do
    if each:lower() == tag:lower() then return true end
  end
  return false
end

-- The first rule that decides. -> decision | nil, reason
local function decide(rules, action, machine)
  for _, rule in ipairs(type(rules) == "table" and rules or { rules }) do
    local result = rule
    if type(rule) == "function" then result = rule(action, machine) end
    if type(result) == "string" then return result, "" end
    if result then return result.decision, result.reason end
  end
  return nil, ""
end

local Process = {}
Process.__index = Process
Process.__lt = function(a, b) return a.number < b.number end

local ANSWERS = {}

function ANSWERS.L(self, name, text)
  self.policy = assert(load(text, "=" .. name, "t", environment()))()
  return "F", plain(self.policy)
end

function ANSWERS.A(self, action, machine)
  return "D", decide(self.policy.decide, action,
    machine and setmetatable(machine, Machine))
end

function ANSWERS.Q() return "B" end

function Process:send(kind, ...)
  table.insert(self.answers, table.pack(ANSWERS[kind](self, ...)))
end

function Process:receive()
  return table.unpack(table.remove(self.answers, 1) or {}, 1, 4)
end

function Process:seconds() return 0 end
function Process:pid() return self.is_over and 0 or 1 end

function Process:finish()
  self.is_over = true
  return "exit", 0
end

supervisor.confines, supervisor.ends = true, {}

local number = 0

function supervisor.start()
  number = number + 1
  return setmetatable({ answers = {}, number = number }, Process)
end

return supervisor
