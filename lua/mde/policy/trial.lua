-- Runs the tests of a policy: actions and machines that are made up, what is expected of them,
-- and what the policy says. What a test leaves out is filled in so that `select` chooses the
-- action.

local date = require "mde.date"
local duration = require "mde.duration"
local entity = require "mde.policy.entity"
local explanation = require "mde.policy.explanation"
local form = require "mde.policy.form"
local machines = require "mde.machine"

local trial = {}

local HOUR = 3600

-- {{ What is made up

local function first_of(value)
  return type(value) == "table" and value[1] or value
end

local function seconds_of(value, now)
  if value == nil then return nil end
  if type(value) == "number" then return now - value end
  return now - date.parse(value)
end

-- An age, in seconds, that `select` chooses.
local function age_of(select, now)
  local function both(choose, a, b)
    if not (a and b) then return a or b end
    return choose(a, b)
  end
  local least = both(math.max, select.older_than and duration.parse(select.older_than),
    seconds_of(select.before, now))
  local most = both(math.min, select.newer_than and duration.parse(select.newer_than),
    seconds_of(select.after, now))
  if least and most then return (least + most) / 2 end
  return least and least + 60 or most and most / 2 or 600
end

-- An action as `select` chooses it.
local function chosen(select, number)
  local id = select.machine and machines.id(select.machine)
  return {
    id = ("00000000-0000-4000-8000-%012x"):format(number), status = first_of(select.status),
    type = first_of(select.type) or "Isolate", scope = select.scope,
    requestor = select.requestor or "somebody@example.com",
    requestorComment = select.comment or "A test", cancellationRequestor = select.cancelled_by,
    machineId = id or ("%040x"):format(number),
    computerDnsName = not id and select.machine or ("machine-%d.example.com"):format(number),
  }
end

local function overlay(base, fields)
  for key, value in pairs(fields or {}) do base[key] = value end
  return base
end

-- -> the test's action | nil, what is wrong
local function action_of(policy, test, number, now)
  local given = test[1] or {}
  local action = overlay(chosen(policy.select, number), given)
  local age = age_of(policy.select, now)
  if given.age ~= nil then
    local problem
    age, problem = duration.parse(given.age)
    if not age then return nil, "age: " .. problem end
  elseif given.creationDateTimeUtc then
    local moment, problem = date.parse(given.creationDateTimeUtc)
    if not moment then return nil, "creationDateTimeUtc: " .. problem end
    age = now - moment
  end
  action.age = age
  action.creationDateTimeUtc = given.creationDateTimeUtc or date.text(now - age)
  action.lastUpdateDateTimeUtc = given.lastUpdateDateTimeUtc or action.creationDateTimeUtc
  return action
end

-- -> the test's machine, or nil where it is not known
local function machine_of(test, action, now)
  if test.machine == false then return nil end
  local machine = overlay({
    id = action.machineId, computerDnsName = action.computerDnsName, osPlatform = "Windows11",
    onboardingStatus = "Onboarded", machineTags = {}, rbacGroupName = "A group",
    riskScore = "None", exposureLevel = "Low", deviceValue = "Normal", healthStatus = "Active",
    lastSeen = date.text(now - HOUR), firstSeen = date.text(now - 90 * 24 * HOUR),
  }, test.machine)
  for word, key in pairs(form.machine_words) do
    local value = test[word]
    if value == nil and test.machine then value = test.machine[word] end
    if value ~= nil then machine[key] = value end
  end
  return entity.machine(machine)
end

-- }}

