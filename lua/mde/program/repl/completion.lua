-- Completes names, options and the service's words at the Lua prompt.
--
-- Completes fields and methods of existing values, options in the table of a call, and words in a
-- text. It calls no function and no metamethod.

local kinds = require "mde.service.kinds"
local machine = require "mde.service.machine"
local manual = require "mde.program.repl.manual"
local system = require "mde.program.system"
local tables = require "mde.base.tables"

local completion = {}

-- Known names

-- The words that are values of an option.
local WORDS = {
  status = kinds.statuses, type = kinds.types, health = machine.health, risk = machine.risks,
  exposure = machine.exposures, value = machine.values, onboarding = machine.onboarding,
  order = { "newest", "oldest" }, scope = { "Full", "Selective", "Quick" },
}

local function keys_of(...)
  local names = {}
  for _, set in ipairs { ... } do
    for name in pairs(set) do names[#names + 1] = name end
  end
  return names
end

local function joined(one, other)
  return table.move(other, 1, #other, #one + 1, table.move(one, 1, #one, 1, {}))
end

local KEYWORDS = { "and", "break", "do", "else", "elseif", "end", "false", "for", "function",
                   "goto", "help", "if", "in", "local", "nil", "not", "or", "repeat", "return",
                   "then", "true", "until", "while" }

-- Returns the tables that have a value's fields, without calling metamethods.
local function tables_of(value)
  local found = {}
  while type(value) == "table" and #found < 5 do
    found[#found + 1] = value
    local metatable = getmetatable(value)
    value = type(metatable) == "table" and rawget(metatable, "__index") or nil
  end
  return found
end

-- Returns the value of a path such as "a.b[1].c", or nil.
local function value_of(path)
  local value = system.globals
  for word in path:gmatch "[%w_]+" do
    local name, field = math.tointeger(word) or word, nil
    for _, one in ipairs(tables_of(value)) do
      field = rawget(one, name)
      if field ~= nil then break end
    end
    if field == nil then return nil end
    value = field
  end
  return value
end

-- True unless the value is a client and the name is not documented.
local function is_public(value, name)
  local metatable = type(value) == "table" and getmetatable(value)
  if type(metatable) ~= "table" or metatable.__name ~= "mde.client" then return true end
  local public = manual.names()
  return tables.index(public, name) ~= nil or public[1] == nil
end

-- Returns the names of a value's fields, or with `only_methods` of its functions.
local function fields_of(value, only_methods)
  if type(value) == "string" then value = string end
  local names, seen = {}, {}
  for _, one in ipairs(tables_of(value)) do
    for name, field in next, one do
      if type(name) == "string" and name:find "^[%a_][%w_]*$" and not name:find "^__"
         and not seen[name] and (not only_methods or type(field) == "function")
         and is_public(value, name) then
        seen[name], names[#names + 1] = true, name
      end
    end
  end
  return names
end

-- Returns an unfinished string, the text before it, and its quote; nil outside of strings.
local function open_text(before)
  local quote, start
  for position, mark in before:gmatch "()([\"'])" do
    if not quote then quote, start = mark, position
    elseif mark == quote and before:sub(position - 1, position - 1) ~= "\\" then quote = nil end
  end
  if quote then return before:sub(start + 1), before:sub(1, start - 1), quote end
end

-- Returns the function whose table of options the cursor is in: "f {" or "f(x, {".
local function function_of(before)
  local head = before:match "^(.*){[^{}]*$"
  if not head then return nil end
  return head:match "([%a_][%w_]*)%s*$" or head:match "([%a_][%w_]*)%s*%([^()]*$"
end

-- Returns the possible completions of `before`. -> the begun name, names, text to append
local function choices(before)
  local begun, rest, quote = open_text(before)
  if begun then
    local option = rest:match "([%a_]+)%s*=%s*$" or rest:match "([%a_]+)%s*=%s*{[^{}]*$"
    return begun, WORDS[option] or joined(kinds.statuses, kinds.types), quote
  end
  local path, mark, name = before:match "([%a_][%w_%.%[%]]*)([%.:])([%w_]*)$"
  if path then return name, fields_of(value_of(path), mark == ":"), "" end
  name = before:match "[%a_]?[%w_]*$"
  local call = before:find("[{,]%s*" .. name .. "$") and function_of(before)
  if call then return name, manual.options(call), " = " end
  if before:find "^%s*help%s+[%w_]*$" then
    return name, manual.names(), ""
  end
  return name, joined(KEYWORDS, keys_of(system.globals)), ""
end

-- Arranges names in as many columns as fit on the terminal.
local function in_columns(names)
  local widest, width = 0, system.terminal.width(1) or 80
  for _, name in ipairs(names) do widest = math.max(widest, #name) end
  local columns = math.max(1, (width + 2) // (widest + 2))
  local lines = {}
  for i = 1, #names, columns do
    local line = {}
    for j = i, math.min(i + columns - 1, #names) do
      line[#line + 1] = names[j] .. (" "):rep(widest - #names[j])
    end
    lines[#lines + 1] = table.concat(line, "  "):match "^(.-)%s*$"
  end
  return table.concat(lines, "\n")
end

local function common_beginning(names)
  local common = names[1]
  for _, name in ipairs(names) do
    while name:sub(1, #common) ~= common do common = common:sub(1, -2) end
  end
  return common
end

-- Completes the text before the cursor. -> text to insert, names to show (or nil)
function completion.at(before)
  local begun, names, ending = choices(before)
  local fitting = {}
  for _, name in ipairs(names) do
    if name:sub(1, #begun) == begun then fitting[#fitting + 1] = name end
  end
  table.sort(fitting)
  if not fitting[1] then return "" end
  if not fitting[2] then return fitting[1]:sub(#begun + 1) .. ending end
  local more = common_beginning(fitting):sub(#begun + 1)
  return more, more == "" and in_columns(fitting) or nil
end

return completion
