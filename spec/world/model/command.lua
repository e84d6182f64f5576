-- Reads the command line of a process: its command, operands and options.

local TAKES_VALUE = {
  ["-m"] = true, ["-o"] = true, ["--max"] = true, ["--override"] = true, ["--type"] = true,
  ["--status"] = true, ["--requestor"] = true, ["--after"] = true, ["--before"] = true,
  ["--approve"] = true, ["--parallel"] = true, ["--canary"] = true, ["--give-up"] = true,
  ["--batch"] = true, ["--store"] = true, ["--deadline"] = true, ["--order"] = true,
  ["--progress"] = true, ["--reserve"] = true, ["--expires"] = true,
  ["--older-than"] = true, ["--newer-than"] = true,
  ["--machine"] = true, ["--comment"] = true, ["--every"] = true,
}
local TWO_WORDS = { batch = true, launch = true, audit = true }

local function add_option(command, name, value)
  if name == "--override" then
    command.overrides[value] = true
  else
    command.options[name] = value
  end
end

-- { name = "cancel", operands = { … }, options = { ["--max"] = "5" }, overrides = { max = true } }
return function(argv)
  local command = { operands = {}, options = {}, overrides = {} }
  local i, words = 1, {}
  while i <= #argv do
    local word = argv[i]
    local name, value = word:match "^(%-%-[%w-]+)=(.*)$"
    if name then
      add_option(command, name, value)
    elseif TAKES_VALUE[word] then
      add_option(command, word, argv[i + 1] or "")
      i = i + 1
    elseif word:find "^%-." then
      command.options[word] = true
    else
      words[#words + 1] = word
    end
    i = i + 1
  end
  local first = TWO_WORDS[words[1]] and 2 or 1
  command.name = table.concat(words, " ", 1, math.min(first, #words))
  table.move(words, first + 1, #words, 1, command.operands)
  return command
end
