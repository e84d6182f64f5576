-- Writes JSON as the service does: keys in order, empty arrays, and nulls.

local cjson = require "cjson"
local date = require "mde.base.date"

local json = {}

-- Seconds -> a date in the service's form: up to seven digits of fraction, without trailing
-- zeros. The last second is kept, because many dates share one.
local last_whole, last_text
function json.stamp(seconds)
  local whole = math.floor(seconds)
  local fraction = math.floor((seconds - whole) * 1e7 + 0.5)
  if fraction == 1e7 then whole, fraction = whole + 1, 0 end
  local digits = ("%07d"):format(fraction):gsub("0+$", "")
  if whole ~= last_whole then last_whole, last_text = whole, date.text(whole):sub(1, -2) end
  return last_text .. (digits == "" and "" or "." .. digits) .. "Z"
end

-- Any value except a table; nil becomes null.
function json.value(value)
  if value == nil or value == false then return "null" end
  return cjson.encode(value)
end

-- An array of elements that are JSON already.
function json.array(list)
  return "[" .. table.concat(list, ",") .. "]"
end

-- An object from alternating keys and values, the values JSON already. `context`, if given, is
-- its @odata.context.
function json.object(fields, context)
  local parts = {}
  if context then parts[1] = '"@odata.context":' .. cjson.encode(context) end
  for i = 1, #fields, 2 do parts[#parts + 1] = ('"%s":'):format(fields[i]) .. fields[i + 1] end
  return "{" .. table.concat(parts, ",") .. "}"
end

return json
