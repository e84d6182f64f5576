-- Reads the documentation in mde.types, and shows it at the Lua prompt.

local output = require "mde.program.terminal.output"
local system = require "mde.program.system"
local terminal = require "mde.terminal"

local manual = {}

-- The contents of mde.types once read: functions, and class -> array of its fields.
local entries, classes

-- A block of "---" lines above a function -> { text, parameters, returns }
local function read_block(lines)
  local entry = { text = {}, parameters = {}, returns = {} }
  for _, line in ipairs(lines) do
    local tag, rest = line:match "^@(%a+)%s+(.*)$"
    if tag == "param" then entry.parameters[#entry.parameters + 1] = rest
    elseif tag == "return" then entry.returns[#entry.returns + 1] = rest
    elseif not tag then entry.text[#entry.text + 1] = line end
  end
  return entry
end

-- Records the fields of a class, if the block describes one.
local function note_class(lines)
  local fields
  for _, line in ipairs(lines) do
    local class = line:match "^@class ([%w_%.]+)"
    if class then
      fields = {}
      classes[class] = fields
    end
    local field = line:match "^@field ([%w_]+)"
    if field then fields[#fields + 1] = field end
  end
end

-- -> array of { name, signature, text, parameters, returns }, in the order of the file
local function read(path)
  local list, block = {}, {}
  for line in system.lines(path) do
    local comment = line:match "^%-%-%-%s?(.*)$"
    local name, arguments = line:match "^function ([%w_%.:]+)(%b())"
    if comment then
      block[#block + 1] = comment
    else
      if name then
        local entry = read_block(block)
        entry.name, entry.signature = name, name .. arguments
        list[#list + 1] = entry
      else
        note_class(block)
      end
      block = {}
    end
  end
  return list
end

local function load_entries()
  if not entries then
    classes = {}
    local path = package.searchpath("mde.types", package.path)
    entries = path and read(path) or {}
  end
  return entries
end

-- Returns the names that `help` knows, without `mde.` or `client:`.
function manual.names()
  local names, seen = {}, {}
  for _, entry in ipairs(load_entries()) do
    local name = entry.name:match "[%w_]+$"
    if not seen[name] then seen[name], names[#names + 1] = true, name end
  end
  return names
end

-- Returns the options of the functions called `name`, from the type of their parameter.
function manual.options(name)
  local options = {}
  for _, entry in ipairs(load_entries()) do
    for _, parameter in ipairs(entry.name:match "[%w_]+$" == name and entry.parameters or {}) do
      local kind = parameter:match "^options%?? (.*)" or parameter:match "^wanted%?? (.*)" or ""
      for class in kind:gmatch "mde%.[%w_]+" do
        table.move(classes[class] or {}, 1, #(classes[class] or {}), #options + 1, options)
      end
      for option in (kind:match "%b{}" or ""):gmatch "([%a_][%w_]*)%??: " do
        options[#options + 1] = option
      end
    end
  end
  return options
end

local function first_sentence(entry)
  local text = table.concat(entry.text, " ")
  return text:match "^(.-%.)%s" or text
end

local function print_list()
  output.line "help NAME shows more on:"
  local widest = 0
  for _, entry in ipairs(entries) do widest = math.max(widest, #entry.signature) end
  local width = system.terminal.is_terminal(1) and (system.terminal.width(1) or 80) or math.huge
  for _, entry in ipairs(entries) do
    local line = ("  %-" .. widest .. "s  %s"):format(entry.signature, first_sentence(entry))
    output.line(#line > width and terminal.cut(line, width) or line)
  end
end

local function print_entry(entry)
  output.line(entry.signature)
  for _, line in ipairs(entry.text) do output.line("  " .. line) end
  if entry.parameters[1] then output.line "  parameters:" end
  for _, line in ipairs(entry.parameters) do output.line("    " .. line) end
  for i, line in ipairs(entry.returns) do
    output.line((i == 1 and "  returns: " or "           ") .. line)
  end
end

-- Returns the documented name of a function of `mde` or `client`, or nil.
local function name_of(value)
  for _, entry in ipairs(entries) do
    local owner, name = entry.name:match "^([%w_]+)[%.:]([%w_]+)$"
    local known = owner and system.globals[owner]
    if known and known[name] == value then return entry.name end
  end
end

-- Shows the documentation of a function of `mde` or `client`, given as value or name ("cancel",
-- "client:cancel", "mde.client"); without a value, a list.
function manual.show(value)
  load_entries()
  if not entries[1] then
    return output.note "The documentation is not installed: mde/types.lua is missing."
  end
  local globals = system.globals
  if value == nil or value == globals.mde or value == globals.client then return print_list() end
  local name = value
  if type(value) == "function" then name = name_of(value) end
  if type(name) ~= "string" then
    return output.note "This is not a function of mde or client, or its name; help lists all."
  end
  local wanted, found = name:lower():match "([%w_]+)$", false
  for _, entry in ipairs(entries) do
    if entry.name:match "[%w_]+$" == wanted then
      if found then output.line "" end
      print_entry(entry)
      found = true
    end
  end
  if not found then output.note("There is no function '%s'; help lists all.", name) end
end

return manual
