-- mde show ID: one machine action, whole.

local client = require "mde.cli.client"
local failure = require "mde.cli.failure"
local keys = require "mde.cli.list".keys
local output = require "mde.cli.output"
local terminal = require "mde.terminal"

local show = {}

function show.define(command)
  command:epilog [[
Example:
   mde show 5382f7ea-7557-4ab7-9782-d50480024a4e]]
  command:argument("id", "The action."):argname "ID"
  command:flag("--json", "The JSON object that the service gives.")
end

-- A date with how long ago that was.
local function with_age(text, now)
  local date, duration = require "mde.date", require "mde.duration"
  local moment = date.parse(text)
  if not moment then return text end
  local age = now - moment
  local words = age < 0 and "in " .. duration.text(-age) or duration.text(age) .. " ago"
  return ("%s (%s)"):format(text, words)
end

local function print_fields(fields, now, indent)
  local known, others = {}, {}
  for _, key in ipairs(keys) do known[key] = true end
  for key in pairs(fields) do
    if not known[key] then others[#others + 1] = key end
  end
  table.sort(others)
  local function print_field(key)
    local value = fields[key]
    if value == nil then return end
    local label = indent .. terminal.printable(tostring(key)) .. ":"
    if type(value) == "table" then
      if next(value) == nil then return end
      output.line(label)
      return print_fields(value, now, indent .. "  ")
    end
    local text = tostring(value)
    if type(key) == "string" and key:find "Time" then text = with_age(text, now) end
    output.line(label .. " " .. terminal.printable(text))
  end
  for _, key in ipairs(keys) do print_field(key) end
  for _, key in ipairs(others) do print_field(key) end
end

function show.run(parsed)
  local id
  require "mde.cli.ids".from_arguments({ parsed.id }, function(text) id = text end)
  local action = failure.check(client.connect(parsed):action(id))
  if parsed.json then output.json(action, keys)
  else print_fields(action, require("mde.clock").system.wall(), "") end
  return 0
end

return show
