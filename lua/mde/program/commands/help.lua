-- mde help [COMMAND|TOPIC]: prints the help of mde, of a command or on a topic.

local failure = require "mde.program.exit"
local output = require "mde.program.terminal.output"
local tables = require "mde.base.tables"
local topics = require "mde.program.topics"

local help = {}

function help.define(command)
  local topic = command:argument("topic", "A command, or a topic: environment, files.")
    :args "?":argname "COMMAND|TOPIC"
  function topic.words()
    local names = tables.keys(topics)
    for _, each in ipairs(command._parent._commands) do names[#names + 1] = each._name end
    return names
  end
end

function help.run(parsed, program)
  local text = topics[parsed.topic] or program:help(parsed.topic)
  failure.misuse_if(not text, "'%s' is not a command or topic of mde", parsed.topic)
  output.text(text)
  return 0
end

return help
