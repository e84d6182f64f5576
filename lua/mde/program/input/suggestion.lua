-- Corrects a command line that mde does not understand, for "Did you mean". Nothing is run.
--
-- Unknown words become the words for them in mde.program.input.habits, or the most similar ones.

local command_line = require "mde.program.input.command_line"
local distance = require "mde.base.distance"
local habits = require "mde.program.input.habits"
local tables = require "mde.base.tables"

local suggestion = {}

-- Returns the only text of `list` that begins with `wanted`, or nil.
local function only_longer(wanted, list)
  local found
  for _, text in ipairs(list) do
    if text:lower():sub(1, #wanted) == wanted then
      if found then return nil end
      found = text
    end
  end
  return found
end

-- Returns the text of `list` that is most similar to `wanted`, or nil if none is similar. Of equally
-- similar ones, takes one with the same first letter, then the first in the list.
function suggestion.nearest(wanted, list)
  local lower = wanted:lower()
  local found = #lower >= 2 and only_longer(lower, list) or nil
  if found then return found end
  local least = math.min(3, math.max(1, #lower // 3)) + 1
  for _, text in ipairs(list) do
    local edits = distance(lower, text:lower())
    if lower:byte(1) ~= text:lower():byte(1) then edits = edits + 0.5 end
    if edits < least and edits < #lower then found, least = text, edits end
  end
  for _, text in ipairs(list) do
    if not found and #text >= 4 and lower:sub(1, #text + 1) == text .. "-" then found = text end
  end
  return found
end

-- A command line in correction
--   known     option -> its argparse element; names: the long ones
--   front     words before the command; back: after it
--   notes     sentences that explain the correction; renamed: those for a line that stays wrong
--   changed   true if a word was replaced; stuck: true if one could not be

local Line = {}
Line.__index = Line

function Line:put(word)
  local list = self.is_front and self.front or self.back
  list[#list + 1] = word
end

-- Adds a word that can't be corrected.
function Line:keep(word)
  self.stuck = true
  self:put(word)
end

function Line:note(text)
  self.notes[#self.notes + 1] = text
end

-- Values and arguments

-- Returns the words that an option or argument takes, or nil.
local function words_of(element)
  return element.words and element.words() or element._choices
end

-- Returns one of `words` for a text: the same ignoring case, a habit's, or the nearest.
local function one_of(text, words, habit)
  for _, word in ipairs(words) do
    if word:lower() == text:lower() then return word end
  end
  return habit and habit[text:lower()] or suggestion.nearest(text, words)
end

-- Returns the value for an element. Values may be separated by commas.
function Line:value(element, name, text)
  local words, parts = words_of(element), {}
  local number, unit = text:lower():match "^(%d+) *([smhdw])%l+$"
  if number and element._argname == "TIME" then
    self.changed = true
    return number .. unit
  elseif not words then return text end
  for part in (text .. ","):gmatch "([^,]*)," do
    local word = one_of(part, words, habits.values[name])
    self.stuck = self.stuck or not word
    parts[#parts + 1] = word or part
  end
  local value = table.concat(parts, ",")
  self.changed = self.changed or value:lower() ~= text:lower()
  return value
end

local GUID = "^%x%x%x%x%x%x%x%x%-%x%x%x%x%-%x%x%x%x%-%x%x%x%x%-%x+$"

-- Adds an argument of which the command has no more: as the value of an option.
function Line:surplus(word)
  self.changed = true
  if word:find(GUID) and self.command[1] == "list" then
    self.command = { "show" }
    return self:put(word)
  end
  for _, name in ipairs { "--status", "--type" } do
    local element = self.known[name]
    local value = element and one_of(word, words_of(element), habits.values[name])
    if value then
      self:put(name)
      return self:put(value)
    end
  end
  if self.known["--machine"] and word:find "^[%w%.%-]+$" then
    self:put "--machine"
    return self:put(word)
  end
  if self.command[1] == "help" then return end
  self.renamed[#self.renamed + 1] = ("'%s' is one argument too many."):format(word)
  self:keep(word)
end

function Line:argument(word)
  self.count = self.count + 1
  local list = self.arguments
  local element = list[self.count]
  if not element and list[1] and list[#list]._maxargs > 1 then element = list[#list] end
  if not element then return self:surplus(word) end
  local words = words_of(element)
  if not words then return self:put(word) end
  local known = one_of(word, words, habits.values[element._argname])
  local first = self.count == 1 and habits.first_argument[self.command[1]]
  if known then self:put(known)
  elseif first then
    self:put(first)
    self:argument(word)
  else return self:keep(word) end
  self.changed = self.changed or known ~= word
end

-- Options

-- Returns the element of short options in one word, and true if its value is the next word.
function Line:cluster(word)
  if not word:find "^%-%w" then return end
  for i = 2, #word do
    local element = self.known["-" .. word:sub(i, i)]
    if not element then return end
    if element._maxargs > 0 or i == #word then
      return element, element._maxargs > 0 and i == #word
    end
  end
end

local function form_of(text)
  if text:find "^%d+[smhdw]" then return "duration" end
  if text:find "^%d%d%d%d%-" or text:find "^today" or text:find "^yesterday" then return "date" end
end

-- Adds an option and its value. -> the number of following words that it took
function Line:option(word, following)
  local name, value = word:match "^(%-%-[^=]+)=(.*)$"
  name = name or word
  local swap = habits.swaps[name]
  local other = swap and swap[form_of(value or following or "")]
  if other and self.known[name] and self.known[other] then
    return self:replace(name, value, following, other)
  end
  local element, is_open = self.known[name], false
  if element then is_open = not value and element._maxargs > 0 end
  if not element then element, is_open = self:cluster(word) end
  if not element then return self:replace(name, value, following) end
  local front = self.is_front
  if front and not self.is_global[element] then self.is_front, self.changed = false, true end
  local long = element._aliases[#element._aliases]
  if value then self:put(name .. "=" .. self:value(element, long, value))
  else self:put(word) end
  local takes = is_open and following ~= nil
  if takes then self:put(self:value(element, long, following)) end
  self.is_front = front
  return takes and 1 or 0
end

-- Returns the first of some options that the command has.
function Line:first_known(names)
  for _, name in ipairs(names or {}) do
    if self.known[name] then return name end
  end
end

-- Adds the option that a habit means by its value. -> the number of following words taken | nil
function Line:by_value(habit, value, following)
  local text = value or following
  local option = text and habit.takes[text:lower()]
  if option == "" then self:note "A table is what mde prints without --json or --csv."
  elseif option and self.known[option] then self:put(option)
  else return nil end
  return value and 0 or 1
end

-- Adds the known option `name` for a wrong one. -> the number of following words that it took
function Line:rename(wrong, name, value, following)
  self.renamed[#self.renamed + 1] = ("For %s, mde has %s."):format(wrong, name)
  local takes = self.known[name]._maxargs > 0
  return self:option(takes and value and name .. "=" .. value or name, following)
end

-- Adds what a habit means. -> the number of following words taken | nil
function Line:habit(wrong, habit, value, following)
  if habit.takes then return self:by_value(habit, value, following) end
  if habit.instead then
    for word in habit.instead:gmatch "%S+" do self:put(word) end
    return 0
  end
  local names = habit
  if habit.date then
    names = form_of(value or following or "") == "duration" and habit.duration or habit.date
  end
  local name = self:first_known(names)
  if name then return self:rename(wrong, name, value, following) end
  if not habit.drop then return nil end
  self:note(habit.drop)
  return not value and tables.index(habit.words or {}, following) and 1 or 0
end

-- Adds what is meant by an unknown option, or the option `by`. -> the number of following words that it took
function Line:replace(name, value, following, by)
  self.changed = true
  if by then return self:rename(name, by, value, following) end
  local own = habits.of_command[self.command[1]]
  local habit = own and own[name] or habits.options[name] or habits.options["-" .. name]
  local taken = habit and self:habit(name, habit, value, following)
  if taken then return taken end
  local near = self.known["-" .. name] and "-" .. name
  if not near and #name > 2 then
    near = suggestion.nearest(name:gsub("^%-+", ""), self.names)
    near = near and "--" .. near
  end
  if not near then
    self:keep(value and name .. "=" .. value or name)
    return 0
  end
  return self:rename(name, near, value, following)
end

-- The command

local function sorted_keys(...)
  local keys = {}
  for _, map in ipairs { ... } do
    for key in pairs(map) do
      if not key:find " " then keys[#keys + 1] = key end
    end
  end
  table.sort(keys)
  return keys
end

-- Returns the index of the first word from `i` on that is no option and no value of a global one.
local function next_argument(words, i, parser)
  local values = {}
  for _, option in ipairs(parser._options) do
    for _, alias in ipairs(option._aliases) do values[alias] = option._maxargs > 0 end
  end
  while words[i] and (words[i]:find "^%-" or values[words[i - 1]]) do i = i + 1 end
  return words[i] and i
end

-- Returns the words of mde for the command, and the indices of those that they replace.
local function command_of(program, words)
  local first = next_argument(words, 1, program.parser)
  if not first then return "", 0 end
  local second = next_argument(words, first + 1, program.parser)
  local phrase = second and habits.commands[words[first]:lower() .. " " .. words[second]:lower()]
  if phrase then return phrase, first, second end
  local name, position = command_line.command(words, program.commands)
  if name then return name, position end
  name = words[first]:lower()
  if not program.commands[name] and not habits.commands[name] then
    name = suggestion.nearest(name, sorted_keys(program.commands, habits.commands))
  end
  return name and (habits.commands[name] or name), first
end

-- Sets what is known with the command that the corrected line has.
local function add_elements(line, program)
  local command = program.commands[line.command[1]]
  local function add(options, is_global)
    for _, option in ipairs(options) do
      line.is_global[option] = is_global
      for _, alias in ipairs(option._aliases) do
        line.known[alias] = option
        if alias:find "^%-%-" then line.names[#line.names + 1] = alias:sub(3) end
      end
    end
  end
  if command then program:load(line.command[1]) end
  add(program.parser._options, true)
  if command then add(command._options, false) end
  line.arguments = command and command._arguments or {}
end

local function corrected(program, words)
  local text, first, second = command_of(program, words)
  if not text then return nil end
  local line = setmetatable({ known = {}, names = {}, is_global = {}, front = {}, back = {},
                              notes = {}, renamed = {}, command = {},
                              count = 0, is_front = true }, Line)
  for word in text:gmatch "%S+" do line.command[#line.command + 1] = word end
  line.changed = second ~= nil or first > 0 and text ~= words[first]
  add_elements(line, program)
  for i = 2, #line.command do
    if not line.command[i]:find "^%-" then line.count = line.count + 1 end
  end
  local i = 1
  while i <= #words do
    local word = words[i]
    if i == first then line.is_front = false
    elseif i ~= second then
      if word:find "^%-." then i = i + line:option(word, words[i + 1])
      else line:argument(word) end
    end
    i = i + 1
  end
  return line
end

-- Returns the corrected words, a placeholder for what is missing in them, and notes; or nil.
-- `try(words)` -> true | nil, the problem that argparse names, what is missing.
function suggestion.correct(program, arguments, try)
  local words, rest = command_line.split(arguments)
  local line = corrected(program, words)
  if not line then return nil end
  local notes = table.move(line.renamed, 1, #line.renamed, #line.notes + 1,
    { table.unpack(line.notes) })
  if line.stuck or not line.changed then return nil, nil, notes end
  local result = {}
  for _, list in ipairs { line.front, line.command, line.back, rest } do
    table.move(list, 1, #list, #result + 1, result)
  end
  local done, _, missing = try(result)
  if not done and not missing then return nil, nil, notes end
  return result, missing, line.notes
end

-- Returns the words with an option in front of the first `word`; nil if it is not there once alone.
function suggestion.inserted(arguments, option, word)
  local words, i = { table.unpack(arguments) }, tables.index(arguments, word)
  if not i then return nil end
  table.insert(words, i, option)
  return words
end

local function replaced_part(text, from, to)
  local parts, found = {}, false
  for part in (text .. ","):gmatch "([^,]*)," do
    found = found or part == from
    parts[#parts + 1] = part == from and to or part
  end
  return found and table.concat(parts, ",") or nil
end

-- Returns the words with `from` replaced by `to`, also in a list with commas; nil if it is in none.
function suggestion.replaced(arguments, from, to)
  local words = { table.unpack(arguments) }
  for i, word in ipairs(words) do
    local option, value = word:match "^(%-%-[^=]+=)(.*)$"
    local right = replaced_part(value or word, from, to)
    if right then
      words[i] = (option or "") .. right
      return words
    end
  end
end

return suggestion
