-- The words of a command line: how they are split for argparse, and quoted for a shell.

local command_line = {}

-- Commands whose rest belongs to another program: argparse gets "--" in front of it.
local TAKES_REST = { run = true, sim = true }

-- Options with a value that can precede that rest.
local TAKES_VALUE = { ["--timeout"] = true, ["--store"] = true, ["--port"] = true,
                      ["--color"] = true,
                      ["--quota"] = true, ["--scenario"] = true, ["-p"] = true,
                      ["--profile"] = true, ["--tenant"] = true, ["--client-id"] = true }

-- Options whose value may begin with "-".
local TAKES_ANYTHING = { ["--args"] = true, ["--sort"] = true }

-- Joins such an option and its value with "=".
local function join_values(arguments)
  local result, is_end = {}, false
  for _, argument in ipairs(arguments) do
    local last = result[#result]
    is_end = is_end or argument == "--"
    if TAKES_ANYTHING[last] and not is_end then result[#result] = last .. "=" .. argument
    else result[#result + 1] = argument end
  end
  return result
end

-- The index of the first word that is not for mde, or of "--"; nil if all are for mde.
local function rest_begins(arguments)
  local words, command = 0, nil
  for i, argument in ipairs(arguments) do
    if argument == "--" then return i end
    if argument:find "^%-" == nil and not TAKES_VALUE[arguments[i - 1]] then
      words = words + 1
      command = command or argument
      if words == 2 and TAKES_REST[command] then return i end
    end
  end
end

-- Returns the words that are for mde, and the rest.
function command_line.split(arguments)
  local first = rest_begins(arguments) or #arguments + 1
  return table.move(arguments, 1, first - 1, 1, {}),
         table.move(arguments, first, #arguments, 1, {})
end

function command_line.for_parser(arguments)
  local words, rest = command_line.split(arguments)
  if rest[1] and rest[1] ~= "--" then words[#words + 1] = "--" end
  return join_values(table.move(rest, 1, #rest, #words + 1, words))
end

-- Returns the first word that `commands` has as a key, and its index; or nil.
function command_line.command(arguments, commands)
  for i, argument in ipairs(arguments) do
    if commands[argument] and not TAKES_VALUE[arguments[i - 1]] then return argument, i end
  end
end

-- Quotes a word for a shell, if necessary.
function command_line.quote(word)
  return word:find "^[%w%-%._:/@=+,]+$" and word or "'" .. word:gsub("'", "'\\''") .. "'"
end

function command_line.text(arguments)
  local words = { "mde" }
  for i, word in ipairs(arguments) do words[i + 1] = command_line.quote(word) end
  return table.concat(words, " ")
end

-- Returns the words without --store: its URL may contain a password.
function command_line.without_store(arguments)
  local words, is_store = {}, false
  for _, word in ipairs(arguments) do
    if not is_store and word ~= "--store" and not word:find "^%-%-store=" then
      words[#words + 1] = word
    end
    is_store = word == "--store"
  end
  return words
end

function command_line.masked(arguments)
  local words = {}
  for i, word in ipairs(arguments) do
    words[i] = word:gsub("(postgres%a*://.*password=)[^&]*", "%1…")
                   :gsub("(postgres%a*://[^:/@]*:).*@", "%1…@")
  end
  return words
end

return command_line
