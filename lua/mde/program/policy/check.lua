-- Checks values in tables that users write, and raises the first problem.
--
-- A problem is { problem = text }. The text names the place, the value and the expected kind:
-- "guard.max: 'many' is not a whole number above 0".

local duration = require "mde.base.duration"
local errors = require "mde.base.errors"
local tables = require "mde.base.tables"

local check = {}

function check.refuse(path, format, ...)
  local what = format:format(...)
  error({ problem = path == "" and what or path .. ": " .. what }, 0)
end

-- Formats a value for a message.
function check.shown(value)
  if type(value) == "table" then return value["function"] and "a function" or "a table" end
  return "'" .. errors.line(tostring(value), 60) .. "'"
end

function check.expect(path, value, is_so, what)
  if is_so then return value end
  if value == nil then check.refuse(path, "missing: %s", what) end
  check.refuse(path, "%s is not %s", check.shown(value), what)
end

-- Returns the path of the field `key` of the table at `path`.
function check.inside(path, key)
  if math.type(key) == "integer" then return ("%s[%d]"):format(path, key) end
  local name = errors.line(tostring(key), 60)
  return path == "" and name or path .. "." .. name
end

-- Checks for a table whose keys are all keys of `known`.
function check.keys(path, value, known, what)
  check.expect(path, value, type(value) == "table" and not value["function"], what or "a table")
  for key in pairs(value) do
    if type(key) ~= "string" or known[key] == nil then
      check.refuse(check.inside(path, key), "unknown; known are %s",
        table.concat(tables.keys(known), ", "))
    end
  end
  return value
end

function check.text(path, value, what)
  return check.expect(path, value, type(value) == "string" and value:find "%S" ~= nil,
    what or "a text")
end

function check.count(path, value)
  local number = type(value) == "number" and math.tointeger(value)
  return check.expect(path, number or value, number and number > 0, "a whole number above 0")
end

function check.share(path, value)
  return check.expect(path, value, type(value) == "number" and value > 0 and value <= 1,
    "a share above 0 and at most 1, such as 0.05")
end

function check.seconds(path, value)
  local seconds, problem = duration.parse(value)
  if not seconds then check.refuse(path, "%s", problem) end
  return check.expect(path, seconds, seconds > 0, "a duration above 0, such as 1h")
end

-- Checks for an array. `each(path, element)`, if given, checks an element.
function check.array(path, value, each)
  check.expect(path, value, type(value) == "table" and not value["function"], "an array")
  local count = 0
  for key in pairs(value) do
    if math.type(key) ~= "integer" then
      check.refuse(check.inside(path, key), "unknown key: this must be an array")
    end
    count = count + 1
  end
  check.expect(path, value, count == #value, "an array without gaps")
  for i, element in ipairs(value) do
    if each then each(check.inside(path, i), element) end
  end
  return value
end

-- Checks for a text or an array of texts. -> array
function check.texts(path, value)
  if type(value) == "string" then return { check.text(path, value) } end
  check.array(path, value, check.text)
  return check.expect(path, value, value[1] ~= nil, "an array of texts")
end

local LONGEST_TEXT = 4096  -- bytes of one text
local LONGEST_KEY = 200

-- Checks that texts and keys in a value are short, and have at most `most` bytes together.
-- -> bytes
function check.size(path, value, most)
  if type(value) == "string" then
    if #value > LONGEST_TEXT then check.refuse(path, "longer than %d bytes", LONGEST_TEXT) end
    return #value
  elseif type(value) ~= "table" then return 0 end
  local sum = 0
  for key, field in pairs(value) do
    if type(key) == "string" and #key > LONGEST_KEY then
      check.refuse(path, "a key is longer than %d bytes", LONGEST_KEY)
    end
    sum = sum + #tostring(key) + check.size(check.inside(path, key), field, most)
  end
  if sum > most then check.refuse(path, "more than %d bytes", most) end
  return sum
end

-- Calls f. -> its result | nil, the text of a raised problem
function check.problem(f, ...)
  local done, result = pcall(f, ...)
  if done then return result end
  if type(result) ~= "table" or not result.problem then error(result, 0) end
  return nil, result.problem
end

return check
