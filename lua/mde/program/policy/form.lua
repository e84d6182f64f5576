-- Checks the form of a policy: the table that its file returns.

---@class mde.policy
---@field name? string default: the file's name
---@field comment string reason; the service stores it with each action
---@field select? mde.action_criteria default: open actions; `status` overrides that
---@field decide mde.decision|mde.decision[]|fun(action: mde.policy_action, machine?: mde.policy_machine): string?, string? with a second parameter it gets the machine
---@field guard? mde.guard
---@field expires? number|string how long its plans are valid, at most 7d: seconds, or a duration such as "1h", the default
---@field tests? mde.policy_test[]

-- A test of a policy: { { requestor = "soar@contoso.com" }, tags = { "VIP" }, expect = "keep" }
---@class mde.policy_test
---@field [1] table? fields of the action
---@field expect mde.decision|"abstain"
---@field reason? string expected reason
---@field name? string
---@field machine? table|false fields of the machine; false: the machine is unknown
---@field tags? string[] of the machine, like the following fields:
---@field group? string
---@field risk? string
---@field exposure? string
---@field value? string
---@field health? string
---@field lastSeen? string

---@alias mde.decision "cancel"|"keep"|"undo"

-- A copy of an action, as a policy sees it.
---@class mde.policy_action: mde.action
---@field age number seconds since its creation
---@field is_open boolean

-- A copy of a machine, as a policy sees it, with the short field names of a test.
---@class mde.policy_machine: mde.machine
---@field age number seconds since its last full report
---@field tagged fun(self: mde.policy_machine, tag: string): boolean ignores case
---@field tags? string[]
---@field group? string
---@field risk? string
---@field exposure? string
---@field value? string
---@field health? string

--- In a policy: cancels the action.
---@param reason? string
---@return mde.decision decision
---@return string? reason
-- function cancel(reason)

--- In a policy: leaves the action unchanged. Takes precedence over other rules and files.
---@param reason? string
---@return mde.decision decision
---@return string? reason
-- function keep(reason)

--- In a policy: cancels the action if it is not final, and launches its inverse if it succeeded.
---@param reason? string
---@return mde.decision decision
---@return string? reason
-- function undo(reason)

local check = require "mde.program.policy.check"
local core = require "mde.core"
local criteria = require "mde.service.criteria.action"
local errors = require "mde.base.errors"
local guard = require "mde.program.policy.guard"
local kinds = require "mde.service.kinds"

local form = {}

-- Select

local LAST = 253402300799  -- end of the year 9999
local MOST_WORDS = 50      -- in one list of select

-- Checks the criteria. Raises the first problem.
local function check_select(path, value, now)
  check.keys(path, value, criteria.known)
  for key, list in pairs(value) do
    if type(list) == "table" and #list > MOST_WORDS then
      check.refuse(check.inside(path, key), "more than %d values", MOST_WORDS)
    end
  end
  for _, key in ipairs { "after", "before" } do
    local moment = value[key]
    check.expect(check.inside(path, key), moment, type(moment) ~= "number"
      or moment >= 0 and moment <= LAST, "a date, or seconds since 1970")
  end
  local compiled, err = criteria:compile(value, now)
  if not compiled then check.refuse("", "%s.%s", path, err.message) end
  if not value.status and not value.cancelled_by then value.status = kinds.open end
  return value
end

-- Decide

local DECISIONS = { cancel = true, keep = true, undo = true }
local EXPECTED = "\"cancel\", \"keep\", \"undo\", a function(action [, machine]), or an array of"
  .. " those"

local LAST_LINE = 262144  -- lines: a file has at most this many bytes

-- True if a value has the form in which a worker sends a function. A policy can return such a table
-- too.
local function is_function(value)
  if type(value) ~= "table" or not value["function"] then return false end
  local first, last, count = value.line, value.last, value.parameters
  return math.type(first) == "integer" and math.type(last) == "integer" and first >= 1
         and first <= last and last <= LAST_LINE and math.type(count) == "integer"
end

local function check_rule(path, value)
  local is_code = is_function(value)
  check.expect(path, value, is_code or DECISIONS[value] ~= nil, EXPECTED)
  if is_code and value.parameters > 2 then
    check.refuse(path, "a function with %d parameters: it gets the action and the machine only",
      value.parameters)
  end
end

-- -> array of rules: { line, last, parameters } or { constant }
local function rules_of(path, value)
  if value == nil then check.refuse(path, "missing: %s", EXPECTED) end
  local list = value
  if type(value) ~= "table" or value["function"] then
    check_rule(path, value)
    list = { value }
  else
    check.array(path, value, check_rule)
    check.expect(path, value, value[1] ~= nil, "an array with at least one rule")
  end
  local rules = {}
  for i, rule in ipairs(list) do
    rules[i] = type(rule) == "string" and { constant = rule }
      or { line = rule.line, last = rule.last, parameters = rule.parameters }
  end
  return rules
