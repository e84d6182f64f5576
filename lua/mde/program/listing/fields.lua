-- Prints every field of an action or a machine, one per line; times are local, with their age.

local tables = require "mde.base.tables"
local keys = require "mde.program.listing.action".keys
local moment = require "mde.program.terminal.moment"
local output = require "mde.program.terminal.output"
local system = require "mde.program.system"
local terminal = require "mde.terminal"

local function print_fields(fields, now, indent)
  local known, others = tables.set(keys), {}
  for key in pairs(fields) do
    if not known[key] and not tostring(key):find "^@" then others[#others + 1] = key end
  end
  table.sort(others)
  local function print_field(key)
    local value = fields[key]
    if value == nil then return end
    local label = indent .. terminal.printable(tostring(key)) .. ":"
    if type(value) == "table" then
      if next(value) == nil then return end
      if type(value[1]) == "string" then value = table.concat(value, ", ")
      else
        output.line(label)
        return print_fields(value, now, indent .. "  ")
      end
    end
    local text = tostring(value)
    if type(key) == "string" and (key:find "Time" or key:find "Seen$") then
      text = moment.of(text, now)
    end
    output.line(label .. " " .. terminal.printable(text))
  end
  for _, key in ipairs(keys) do print_field(key) end
  for _, key in ipairs(others) do print_field(key) end
end

-- Prints an action or a machine, its known keys in the service's order.
return function(entity) print_fields(entity, system.clock.wall(), "") end
