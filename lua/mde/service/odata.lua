-- Writes OData query options in the service's syntax.
--
-- Strings are quoted, quotes inside them are doubled, and dates are bare. Source: the service's
-- page "Get started with OData queries".

local date = require "mde.base.date"
local url = require "mde.base.url"

local odata = {}

-- A string literal: O'Brien -> 'O''Brien'
function odata.text(value)
  return "'" .. value:gsub("'", "''") .. "'"
end

-- Seconds since 1970 -> a date literal, rounded to a microsecond
function odata.date(seconds)
  local whole = math.floor(seconds)
  local part = math.floor((seconds - whole) * 1e6 + 0.5)
  if part == 1e6 then whole, part = whole + 1, 0 end
  local text = date.text(whole)
  if part == 0 then return text end
  return (("%s.%06d"):format(text:sub(1, -2), part):gsub("0+$", "") .. "Z")
end

-- The condition that `field` is a text, or one of an array of texts.
function odata.is(field, values)
  if type(values) == "string" then values = { values } end
  local tests = {}
  for i, value in ipairs(values) do tests[i] = ("%s eq %s"):format(field, odata.text(value)) end
  return #tests == 1 and tests[1] or "(" .. table.concat(tests, " or ") .. ")"
end

-- The conjunction of conditions, or nil if there are none.
function odata.all(conditions)
  return conditions[1] and table.concat(conditions, " and ")
end

-- { { "$top", 10 }, … } -> percent-encoded query string, without nil values
function odata.query(options)
  local parts = {}
  for _, option in ipairs(options) do
    local name, value = option[1], option[2]
    if value ~= nil then parts[#parts + 1] = name .. "=" .. url.encode(tostring(value)) end
  end
  return table.concat(parts, "&")
end

return odata