end

-- Tests

-- Short names of machine fields in tests -> the service's names.
form.machine_words = { tags = "machineTags", group = "rbacGroupName", risk = "riskScore",
                       exposure = "exposureLevel", value = "deviceValue",
                       health = "healthStatus", lastSeen = "lastSeen" }

local OF_TEST = { expect = true, reason = true, name = true, machine = true }
for word in pairs(form.machine_words) do OF_TEST[word] = true end

local OUTCOMES = { cancel = true, keep = true, undo = true, abstain = true }

local MOST_TESTS = 1000                      -- of one file
local LONGEST = { name = 100, reason = 1024 }  -- bytes

local function check_test(path, value)
  check.expect(path, value, type(value) == "table" and not value["function"], "a test")
  for key in pairs(value) do
    if key ~= 1 then check.keys(path, { [key] = true }, OF_TEST) end
  end
  check.expect(check.inside(path, 1), value[1] or {},
    value[1] == nil or type(value[1]) == "table" and not value[1]["function"],
    "a table with fields of an action")
  check.expect(check.inside(path, "expect"), value.expect, OUTCOMES[value.expect] ~= nil,
    "\"cancel\", \"keep\", \"undo\" or \"abstain\"")
  for key, most in pairs(LONGEST) do
    local text = value[key]
    if text ~= nil then check.text(check.inside(path, key), text) end
    if text and #text > most then
      check.refuse(check.inside(path, key), "longer than %d bytes", most)
    end
  end
  if value.tags ~= nil then value.tags = check.texts(check.inside(path, "tags"), value.tags) end
  local machine = value.machine
  check.expect(check.inside(path, "machine"), machine, machine == nil or machine == false
    or type(machine) == "table", "a table with fields of a machine, or false if it is unknown")
end

-- Checks the tests of a policy or of its NAME_test.lua. Raises the first problem.
function form.tests(path, value)
  check.size(path, value, math.huge)
  if type(value) == "table" and #value > MOST_TESTS then
    check.refuse(path, "more than %d tests", MOST_TESTS)
  end
  return check.array(path, value, check_test)
end

local MOST_COMMENT = 1000  -- bytes: the service stores it with each action
local ANY = "5382f7ea-7557-4ab7-9782-d50480024a4e"  -- any valid id

local MOST_SIZE = 65536           -- bytes of select, and of guard: a plan contains both
local LONGEST_HOLD = 7 * 86400  -- seconds

-- Returns how long plans are valid, in seconds, or nil.
local function hold_of(path, value)
  local seconds = value and check.seconds(path, value)
  if seconds and seconds > LONGEST_HOLD then
    check.refuse(path, "%s is longer than 7d", check.shown(value))
  end
  return seconds
end

local KEYS = { comment = true, name = true, select = true, decide = true, guard = true,
               tests = true, expires = true }

local function comment_of(path, value)
  check.text(path, value, "a text with the reason")
  if #value > MOST_COMMENT then check.refuse(path, "longer than %d bytes", MOST_COMMENT) end
  local good, err = core.operation.encode("cancel", { id = ANY, comment = value })
  if not good then check.refuse(path, "%s", err.message) end
  return errors.line(value, MOST_COMMENT)
end

local function check_name(path, value)
  return check.expect(path, value, type(value) == "string" and #value <= 64
    and value:find "^[%w][%w._-]*$" ~= nil, "a name of at most 64 letters, digits and ._-")
end

form.optional = { "expires", "takes_machine" }  -- optional fields of form.check's result

-- Checks the form received from a worker. Ages count from `now`; `name` is the file's.
-- -> { name, comment, select, rules, guard, tests, expires (seconds), takes_machine }
-- Raises the first problem: see mde.program.policy.check.
function form.check(value, name, now)
  if value == nil then check.refuse("", "the file returns nothing: begin it with  return {") end
  check.keys("", value, KEYS, "a table: begin the file with  return {")
  for _, key in ipairs { "select", "guard" } do check.size(key, value[key], MOST_SIZE) end
  local checked = {
    comment = comment_of("comment", value.comment),
    name = check_name("name", value.name or name),
    select = check_select("select", value.select or {}, now),
    rules = rules_of("decide", value.decide),
    guard = guard.form("guard", value.guard or {}),
    tests = form.tests("tests", value.tests or {}),
    expires = hold_of("expires", value.expires),
  }
  for _, rule in ipairs(checked.rules) do
    if (rule.parameters or 0) > 1 then checked.takes_machine = true end
  end
  return checked
end

return form
