-- What a tab at the prompt completes: names, fields and methods of what is there, options in
-- the table of a call, and the service's words in a text. Nothing is called or indexed for it
-- that could do anything.

local kinds = require "mde.service.kinds"
local machine = require "mde.service.machine"
local manual = require "mde.program.repl.manual"
local system = require "mde.program.system"

local completion = {}

-- {{ What there is

-- The words that an option takes.
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

-- The tables in which a value's fields are looked for, without calling anything.
local function tables_of(value)
  local found = {}
  while type(value) == "table" and #found < 5 do
    found[#found + 1] = value
    local metatable = getmetatable(value)
    value = type(metatable) == "table" and rawget(metatable, "__index") or nil
  end
  return found
end

-- The value that "a.b[1].c" names, or nil.
local function value_of(path)
  local value = _G
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

-- The methods of a client that are for users, if these are known.
local function is_public(value, name)
  local metatable = type(value) == "table" and getmetatable(value)
  if type(metatable) ~= "table" or metatable.__name ~= "mde.client" then return true end
  local public = manual.names()
  for _, other in ipairs(public) do
    if name == other then return true end
  end
  return public[1] == nil
end

-- The names of a value's fields; only_methods: those that can be called.
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

-- }}

-- The text that was begun and not ended, and what is before it; nil outside of texts.
local function open_text(before)
  local quote, start
  for position, mark in before:gmatch "()([\"'])" do
    if not quote then quote, start = mark, position
    elseif mark == quote and before:sub(position - 1, position - 1) ~= "\\" then quote = nil end
  end
  if quote then return before:sub(start + 1), before:sub(1, start - 1), quote end
end

-- The name of the function in whose table of options the cursor is: "f {" or "f(x, {".
local function function_of(before)
  local head = before:match "^(.*){[^{}]*$"
  if not head then return nil end
  return head:match "([%a_][%w_]*)%s*$" or head:match "([%a_][%w_]*)%s*%([^()]*$"
end

-- What may follow `before`. -> what was begun of it, names, what ends one
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
  return name, joined(KEYWORDS, keys_of(_G)), ""
end

-- The names in columns as wide as the terminal, or as many as there is room for.
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

-- What a tab does after `before`. -> text to insert, what to show (or nil)
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
