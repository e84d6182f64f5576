-- Standard output for data, standard error for messages.
--
-- A write that fails ends the command: silently when the reader has gone
-- (`mde list | head`), else with a message and status 4.

local cjson = require "cjson"
local failure = require "mde.cli.failure"
local terminal = require "mde.terminal"

local output = {}

local EPIPE = 32

local function check(done, message, number)
  if done then return end
  if number == EPIPE then failure.raise(0, "") end
  failure.raise(failure.failed, "cannot write the output: %s", message)
end

function output.write(text)
  check(io.stdout:write(text))
end

function output.line(text)
  check(io.stdout:write(text, "\n"))
end

-- Makes sure that everything written has arrived.
function output.flush()
  check(terminal.flush())
end

-- A message for people, made harmless line by line. It can't fail: there would
-- be no one to tell.
function output.note(format, ...)
  local text = select("#", ...) > 0 and format:format(...) or format
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

local function sorted_keys(object, order)
  local rank, keys = {}, {}
  for i, key in ipairs(order or {}) do rank[key] = i end
  for key in pairs(object) do keys[#keys + 1] = key end
  table.sort(keys, function(a, b)
    local first, second = rank[a] or math.huge, rank[b] or math.huge
    if first ~= second then return first < second end
    return a < b
  end)
  return keys
end

-- JSON text of a decoded value: keys in the given order, the others sorted after
-- them, so that the same action is the same line each time. The service has no
-- empty objects, so an empty table is an array.
local function encode(value, order)
  if math.type(value) == "integer" then return ("%d"):format(value) end
  if type(value) ~= "table" then return (cjson.encode(value):gsub("\\/", "/")) end
  local parts = {}
  if next(value) == nil or value[1] ~= nil then
    for i, element in ipairs(value) do parts[i] = encode(element) end
    return "[" .. table.concat(parts, ",") .. "]"
  end
  for i, key in ipairs(sorted_keys(value, order)) do
    parts[i] = cjson.encode(key) .. ":" .. encode(value[key])
  end
  return "{" .. table.concat(parts, ",") .. "}"
end

-- Writes one line of JSON.
function output.json(object, order)
  output.line(terminal.printable_json(encode(object, order)))
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
