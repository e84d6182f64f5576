-- Compiles criteria into an OData filter and a filter applied here.
--
-- The fields for each entity are in mde.service.criteria.action and
-- mde.service.criteria.machine. Every list also takes
--   filter               an OData filter, in addition
--   order                one of the entity's orders
--   limit                the most entities to return
-- A wrong value is `nil, err`, before anything is sent.

local date = require "mde.base.date"
local duration = require "mde.base.duration"
local errors = require "mde.base.errors"
local odata = require "mde.service.odata"
local tables = require "mde.base.tables"

local criteria = {}

-- Kinds of fields: each makes check(value, now) -> test | nil, message. A test has
--   text      the condition, for people: "status is Pending"
--   service   the same in OData, if the service can filter by it
--   matches   function(entity), if it can be checked here

-- Checks that a value is a text that is not blank. `what` names the expected value.
function criteria.text(value, what)
  if type(value) == "string" and value:find "%S" then return value end
  return nil, ("'%s' is not %s"):format(errors.line(tostring(value), 60), what)
end

-- A test that `property` is one of `list`.
local function is_one_of(property, called, list)
  local set = tables.set(list)
  return { text = ("%s is %s"):format(called, table.concat(list, " or ")),
           service = odata.is(property, list),
           matches = function(entity) return set[entity[property]] == true end }
end

-- A text or an array of texts; problem_of(text) -> message if the text is not valid.
local function texts(property, called, problem_of)
  return function(value)
    local list = type(value) == "table" and value or { value }
    if #list == 0 then return nil, "no " .. called .. " is given" end
    for _, text in ipairs(list) do
      local problem = problem_of(text)
      if problem then return nil, problem end
    end
    return is_one_of(property, called, list)
  end
end

-- One or several of the words in `known`.
function criteria.one_of(property, called, known)
  local set = tables.set(known)
  return texts(property, called, function(name)
    if set[name] then return nil end
    return ("'%s' is not one of %s"):format(errors.line(tostring(name), 60),
      table.concat(known, ", "))
  end)
end

-- One or several texts of any content.
function criteria.any_of(property, called, what)
  return texts(property, called, function(value)
    return select(2, criteria.text(value, what))
  end)
end

-- Makes a criterion of one text, ignoring case; the service cannot filter by it.
local function folded(verb, compare)
  return function(property, called, what)
    return function(value)
      local text, problem = criteria.text(value, what)
      if not text then return nil, problem end
      local lower = text:lower()
      return { text = ("%s %s '%s'"):format(called, verb, text), matches = function(entity)
        local held = entity[property]
        return held ~= nil and compare(held:lower(), lower)
      end }
    end
  end
end

criteria.same = folded("is", function(held, text) return held == text end)
criteria.part = folded("contains", function(held, text)
  return held:find(text, 1, true) ~= nil
end)

local COMPARE = {
  gt = { "after", function(a, b) return a > b end },
  lt = { "before", function(a, b) return a < b end },
}

-- A test that the date in `property` is before or after a moment; `text` is its OData form.
local function by_date(property, called, operator, seconds, text)
  local word, compare = COMPARE[operator][1], COMPARE[operator][2]
  return { text = ("%s %s %s"):format(called, word, text),
           service = ("%s %s %s"):format(property, operator, text),
           matches = function(entity)
             local held = date.parse(entity[property])
             return held ~= nil and compare(held, seconds)
           end }
end

-- An age: seconds, or a duration such as "4h". With "gt" the date is more recent than that.
function criteria.age(property, called, operator)
  return function(value, now)
    local seconds, problem = duration.parse(value)
    if not seconds then return nil, problem end
    return by_date(property, called, operator, now - seconds, odata.date(now - seconds))
  end
end

-- A date with zone, or seconds since 1970. A date in the service's own form is sent unchanged,
-- with all its digits.
function criteria.moment(property, called, operator)
  return function(value)
    local seconds, problem = value, nil
    if type(value) ~= "number" then seconds, problem = date.parse(tostring(value)) end
    if not seconds then return nil, problem end
    local exact = type(value) == "string" and value:match "^[%d-]+T[%d:]+%.%d+Z$"
    return by_date(property, called, operator, seconds, exact or odata.date(seconds))
  end
