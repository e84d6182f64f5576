-- Decodes the JSON of answers: null is absent, whole numbers are integers.

local cjson = require "cjson.safe"
local core = require "mde.core"

local json = {}

local decoder = cjson.new()
decoder.decode_max_depth(64)
decoder.decode_invalid_numbers(false)

local MARK = "\239\187\191"  -- the byte order mark with which some gateways begin UTF-8

-- JSON text -> table, true if it has a link to a next page (or a null link) | nil, message.
-- Refuses anything but an object or array.
function json.decode(text)
  if text:sub(1, 3) == MARK then text = text:sub(4) end
  local value = decoder.decode(text)
  if type(value) ~= "table" then return nil, "not a JSON object" end
  local is_linked = value["@odata.nextLink"] ~= nil
  return core.tidy(value), is_linked
end

return json
