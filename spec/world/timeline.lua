-- Prints an observation as a timeline for people.

local json = require "spec.world.json"

local timeline = {}

local FIRST = { "process", "stranger", "operation", "method", "target", "status", "effect",
                "outcome", "request", "id", "from", "to", "cause", "table", "op" }
local HIDDEN = { at = true, kind = true, path = true, query = true, body = true, answer = true,
                 line = true, bucket = true, sent = true, plan = true }

local function short(value)
  if type(value) == "table" then return json.encode(value):sub(1, 200) end
  local text = tostring(value):gsub("\n", "\\n"):gsub("(%x+)%-%x%x%x%x%-%x+%-%x+%-%x+", "%1")
  return (text:gsub(("%x"):rep(8) .. ("%x"):rep(32), function(hex) return hex:sub(1, 8) end))
end

local function line_of(number, event, began)
  local parts, done = {}, {}
  for _, key in ipairs(FIRST) do
    if event[key] ~= nil then parts[#parts + 1] = ("%s=%s"):format(key, short(event[key])) end
    done[key] = true
  end
  for key, value in json.pairs(event) do
    if not (done[key] or HIDDEN[key]) then
      parts[#parts + 1] = ("%s=%s"):format(key, short(value))
    end
  end
  return ("%5d %12.4f %-8s %s"):format(number, event.at - began, event.kind,
    table.concat(parts, " "))
end

-- -> text
function timeline.text(observation)
  local lines = {}
  for number, event in ipairs(observation.events) do
    lines[#lines + 1] = line_of(number, event, observation.began)
  end
  return table.concat(lines, "\n") .. "\n"
end

return timeline
