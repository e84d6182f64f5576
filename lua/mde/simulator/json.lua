-- JSON by hand, as the service writes it: cjson has no order of keys, no empty
-- array and no null by absence.

local cjson = require "cjson"
local date = require "mde.base.date"

local json = {}

-- Seconds -> a date as the service writes it: up to seven digits of fraction,
-- without zeros at the end. Many are of the same second.
local last_whole, last_text
function json.stamp(seconds)
  local whole = math.floor(seconds)
  local fraction = math.floor((seconds - whole) * 1e7 + 0.5)
  if fraction == 1e7 then whole, fraction = whole + 1, 0 end
  local digits = ("%07d"):format(fraction):gsub("0+$", "")
  if whole ~= last_whole then last_whole, last_text = whole, date.text(whole):sub(1, -2) end
  return last_text .. (digits == "" and "" or "." .. digits) .. "Z"
end

-- Any value but a list; null where there is none.
function json.value(value)
  if value == nil or value == false then return "null" end
  return cjson.encode(value)
end

-- Of what is JSON already.
function json.array(list)
  return "[" .. table.concat(list, ",") .. "]"
end

-- An object of keys and values in turn, the values JSON already. `context`, if
-- given, is its @odata.context.
function json.object(fields, context)
  local parts = {}
  if context then parts[1] = '"@odata.context":' .. cjson.encode(context) end
  for i = 1, #fields, 2 do parts[#parts + 1] = ('"%s":'):format(fields[i]) .. fields[i + 1] end
  return "{" .. table.concat(parts, ",") .. "}"
end

return json
