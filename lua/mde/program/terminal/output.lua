-- Standard output for data, standard error for messages.
--
-- A write that fails ends the command: silently when the reader has gone
-- (`mde list | head`), else with a message and status 4.

local failure = require "mde.program.exit"
local json = require "mde.program.terminal.json"
local line_shown = require "mde.program.terminal.line"
local message_of = require "mde.program.terminal.message"
local system = require "mde.program.system"
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
  check(system.stdout:write(text))
end

-- Writes a line for people.
function output.line(text)
  check(system.stdout:write(terminal.printable(text), "\n"))
end

-- Writes text of several lines for people.
function output.text(text)
  for line in (text .. "\n"):gmatch "(.-)\n" do output.line(line) end
end

-- Makes sure that everything written has arrived.
function output.flush()
  check(system.terminal.flush())
end

-- Shows a message for people: see mde.program.terminal.message. It can't fail: there would be no one to
-- tell.
function output.note(format, ...)
  local text = message_of(format, ...)
  line_shown.clear()
  for line in (text:gsub("\t", "  ") .. "\n"):gmatch "(.-)\n" do
    system.stderr:write(terminal.printable(line), "\n")
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

-- Writes one line of JSON, its keys in this order.
function output.json(object, order)
  output.write(terminal.printable_json(json.encode(object, order)) .. "\n")
end

-- The same with null for each of the keys that is missing.
function output.record(object, keys)
  output.json(json.fill(object, keys), keys)
end

-- One field of CSV (RFC 4180). A spreadsheet takes what begins with = + - @ (or
-- a tab or return) for a formula: an apostrophe makes it text.
local function csv_field(value)
  local text = value == nil and "" or tostring(value)
  if type(value) == "string" and text:find "^[=+%-@\t\r]" then text = "'" .. text end
  if system.terminal.is_terminal(1) then text = terminal.printable(text) end
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
