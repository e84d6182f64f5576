-- Policies: files that decide what becomes of machine actions. Their code runs in a worker
-- (mde.program.policy.worker) and nowhere else; what comes back is checked here, and bounded by guard rails
-- (mde.program.policy.guard) that are none of its business.
--
--   local mine = assert(policy.load "stale.lua")
--   local decided = assert(policy.decide_all(session, { mine }, { guards = guards }))
--
-- What a policy is at fault for has the code "policy", a limit of its worker "limit", and the
-- death of that "worker".

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
local UNFIT = "more than a policy can be given: "  -- and what

local Policy = {}
Policy.__index = Policy

-- {{ Loading

-- An error of the worker, which says whose it is.
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

-- A worker in which the policy is loaded, with the time and the random numbers of a plan: at
-- one time one text decides the same. -> worker, the form it gave | nil, err
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

-- The name of a policy that does not say its own: the file's.
local function file_name(path)
  local name = path:match "([^/]*)$":gsub("%.lua$", ""):gsub("[^%w._-]", "-"):sub(1, 64)
  return name:find "^%w" and name or "policy"
end

-- Takes over what form.check gives. -> true | nil, err
local function take(self, value)
  local checked, problem = check.problem(form.check, value, file_name(self.path), self.now)
  if not checked then return at_fault(self, problem) end
  if self.name and checked.name ~= self.name then
    return at_fault(self, ("the name was '%s', and is '%s'"):format(self.name, checked.name))
  end
  for _, key in ipairs(form.optional) do self[key] = nil end
  for key, field in pairs(checked) do self[key] = field end
  return true
end

-- Loads a policy, and checks its form. options.coverage: notes which lines of `decide` are
-- reached; options.now: seconds since 1970 (default: the clock's).
-- -> policy | nil, err. The policy has what form.check gives, and `path`, `hash` and `text`
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

-- Loads several, whose names differ, one after the other: each is closed then, and loaded
-- again when it decides, so that there is one worker at a time. -> array | nil, err
function policy.load_all(paths, options)
  local list, seen = {}, {}
  for i, path in ipairs(paths) do
    local each, err = policy.load(path, options)
    if each and seen[each.name] then
      each:close()
      each, err = errors.invalid("%s and %s are both called '%s': give one a name of its own",
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

-- What approves policies as they are now: SHA-256 over their names and hashes, in the order
-- of their names. `list`: array of anything that has `name` and `hash`.
function policy.hash(list)
  local sorted, digest = { table.unpack(list) }, core.digest()
  table.sort(sorted, function(a, b) return a.name < b.name end)
  for _, each in ipairs(sorted) do digest:update(("%s\n%s\n"):format(each.name, each.hash)) end
  return digest:hex()
end

-- The tests beside a policy: NAME_test.lua returns an array of them.
-- -> array (empty: there is no such file), its path | nil, err
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

-- What people are to be told where the system does not confine workers, or nil.
function policy.warning()
  return not system.supervisor.confines and require "mde.program.policy.worker".warning or nil
end

-- The files of policies among the arguments of a command: those of tests beside them
-- (NAME_test.lua) stand for NAME.lua. -> array
function policy.files(arguments)
  local files, seen = {}, {}
  for _, path in ipairs(arguments) do
    path = path:gsub("_test%.lua$", ".lua")
    if not seen[path] then files[#files + 1], seen[path] = path, true end
  end
  return files
end

-- }}

-- {{ Asking

-- Makes sure that there is a worker: a policy that was closed is loaded again, as the same
-- text. -> worker | nil, err
function Policy:open()
  if self.worker then return self.worker end
  local worker, err = start(self)
  if not worker then return nil, err end
  self.worker = worker
  return worker
end

-- Loads the policy's text again for a plan that is made now: `select` and `guard` may depend on
-- the time as `decide` does. -> true | nil, err
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

-- Ends the worker; what the policy has printed is then in `printed`.
-- -> true | nil, err: it did not end well, and nothing that it has decided counts
function Policy:close()
  local worker = self.worker
  if not worker then return true end
  self.worker = nil
  local ok, err = worker:close()
  self.printed = worker:output()
  if ok then return true end
  return nil, named(self, err)
end

-- Asks for many, without waiting for each. `items` have action and machine; calls
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

-- What the policy says of one action (see mde.program.policy.entity) and its machine
-- (nil: not known), which `select` has chosen. -> decision (nil: abstains), reason | nil, nil, err
function Policy:decide(action, machine)
  local decision, reason
  local done, err = self:decide_many({ { action = action, machine = machine } },
    function(_, answer, why) decision, reason = answer, why end)
  if not done then return nil, nil, err end
  return decision, reason
end

-- }}

Policy.explain = explanation.of
policy.explain = explanation.all
policy.decide_all = tenant.decide

return policy
