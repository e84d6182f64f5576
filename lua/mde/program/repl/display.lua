-- Shows results and errors at the Lua prompt.
--
-- Lists of actions or machines become tables, one of them its fields, an error one line, and other
-- tables their contents.

local errors = require "mde.base.errors"
local output = require "mde.program.terminal.output"
local print_fields = require "mde.program.listing.fields"

local display = {}

local DEEPEST = 3  -- most levels of tables shown
local MOST_GROUPS = 10

-- Kinds of values shown as on the command line, and their plural. Rows of client:isolated are of the
-- last kind.
local SHAPES = {
  ["mde.action"] = function() return require "mde.program.listing.action", "actions" end,
  ["mde.machine"] = function() return require "mde.program.listing.machine", "machines" end,
  isolated = function() return require "mde.program.machines.isolated".shape, "machines" end,
}

-- "mde.action", "mde.service.machine" … or nil.
local function kind_of(value)
  local metatable = type(value) == "table" and getmetatable(value)
  return type(metatable) == "table" and metatable.__name or nil
end

-- Returns the kind of all elements of an array, if it is in SHAPES.
local function kind_of_all(list)
  if type(list) == "table" and type(list.reach) == "table" and list[1] then return "isolated" end
  local kind = type(list) == "table" and not kind_of(list) and kind_of(list[1])
  if not SHAPES[kind] then return nil end
  for _, element in ipairs(list) do
    if kind_of(element) ~= kind then return nil end
  end
  return kind
end

local function sorted_keys(value)
  local keys = {}
  for key in pairs(value) do keys[#keys + 1] = key end
  table.sort(keys, function(a, b)
    if type(a) == type(b) and (type(a) == "number" or type(a) == "string") then return a < b end
    return type(a) == "number" or type(b) ~= "number" and tostring(a) < tostring(b)
  end)
  return keys
end

-- Formats any other value. A value with a form of its own, or nested too deep, takes one line.
local function text_of(value, depth)
  if type(value) ~= "table" or kind_of(value) or depth > DEEPEST then return tostring(value) end
  if next(value) == nil then return "{}" end
  local parts = {}
  for i, key in ipairs(sorted_keys(value)) do
    parts[i] = ("%s%s = %s"):format(("  "):rep(depth), key, text_of(value[key], depth + 1))
  end
  return ("{\n%s\n%s}"):format(table.concat(parts, "\n"), ("  "):rep(depth - 1))
end

-- Shows the groups of actions, if there are fewer.
local function show_groups(list, kind)
  if kind ~= "mde.action" then return end
  local groups = require "mde.program.listing.groups".new()
  for _, action in ipairs(list) do groups:add(action) end
  if #groups == groups.count then return end
  output.line ""
  groups:show(MOST_GROUPS)
end

local function print_table(list, kind)
  local shape, plural = SHAPES[kind]()
  local rows = {}
  for i, entity in ipairs(list) do rows[i] = shape.row(entity) end
  require "mde.program.terminal.table"(shape.columns, rows)
  show_groups(list, kind)
  output.note("%d %s", #list, #list == 1 and plural:sub(1, -2) or plural)
  if list.reach then output.note("%s", list.reach.note) end
end

-- Shows the results of a chunk: values 1 to values.n. Tables and records have lines of their own, the
-- others share one.
function display.show(values)
  local line = {}
  local function end_line()
    if line[1] then output.text(table.concat(line, "  ")) end
    line = {}
  end
  for i = 1, values.n do
    local value = values[i]
    local list = kind_of_all(value)
    if list or SHAPES[kind_of(value)] then end_line() end
    if list then print_table(value, list)
    elseif SHAPES[kind_of(value)] then print_fields(value)
    else line[#line + 1] = text_of(value, 1) end
  end
  end_line()
end

-- Returns the error in a function's results (nil, err, …), or nil.
function display.error_of(values)
  if values[1] ~= nil then return nil end
  for i = 2, values.n do
    if errors.is(values[i]) then return values[i] end
  end
end

-- Shows an error, or a message with a traceback, in one line. The position of a line that only calls
-- a function (a tail call) is one of this program, and left out.
function display.fail(problem)
  local text = tostring(problem):match "^(.-)\nstack traceback" or tostring(problem)
  text = text:gsub("^%S*repl%.lua:%d+: ", "")
  if text == "" or text:find "^[^:]*:?%d*:? ?interrupted$" then return output.note "interrupted" end  -- by Ctrl-C
  output.note("error: %s", (text:gsub("%s*\n%s*", "; ")))
end

return display
