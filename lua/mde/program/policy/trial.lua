-- Runs the tests of a policy on made-up actions and machines.
--
-- Fields that a test leaves out are filled in so that `select` chooses the action.

local date = require "mde.base.date"
local duration = require "mde.base.duration"
local entity = require "mde.program.policy.entity"
local errors = require "mde.base.errors"
local explanation = require "mde.program.policy.explanation"
local form = require "mde.program.policy.form"
local machines = require "mde.service.machine"
local tables = require "mde.base.tables"

local trial = {}

local HOUR = 3600

-- Making actions and machines

local function first_of(value)
  return type(value) == "table" and value[1] or value
end

local function seconds_of(value, now)
  if value == nil then return nil end
  if type(value) == "number" then return now - value end
  return now - date.parse(value)
end

-- Returns an age in seconds that `select` chooses.
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

-- Returns an action that `select` chooses.
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

-- -> the test's action | nil, problem
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

-- -> the test's machine, or nil if it is unknown
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

-- Running

local LONGEST_REASON = 500  -- bytes of the criteria in a reason

-- -> decision or "abstain", reason | nil, problem
local function outcome_of(policy, action, machine, now)
  local unmatched = explanation.unmatched(policy, action, now)
  if unmatched[1] then
    return "abstain", errors.line("not selected: select requires " .. table.concat(unmatched, "; "),
      LONGEST_REASON)
  end
  local decision, reason, err = policy:decide(action, machine)
  if err then return nil, tostring(err) end
  return decision or "abstain", reason or ""
end

-- The same for a test, whose fields may have any value.
local function try(policy, test, number, now)
  local action, problem = action_of(policy, test, number, now)
  if not action then return nil, problem end
  return outcome_of(policy, action, machine_of(test, action, now), now)
end

local function run(policy, test, number, now)
  local result = { name = test.name or ("test %d"):format(number), expect = test.expect,
                   expected_reason = test.reason }
  local done, got, why = pcall(try, policy, test, number, now)
  if done and got then result.got, result.reason = got, why
  else result.error = done and why or tostring(got) end
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

-- Warnings of unknown fields

local function unknown(kind, name)
  local near = entity.near(kind, name)
  return ("%s has no field %s%s"):format(kind == "action" and "an action" or "a machine",
    errors.line(name, 60), near and " (" .. near .. "?)" or "")
end

local MOST_WARNINGS = 20

-- Returns functions to add a warning and to list them: the first ones and the number of others.
local function warnings()
  local list, more = {}, 0
  local function add(text)
    if #list < MOST_WARNINGS then list[#list + 1] = text else more = more + 1 end
  end
  return add, function()
    if more > 0 then list[#list + 1] = ("and %d more like these"):format(more) end
    return list
  end
end

-- -> array of text
function trial.unknown_in_tests(tests)
  local add, all = warnings()
  local function look(kind, fields, where)
    for _, name in ipairs(tables.keys(fields or {})) do
      if not entity.fields[kind][name] then add(where .. ": " .. unknown(kind, name)) end
    end
  end
  for i, test in ipairs(tests) do
    local where = test.name or ("test %d"):format(i)
    look("action", test[1], where)
    look("machine", test.machine or nil, where)
  end
  return all()
end

local LONGEST = 1000      -- bytes of a line; longer ones are skipped
local MOST_LOOKED = 2^20  -- bytes searched in all, since functions may share lines

-- Returns the lines of a text without comments.
local function lines_of(text)
  local lines = {}
  for line in (text .. "\n"):gmatch "(.-)\n" do
    lines[#lines + 1] = #line <= LONGEST and line:gsub("%-%-.*", "") or ""
  end
  return lines
end

-- Returns the names of a function's parameters from its first line. No pattern here has two parts
-- that can match the same text, else the time would grow with its square. -> first, second | nil
local function parameters_of(line)
  line = line:gsub("%s+", " ")
  local first, behind = line:match "function[%w_ ]*%( ?([%a_][%w_]*)%f[^%w_]()"
  if not first then return nil end
  return first, line:match("^ ?, ?([%a_][%w_]*)", behind)
end

-- Finds unknown fields that the rules read of their parameters, as far as the text shows them.
-- -> array of texts
function trial.unknown_in_rules(policy)
  local lines, seen, looked = lines_of(policy.text), {}, 0
  local add, all = warnings()
  local function look(kind, name, number)
    for field in lines[number]:gmatch("%f[%w_]" .. name .. "%.([%a_][%w_]*)") do
      local key = number .. kind .. field
      if not entity.fields[kind][field] and not seen[key] then
        seen[key] = true
        add(("line %d: %s"):format(number, unknown(kind, field)))
      end
    end
  end
  local function look_at(rule)
    local action, machine = parameters_of(lines[rule.line] or "")
    if not action then return end
    for number = rule.line, math.min(rule.last, #lines) do
      looked = looked + #lines[number] + 1
      if looked > MOST_LOOKED then return end
      look("action", action, number)
      if machine then look("machine", machine, number) end
    end
  end
  for _, rule in ipairs(policy.rules) do
    if rule.line and not seen[rule.line] then
      seen[rule.line] = true  -- several rules may be the same function
      look_at(rule)
    end
  end
  return all()
end

local MOST_RANGES = 20

-- { 7, 9, 10, 11 } -> "7, 9-11"
local function ranges(numbers)
  local list, i = {}, 1
  while numbers[i] do
    if #list == MOST_RANGES then
      list[#list + 1] = ("and %d more"):format(#numbers - i + 1)
      break
    end
    local first = numbers[i]
    while numbers[i + 1] == numbers[i] + 1 do i = i + 1 end
    list[#list + 1] = numbers[i] == first and ("%d"):format(first)
      or ("%d-%d"):format(first, numbers[i])
    i = i + 1
  end
  return table.concat(list, ", ")
end

-- Returns the lines of `decide` that no test reached, as ranges: "7, 9-11"; or nil if there are
-- none.
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
