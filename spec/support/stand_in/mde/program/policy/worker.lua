-- Stands in for mde.program.policy.worker, in this process and without protection.

local workers = {}

local Worker = {}
Worker.__index = Worker

function workers.start(limits)
  return setmetatable({ limits = limits or {}, answers = {}, first = 1, last = 0, reached = {},
                        active = {} }, Worker)
end

local function answer(decision)
  return function(reason) return { decision = decision, reason = reason or "" } end
end

local Machine = {}
Machine.__index = Machine

function Machine:tagged(tag)
  for _, held in ipairs(self.machineTags or {}) do
    if held:lower() == tag:lower() then return true end
  end
  return false
end

local function environment(resolve, now)
  local env, loaded = {}, {}
  for _, name in ipairs { "assert", "error", "ipairs", "math", "next", "pairs", "pcall", "select",
                          "string", "table", "tonumber", "tostring", "type", "utf8" } do
    env[name] = _G[name]
  end
  env.os = { time = function(fields) return fields and os.time(fields) or now end, date = os.date }
  env.cancel, env.keep, env.undo = answer "cancel", answer "keep", answer "undo"
  function env.require(name)
    if loaded[name] == nil then
      local text, chunk = resolve(name)
      if not text then error(chunk, 2) end
      loaded[name] = assert(load(text, "@" .. chunk, "t", env))() or true
    end
    return loaded[name]
  end
  return env
end

local function copy(value, list)
  if type(value) == "function" then
    local info = debug.getinfo(value, "Su")
    list[#list + 1] = value
    return { ["function"] = true, line = info.linedefined, last = info.lastlinedefined,
             parameters = info.nparams, index = #list }
  end
  if type(value) ~= "table" then return value end
  local made = {}
  for key, field in pairs(value) do made[key] = copy(field, list) end
  return made
end

function Worker:load(name, text, resolve)
  local chunk, problem = load(text, "@" .. name, "t", environment(resolve, self.limits.time))
  if not chunk then return nil, { code = "policy", message = problem } end
  local done, value = pcall(chunk)
  if not done then return nil, { code = "policy", message = tostring(value) } end
  self.form = value
  local rules = type(value) == "table" and value.decide
  self.rules = type(rules) == "table" and rules or { rules }
  for _, rule in ipairs(self.rules) do
    if type(rule) == "function" then
      for line in pairs(debug.getinfo(rule, "L").activelines) do self.active[line] = true end
    end
  end
  return copy(value, {})
end

local function open(action)
  local age = action.age
  local made = {}
  for key, value in pairs(action) do made[key] = value end
  made.age = function() return age end
  made.is_open = action.status == "Pending" or action.status == "InProgress"
  return made
end

local function apply(self, rule, action, machine)
  if type(rule) == "string" then return { decision = rule, reason = "" } end
  local function line(_, number)
    if debug.getinfo(2, "f").func == rule then self.reached[number] = true end
  end
  debug.sethook(line, "l")
  local done, result = pcall(rule, action, machine)
  debug.sethook()
  if not done then error(result, 0) end
  return result
end

function Worker:decide(action, machine)
  local given = open(action)
  if machine then machine = setmetatable(copy(machine, {}), Machine) end
  for _, rule in ipairs(self.rules) do
    local done, result = pcall(apply, self, rule, given, machine)
    if not done or result ~= nil and type(result) ~= "table" then
      return nil, nil, { code = "policy", message = ("%s: %s"):format(action.id,
        done and "no decision" or tostring(result)) }
    end
    if result then return result.decision, result.reason end
  end
end

function Worker:send(action, machine)
  assert(self.last - self.first + 1 < 256)
  self.last = self.last + 1
  self.answers[self.last] = table.pack(self:decide(action, machine))
  return true
end

function Worker:receive()
  local result = assert(self.answers[self.first])
  self.answers[self.first], self.first = nil, self.first + 1
  return table.unpack(result, 1, 3)
end

function Worker:lines()
  return { reached = self.reached, active = self.active }
end

function Worker:output() return "" end

function Worker:close() return true end

return workers
