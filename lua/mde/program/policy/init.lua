-- Loads policies, the files that decide on actions, and runs them in workers.
--
-- Their code runs in a worker only (mde.program.policy.worker). The results are checked here and
-- limited by guards (mde.program.policy.guard), which the code cannot reach.
--
--   local mine = assert(policy.load "stale.lua")
--   local decided = policy.decide_all(session, { mine }, { guards = guards })
--
-- Errors have the code "policy" for a fault of the policy, "limit" for a limit of its worker, and
-- "worker" for a worker that died.

local errors = require "mde.base.errors"
local check = require "mde.program.policy.check"
local core = require "mde.core"
local explanation = require "mde.program.policy.explanation"
local form = require "mde.program.policy.form"
local pipeline = require "mde.program.policy.pipeline"
local sources = require "mde.program.policy.source"
local system = require "mde.program.system"
local tenant = require "mde.program.policy.tenant"

local policy = {}

local UNKNOWN = "machine unknown"
local UNFIT = "too large for a policy: "  -- and the field

local Policy = {}
Policy.__index = Policy

-- Loading

-- Adds the policy's path and name to an error of its worker.
local function named(self, err)
  if not err.message:find(self.path, 1, true) then
    err.message = self.path .. ": " .. err.message
  end
  err.policy = self.name or self.path
  return errors.is(err) and err or errors.new(err)
end

local function at_fault(self, message)
  return nil, named(self, errors.new { code = "policy", message = message })
end

-- Starts a worker and loads the policy in it, with the time and random seed of the plan, so that
-- the same text at the same time decides the same. -> worker, the policy's table | nil, err
local function start(self)
  local worker, err = require "mde.program.policy.worker".start { coverage = self.coverage,
    time = math.floor(self.now), seed = tonumber(core.sha256(self.source.text):sub(1, 15), 16) }
  if not worker then return nil, named(self, err) end
  local value
  value, err = worker:load(self.path, self.source.text, function(name)
    return self.source:resolve(name)
  end)
  if err then
    worker:close()
    return nil, named(self, err)
  end
  return worker, value
end

-- Returns the name of a policy without a name of its own, from the file's name.
local function file_name(path)
  local name = path:match "([^/]*)$":gsub("%.lua$", ""):gsub("[^%w._-]", "-"):sub(1, 64)
  return name:find "^%w" and name or "policy"
end

-- Checks the policy's table and copies its fields. -> true | nil, err
local function take(self, value)
  local checked, problem = check.problem(form.check, value, file_name(self.path), self.now)
  if not checked then return at_fault(self, problem) end
  if self.name and checked.name ~= self.name then
    return at_fault(self, ("its name changed from '%s' to '%s': keep the name constant")
      :format(self.name, checked.name))
  end
  for _, key in ipairs(form.optional) do self[key] = nil end
  for key, field in pairs(checked) do self[key] = field end
  return true
end

-- Loads a policy and checks its form. options.coverage: records the lines of `decide` that are
-- reached; options.now: seconds since 1970 (default: the current time).
-- -> policy | nil, err. The policy has the fields of form.check, and `path`, `hash` and `text`
function policy.load(path, options)
  options = options or {}
  errors.check_keys("policy.load", options, { coverage = true, now = true })
  local source, err = sources.read(path)
  if not source then return nil, err end
  local self = setmetatable({ path = path, source = source, text = source.text,
                              coverage = options.coverage,
                              now = options.now or system.now() }, Policy)
  local worker, value = start(self)
  if not worker then return nil, value end
  local done
  done, err = take(self, value)
  if not done then
    worker:close()
    return nil, err
  end
  self.worker, self.hash = worker, source:hash()
  return self
end

-- Loads several policies, whose names must differ. Each is closed after loading and loaded again
-- when it decides, so that only one worker runs at a time. -> array | nil, err
function policy.load_all(paths, options)
  local list, seen = {}, {}
  for i, path in ipairs(paths) do
    local each, err = policy.load(path, options)
    if each and seen[each.name] then
      each:close()
      each, err = errors.invalid("%s and %s have the same name '%s': set `name` in one of them",
        seen[each.name], path, each.name)
    end
    if each then
      local closed
      closed, err = each:close()
      each = closed and each
    end
    if not each then return nil, err end
    list[i], seen[each.name] = each, path
  end
  return list