-- {{ Running

-- -> decision or "abstain", reason | nil, what is wrong
local function outcome_of(policy, action, machine, now)
  local unmatched = explanation.unmatched(policy, action, now)
  if unmatched[1] then
    return "abstain", "not selected: asked for is " .. table.concat(unmatched, "; ")
  end
  local decision, reason, err = policy:decide(action, machine)
  if err then return nil, tostring(err) end
  return decision or "abstain", reason or ""
end

local function run(policy, test, number, now)
  local result = { name = test.name or ("test %d"):format(number), expect = test.expect,
                   expected_reason = test.reason }
  local action, problem = action_of(policy, test, number, now)
  if action then
    -- What a test says of an entity may be anything.
    local done, got, why = pcall(outcome_of, policy, action, machine_of(test, action, now), now)
    result.got, problem = done and got or nil, done and why or tostring(got)
  end
  if not result.got then
    result.error = problem
  else
    result.reason = problem
  end
  result.passed = result.got == test.expect and (test.reason == nil or test.reason == result.reason)
  return result
end

-- Runs an array of tests, numbered from `first`. -> array of { name, expect, expected_reason,
-- got (nil: `error` says why), reason, passed }
function trial.run(policy, tests, first, now)
  local results = {}
  for i, test in ipairs(tests) do results[i] = run(policy, test, first + i - 1, now) end
  return results
end

-- }}

-- {{ Fields that there are not

local function unknown(kind, name)
  local near = entity.near(kind, name)
  return ("%s has no field %s%s"):format(kind == "action" and "an action" or "a machine", name,
    near and " (" .. near .. "?)" or "")
end

-- -> array of text
function trial.unknown_in_tests(tests)
  local list = {}
  local function look(kind, fields, where)
    local names = {}
    for name in pairs(fields or {}) do names[#names + 1] = tostring(name) end
    table.sort(names)
    for _, name in ipairs(names) do
      if not entity.fields[kind][name] then
        list[#list + 1] = where .. ": " .. unknown(kind, name)
      end
    end
  end
  for i, test in ipairs(tests) do
    local where = test.name or ("test %d"):format(i)
    look("action", test[1], where)
    look("machine", test.machine or nil, where)
  end
  return list
end

local LONGEST = 1000  -- bytes of a line that is looked at: nobody writes longer ones

-- The lines of a text, without what is commented out.
local function lines_of(text)
  local lines = {}
  for line in (text .. "\n"):gmatch "(.-)\n" do
    lines[#lines + 1] = #line <= LONGEST and line:gsub("%-%-.*", "") or ""
  end
  return lines
end

-- The fields that the rules read of their parameters, as far as the text shows it.
-- -> array of text
function trial.unknown_in_rules(policy)
  local lines, list, seen = lines_of(policy.text), {}, {}
  local function look(kind, name, from, last)
    for number = from, last do
      for field in (lines[number] or ""):gmatch("%f[%w_]" .. name .. "%.([%a_][%w_]*)") do
        local key = number .. kind .. field
        if not entity.fields[kind][field] and not seen[key] then
          seen[key] = true
          list[#list + 1] = ("line %d: %s"):format(number, unknown(kind, field))
        end
      end
    end
  end
  for _, rule in ipairs(policy.rules) do
    local header = rule.line and lines[rule.line] or ""
    local first, second = header:match "function[%w_%s]*%(%s*([%a_][%w_]*)%s*,?%s*([%w_]*)%s*%)"
    if first then look("action", first, rule.line, rule.last) end
    if first and second ~= "" then look("machine", second, rule.line, rule.last) end
  end
  return list
end

-- }}

-- { 7, 9, 10, 11 } -> "7, 9-11"
local function ranges(numbers)
  local list, i = {}, 1
  while numbers[i] do
    local first = numbers[i]
    while numbers[i + 1] == numbers[i] + 1 do i = i + 1 end
    list[#list + 1] = numbers[i] == first and ("%d"):format(first)
      or ("%d-%d"):format(first, numbers[i])
    i = i + 1
  end
  return table.concat(list, ", ")
end

-- The lines of `decide` that no test has reached, as ranges: "7, 9-11"; nil: none.
function trial.unreached(policy)
  local lines = policy.worker and policy.worker:lines() or nil
  local missed = {}
  local texts = lines_of(policy.text)
  for line in pairs(lines and lines.active or {}) do
    local is_end = (texts[line] or ""):find "^%s*end[%s,})]*$"  -- nothing to reach
    if not lines.reached[line] and not is_end then missed[#missed + 1] = line end
  end
  table.sort(missed)
  return missed[1] and ranges(missed) or nil
end

return trial
