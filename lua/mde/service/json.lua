-- Decodes the JSON of answers: null is absent, whole numbers are integers.

local core = require "mde.core"

local json = {}

local MARK = "\239\187\191"  -- the byte order mark with which some gateways begin UTF-8

-- JSON text -> table, true if it has a link to a next page (or a null link) | nil, message.
-- Refuses anything but an object or array.
function json.decode(text)
  if text:byte() == 239 and text:sub(1, 3) == MARK then text = text:sub(4) end
  local value, is_linked = core.decode_json(text)
  if not value then return nil, "not a JSON object" end
  return value, is_linked
end

return json
