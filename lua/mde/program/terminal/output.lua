-- Standard output for data, standard error for messages.
--
-- A write that fails ends the command: silently when the reader has gone
-- (`mde list | head`), else with a message and status 4.

local cjson = require "cjson"
local failure = require "mde.program.exit"
local line_shown = require "mde.program.terminal.line"
local message_of = require "mde.program.terminal.message"
local terminal = require "mde.terminal"

local output = {}

local EPIPE = 32

local function check(done, message, number)
  if done then return end
  if number == EPIPE then failure.raise(0, "") end
  failure.raise(failure.failed, "cannot write the output: %s", message)
end

-- Writes text as it is: what programs read, or what was made printable.
function output.write(text)
  check(io.stdout:write(text))
end

-- Writes a line for people.
function output.line(text)
  check(io.stdout:write(terminal.printable(text), "\n"))
end

-- Writes text of several lines for people.
function output.text(text)
  for line in (text .. "\n"):gmatch "(.-)\n" do output.line(line) end
end

-- Makes sure that everything written has arrived.
function output.flush()
  check(terminal.flush())
end

-- Shows a message for people: see mde.program.terminal.message. It can't fail: there would be no one to
-- tell.
function output.note(format, ...)
  local text = message_of(format, ...)
  line_shown.clear()
  for line in (text:gsub("\t", "  ") .. "\n"):gmatch "(.-)\n" do
    io.stderr:write(terminal.printable(line), "\n")
  end
end

-- A size as people read it: "734 bytes", "5.2 MiB".
function output.bytes(count)
  if count < 1024 then return ("%d bytes"):format(count) end
  local units, i = { "KiB", "MiB", "GiB", "TiB" }, 1
  local value = count / 1024
  while value >= 1024 and i < #units do value, i = value / 1024, i + 1 end
  return ("%.1f %s"):format(value, units[i])
end

-- {{ JSON

-- Order -> the set of its keys.
local sets = setmetatable({}, { __mode = "k" })

local function set_of(order)
  if not sets[order] then
    local set = {}
    for _, key in ipairs(order) do set[key] = true end
    sets[order] = set
  end
  return sets[order]
end

-- The keys of `object` that are not in `order`, sorted; nil: none.
local function others_of(object, order)
  local set, others = set_of(order), nil
  for key in pairs(object) do
    if not set[key] then
      others = others or {}
      others[#others + 1] = key
    end
  end
  if others then table.sort(others) end
  return others
end

-- Key -> how it is written in front of its value.
local labels = setmetatable({}, { __index = function(cache, key)
  cache[key] = cjson.encode(key) .. ":"
  return cache[key]
end })

local NONE = {}
local put

local function put_array(parts, count, list)
  parts[count + 1] = "["
  count = count + 1
  for i, element in ipairs(list) do
    if i > 1 then
      count = count + 1
      parts[count] = ","
    end
    count = put(parts, count, element, NONE)
  end
  parts[count + 1] = "]"
  return count + 1
end

local function put_members(parts, count, object, keys)
  for _, key in ipairs(keys) do
    local value = object[key]
    if value ~= nil then
      parts[count + 1] = labels[key]
      count = put(parts, count + 1, value, NONE) + 1
      parts[count] = ","
    end
  end
  return count
end

local function put_object(parts, count, object, order)
  parts[count + 1] = "{"
  count = put_members(parts, count + 1, object, order)
  local others = others_of(object, order)
  if others then count = put_members(parts, count, object, others) end
  parts[count] = "}"  -- in the place of the last comma: an object is not empty
  return count
end

-- Most texts need no escapes.
local function put_text(parts, count, text)
  if text:find '[%c"\\]' then
    parts[count + 1] = cjson.encode(text):gsub("\\/", "/")
    return count + 1
  end
  parts[count + 1], parts[count + 2], parts[count + 3] = '"', text, '"'
  return count + 3
end

-- Adds the JSON text of a decoded value to the `count` parts: keys in the given order,
-- the others sorted after them, so that the same action is the same line each time. The
-- service has no empty objects, so an empty table is an array. -> how many parts there are
function put(parts, count, value, order)
  local kind = type(value)
  if kind == "string" then return put_text(parts, count, value) end
  if kind == "table" then
    local is_array = next(value) == nil or value[1] ~= nil
    return (is_array and put_array or put_object)(parts, count, value, order)
  end
  parts[count + 1] = math.type(value) == "integer" and ("%d"):format(value) or cjson.encode(value)
  return count + 1
end

local line_parts = {}  -- of the line that is written

-- Writes one line of JSON.
function output.json(object, order)
  local count = put(line_parts, 0, object, order or NONE)
  output.write(terminal.printable_json(table.concat(line_parts, "", 1, count)) .. "\n")
end

-- }}

-- One field of CSV (RFC 4180). A spreadsheet takes what begins with = + - @ (or
-- a tab or return) for a formula: an apostrophe makes it text.
local function csv_field(value)
  local text = value == nil and "" or tostring(value)
  if type(value) == "string" and text:find "^[=+%-@\t\r]" then text = "'" .. text end
  if terminal.is_terminal(1) then text = terminal.printable(text) end
  if text:find '[",\r\n]' then text = '"' .. text:gsub('"', '""') .. '"' end
  return text
end

-- Writes one record of CSV: fields 1 to `count`, of which any may be nil.
function output.csv(fields, count)
  local parts = {}
  for i = 1, count do parts[i] = csv_field(fields[i]) end
  output.write(table.concat(parts, ",") .. "\r\n")
end

return output
