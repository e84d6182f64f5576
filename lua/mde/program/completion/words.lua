-- Completes a command line: finds and prints the words that can follow it.

local known = require "mde.program.completion.known"
local output = require "mde.program.terminal.output"
local terminal = require "mde.terminal"

local completion = {}

-- Option, or placeholder of a value -> the functions of `known` that list its values, "files", or
-- "" for none.
local SOURCES = {
  ["--profile"] = "profiles", ["--requestor"] = "requestors", ["--except-requestor"] = "requestors",
  ["--client-id"] = "",
  BATCH = "batches", ID = "actions", ACTION = "actions", MACHINE = "machines",
  ["ID|MACHINE"] = "actions machines",
  FILE = "files", PLAN = "files", PLAYBOOK = "files", POLICY = "files",
}

-- Options with values that the sources need.
local NEEDED = { ["--profile"] = "profile", ["--store"] = "store", ["--cloud"] = "cloud" }

local function long_name(option) return option._aliases[#option._aliases] end

-- The words before

-- A command line before the current word:
--   command     argparse's command; name; nil before it
--   options     array of argparse's options; by_name: alias -> option
--   count       arguments of the command
--   pending     the option whose value is next; rest: words of another program (of sim)
--   values      of needed options; yes: --yes is there
local Line = {}
Line.__index = Line

function Line:add(options)
  for _, option in ipairs(options) do
    self.options[#self.options + 1] = option
    for _, alias in ipairs(option._aliases) do self.by_name[alias] = option end
  end
end

function Line:option(word, following)
  local name, value = word:match "^(%-%-[^=]+)=(.*)$"
  local option = self.by_name[name or word]
  if not option then return 0 end
  local takes = not value and option._minargs > 0
  local long = long_name(option)
  if takes and following == nil then self.pending = option end
  if NEEDED[long] then self.values[NEEDED[long]] = value or following end
  if long == "--yes" then self.values.yes = true end
  return takes and 1 or 0
end

function Line:argument(program, word)
  if self.command then
    self.count = self.count + 1
    return
  end
  self.command, self.name = program.commands[word], word
  if not self.command then return end
  program:load(word)
  self:add(self.command._options)
end

local function line_of(program, words)
  local line = setmetatable({ options = {}, by_name = {}, count = 0, values = {} }, Line)
  line:add(program.parser._options)
  local i, is_rest = 1, false
  while i <= #words do
    local word = words[i]
    if word == "--" then is_rest = true
    elseif word:find "^%-" and not is_rest then i = i + line:option(word, words[i + 1])
    elseif line.name == "sim" then
      line.rest = table.move(words, i, #words, 1, {})
      return line
    else line:argument(program, word) end
    i = i + 1
  end
  line.is_rest = is_rest
  return line
end

-- The words that can follow

-- The first sentence of an element's description.
local function about(element)
  return ((element._description or ""):gsub("\n", " "):gsub("%.%s.*", "."))
end

-- Returns the values of an option or argument. -> array of { word, about } | "files"
local function values_of(line, element)
  local words = element.words and element.words() or element._choices
  local list = {}
  for i, word in ipairs(words or {}) do list[i] = { word } end
  if words then return list end
  local name = element._aliases and long_name(element)
  local sources = SOURCES[name] or SOURCES[element._argname or ""] or ""
  if sources == "files" then return "files" end
  for source in sources:gmatch "%S+" do
    local done, found = pcall(known[source], line.values)
    if done then table.move(found, 1, #found, #list + 1, list) end
  end
  return list
end

local function options_of(line)
  local list = {}
  for _, option in ipairs(line.options) do
    if not option._hidden then list[#list + 1] = { long_name(option), about(option) } end
  end
  return list
end

local function commands_of(program)
  local list = {}
  for _, command in ipairs(program.parser._commands) do
    list[#list + 1] = { command._name, about(command) }
  end
  return list
end

-- Returns the values of the next argument, or without one the options.
local function arguments_of(program, line)
  if not line.name then return commands_of(program) end
  if not line.command then return {} end
  local list = line.command._arguments
  local element = list[line.count + 1]
  if not element and list[1] and list[#list]._maxargs > 1 then element = list[#list] end
  if element then return values_of(line, element) end
  return line.is_rest and {} or options_of(line)
end

-- Returns what can follow, before it is compared with the current word, and what this word begins
-- with that is kept: "--type=", "Isolate,".
local function candidates(program, line, current)
  local name, value = current:match "^(%-%-[^=]+)=(.*)$"
  local element = line.pending or name and line.by_name[name]
  if element then
    local before = (value or current):match "^.*," or ""
    return values_of(line, element), (name and not line.pending and name .. "=" or "") .. before
  end
  if current:find "^%-" and not line.is_rest then return options_of(line), "" end
  return arguments_of(program, line), ""
end

-- Joins what bash has split at "=", ":" and "@". -> words, the bytes of the last one that are not
-- part of bash's word
local function joined(words)
  local result, is_break = {}, false
  for _, word in ipairs(words) do
    local was_break = is_break
    is_break = word:find "^[=:@]+$" ~= nil
    if result[1] and (is_break or was_break) then result[#result] = result[#result] .. word
    else result[#result + 1] = word end
  end
  local last = words[#words] or ""
  return result, #(result[#result] or "") - (is_break and 0 or #last)
end

-- Returns what can follow the words, of which the last is incomplete: array of { word, about }, or
-- "files".
function completion.after(program, words)
  local own, cut = joined(words)
  local current = table.remove(own) or ""
  local line = line_of(program, own)
  if line.rest then
    if line.rest[1] ~= "mde" then return "files" end
    table.remove(line.rest, 1)
    table.insert(line.rest, current)
    return completion.after(program, line.rest)
  end
  if line.name == "sim" and line.count == 0 and not line.pending and not current:find "^%-" then
    return { { "mde" } }
  end
  local list, before = candidates(program, line, current)
  if list == "files" then return list end
  local found = {}
  for _, each in ipairs(list) do
    local word = before .. each[1]
    if word:sub(1, #current) == current then
      found[#found + 1] = { word:sub(cut + 1), each[2] }
    end
  end
  return found
end

-- Prints what can follow, for the shells' scripts: see mde.program.commands.completion.
function completion.print(program, words)
  local found = completion.after(program, words)
  if found == "files" then return output.line ":files" end
  for _, each in ipairs(found) do
    local more = each[2] and each[2] ~= "" and "\t" .. terminal.printable(each[2]) or ""
    output.write(terminal.printable(each[1]) .. more .. "\n")
  end
end

return completion
