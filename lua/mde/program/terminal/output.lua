-- Writes data to standard output, and messages to standard error.
--
-- A failed write ends the command: silently if the reader has gone (`mde list | head`), else with a
-- message and status 4.

local colour = require "mde.program.terminal.colour"
local failure = require "mde.program.exit"
local json = require "mde.program.terminal.json"
local line_shown = require "mde.program.terminal.line"
local message_of = require "mde.program.terminal.message"
local system = require "mde.program.system"
local terminal = require "mde.terminal"
local wrap = require "mde.program.terminal.wrap"

local output = {}

local EPIPE = 32

local function check(done, message, number)
  if done then return end
  if number == EPIPE then failure.raise(0, "") end
  failure.raise(failure.failed, "cannot write the output: %s", message)
end

-- Writes text unchanged: data for programs, or text made printable before.
function output.write(text)
  line_shown.clear()
  check(system.stdout:write(text))
end

-- Writes a line for users.
function output.line(text)
  line_shown.clear()
  check(system.stdout:write(terminal.printable(text), "\n"))
end

-- Writes text of several lines for users.
function output.text(text)
  for line in (text .. "\n"):gmatch "(.-)\n" do output.line(line) end
end

-- Flushes standard output, and checks that all was written.
function output.flush()
  check(system.terminal.flush())
end

-- Writes a line of JSON to standard error.
function output.event(text)
  system.stderr:write(terminal.printable_json(text) .. "\n")
end

-- Returns a line of a message fitted to the terminal. A command line to copy is not broken.
local function fitted(line)
  line = terminal.printable(line)
  local width = system.terminal.is_terminal(2) and (system.terminal.width(2) or 80) or nil
  if not width or line:find "^ +mde " then return line end
  return table.concat(wrap(line, width, #line:match "^ *" + 2), "\n")
end

-- Shows a message for users: see mde.program.terminal.message. "mde:" at its beginning, which an
-- error has, is coloured. With --json it is an object, as all of standard error then. Write errors
-- are ignored.
function output.note(format, ...)
  local message, lines = message_of(format, ...):gsub("\t", "  "), {}
  if system.state.json then return output.event(json.encode { note = message }) end
  for line in (message .. "\n"):gmatch "(.-)\n" do lines[#lines + 1] = fitted(line) end
  local text = table.concat(lines, "\n")
  line_shown.clear()
  if text:find "^mde: " and colour.is_on(2) then
    text = colour.paint("mde:", "bad") .. text:sub(5)
  end
  system.stderr:write(text .. "\n")  -- at once, since other output may go to the same place
end

-- Formats a size: "734 bytes", "5.2 MiB".
function output.bytes(count)
  if count < 1024 then return ("%d bytes"):format(count) end
  local units, i = { "KiB", "MiB", "GiB", "TiB" }, 1
  local value = count / 1024
  while value >= 1024 and i < #units do value, i = value / 1024, i + 1 end
  return ("%.1f %s"):format(value, units[i])
end

-- Writes one line of JSON with its keys in this order.
function output.json(object, order)
  output.write(terminal.printable_json(json.encode(object, order)) .. "\n")
end

-- Does the same, with null for each missing key.
function output.record(object, keys)
  output.json(json.fill(object, keys), keys)
end

-- Formats one field of CSV (RFC 4180). Spreadsheets treat text that begins with = + - @, tab or
-- return as a formula, so such text gets an apostrophe.
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