end

-- Returns the hash that approves policies in their current form: SHA-256 over their names and
-- hashes, sorted by name. `list`: array of tables with `name` and `hash`.
function policy.hash(list)
  local sorted, digest = { table.unpack(list) }, core.digest()
  table.sort(sorted, function(a, b) return a.name < b.name end)
  for _, each in ipairs(sorted) do digest:update(("%s\n%s\n"):format(each.name, each.hash)) end
  return digest:hex()
end

-- Loads the tests in NAME_test.lua, in the policy's folder. The file returns an array of tests.
-- -> array (empty if there is no such file), its path | nil, err
function policy.load_tests(path)
  local beside = path:gsub("%.lua$", "") .. "_test.lua"
  if not sources.exists(beside) then return {}, beside end
  local source, err = sources.read(beside)
  if not source then return nil, err end
  local self = setmetatable({ path = beside, source = source, now = system.now() }, Policy)
  local worker, value = start(self)
  if not worker then return nil, value end
  self.worker = worker
  local checked, problem = check.problem(form.tests, "tests", value)
  local ok
  ok, err = self:close()
  if not checked then return at_fault(self, problem) end
  if not ok then return nil, err end
  return checked, beside
end

-- Returns the warning that this system does not confine workers, or nil if it does.
function policy.warning()
  return not system.supervisor.confines and require "mde.program.policy.worker".warning or nil
end

-- Returns the files of policies in a command's arguments: NAME_test.lua stands for NAME.lua.
function policy.files(arguments)
  local files, seen = {}, {}
  for _, path in ipairs(arguments) do
    path = path:gsub("_test%.lua$", ".lua")
    if not seen[path] then files[#files + 1], seen[path] = path, true end
  end
  return files
end

-- Deciding

-- Returns the worker. If the policy was closed, loads the same text again. -> worker | nil, err
function Policy:open()
  if self.worker then return self.worker end
  local worker, err = start(self)
  if not worker then return nil, err end
  self.worker = worker
  return worker
end

-- Loads the policy's text again for a plan of the time `now`: `select` and `guard` may depend on
-- the time, as `decide` may. -> true | nil, err
function Policy:renew(now)
  self:close()
  self.now = now
  local worker, value = start(self)
  if not worker then return nil, value end
  self.worker = worker
  local done, err = take(self, value)
  local closed, problem = self:close()
  if done and closed then return true end
  return nil, err or problem
end

-- Ends the worker and stores the policy's output in `printed`.
-- -> true | nil, err: the worker failed, and none of its decisions count
function Policy:close()
  local worker = self.worker
  if not worker then return true end
  self.worker = nil
  local ok, err = worker:close()
  self.printed = worker:output()
  if ok then return true end
  return nil, named(self, err)
end

-- Decides on many items, without waiting for each. `items` have action and machine. Calls
-- answer(item, decision, reason). -> true | nil, err
function Policy:decide_many(items, answer)
  local worker, err = self:open()
  if not worker then return nil, err end
  local asked, problem = pipeline.new(worker, answer), nil
  for _, item in ipairs(items) do
    local unfit
    if self.takes_machine and not item.machine then answer(item, "keep", UNKNOWN)
    else problem, unfit = asked:put(item, self.takes_machine and item.machine or nil) end
    if problem then return nil, named(self, problem) end
    if unfit then answer(item, "keep", UNFIT .. errors.line(unfit, 100)) end
  end
  problem = asked:take_all()
  if problem then return nil, named(self, problem) end
  return true
end

-- Decides on one action (see mde.program.policy.entity) that `select` has chosen, with its machine
-- (nil: unknown). -> decision (nil: abstains), reason | nil, nil, err
function Policy:decide(action, machine)
  local decision, reason
  local done, err = self:decide_many({ { action = action, machine = machine } },
    function(_, answer, why) decision, reason = answer, why end)
  if not done then return nil, nil, err end
  return decision, reason
end

Policy.explain = explanation.of
policy.explain = explanation.all
policy.decide_all = tenant.decide

return policy