end

local function raw(value)
  local filter, problem = criteria.text(value, "an OData filter")
  if not filter then return nil, problem end
  return { text = filter, service = "(" .. filter .. ")" }
end

local Form = {}
Form.__index = Form

local NOT_HERE = "%s: can't be combined with tag or ip: the service does not filter the machines"
  .. " that it finds by them"

-- Adds one test to the compiled criteria. -> true | nil, err
local function add(compiled, key, test, here)
  if test.service and not here then
    compiled.conditions[#compiled.conditions + 1] = test.service
  elseif test.matches then
    compiled.here[#compiled.here + 1] = test.text
    compiled.tests[#compiled.tests + 1] = test.matches
  else
    return errors.invalid(NOT_HERE, key)
  end
  return true
end

local function all(tests)
  if #tests < 2 then return tests[1] end
  return function(entity)
    for _, test in ipairs(tests) do
      if not test(entity) then return false end
    end
    return true
  end
end

-- -> the name of the order | nil, err
function Form:order(wanted)
  if wanted == nil then return self.orders[1] end
  for _, name in ipairs(self.orders) do
    if wanted == name then return name end
  end
  return errors.invalid("order: '%s' is not one of %s", errors.line(tostring(wanted), 60),
    table.concat(self.orders, ", "))
end

-- Compiles `wanted`, whose keys are checked already. Ages count from `now` (seconds since
-- 1970). With `here` the service filters nothing.
-- -> { filter (OData or nil), matches (function(entity) or nil), here (the conditions applied
-- here, for people), order, limit } | nil, err
function Form:compile(wanted, now, here)
  local compiled = { conditions = {}, tests = {}, here = {}, limit = wanted.limit }
  for _, field in ipairs(self.fields) do
    local key, check = field[1], field[2]
    if wanted[key] ~= nil then
      local test, problem = check(wanted[key], now)
      if not test then return errors.invalid("%s: %s", key, problem) end
      local added, err = add(compiled, key, test, here)
      if not added then return nil, err end
    end
  end
  local limit = wanted.limit
  if limit ~= nil and (type(limit) ~= "number" or limit < 1 or limit % 1 ~= 0) then
    return errors.invalid("limit: '%s' is not a whole number above 0",
      errors.line(tostring(limit), 60))
  end
  local order, err = self:order(wanted.order)
  if not order then return nil, err end
  compiled.order = order
  compiled.filter, compiled.matches = odata.all(compiled.conditions), all(compiled.tests)
  return compiled
end

-- The conditions of `wanted` one by one: array of { key, text, matches (nil: only the service
-- can check it) }. Takes the same arguments as Form:compile. -> array | nil, err
function Form:parts(wanted, now)
  local parts = {}
  for _, field in ipairs(self.fields) do
    local key, check = field[1], field[2]
    if wanted[key] ~= nil then
      local test, problem = check(wanted[key], now)
      if not test then return errors.invalid("%s: %s", key, problem) end
      parts[#parts + 1] = { key = key, text = test.text, matches = test.matches }
    end
  end
  return parts
end

-- Explains `wanted` to people and programs: `path` (of the request, without the filter),
-- `service` (the OData filter, if any), `here` (array of the conditions applied here, as text),
-- `order`, `limit`. -> table | nil, err
function Form:explain(wanted, now)
  errors.check_keys("explain", wanted, self.known, 4)
  local compiled, err = self:compile(wanted, now)
  if not compiled then return nil, err end
  return { path = self:path(compiled), service = compiled.filter, here = compiled.here,
           order = compiled.order, limit = compiled.limit }
end

-- Declares the criteria of an entity: `fields` is an array of { key, check }, in the order in
-- which their conditions are written; `orders` names the orders, the default first;
-- path(form, compiled) gives the path of the request.
function criteria.form(fields, orders, path)
  local self = setmetatable({ fields = {}, orders = orders, path = path,
                              known = { limit = true, order = true, filter = true } }, Form)
  for i, field in ipairs(fields) do
    self.fields[i], self.known[field[1]] = field, true
  end
  self.fields[#fields + 1] = { "filter", raw }
  return self
end

return criteria
