-- mde help [COMMAND]

local failure = require "mde.program.exit"
local output = require "mde.program.terminal.output"

local help = {}

function help.define(command)
  command:argument("topic", "The command."):args "?":argname "COMMAND"
end

function help.run(parsed, program)
  local text = program:help(parsed.topic)
  if not text then failure.raise(failure.usage, "'%s' is not a command of mde", parsed.topic) end
  output.text(text)
  return 0
end

return help
