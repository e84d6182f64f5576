-- mde completion: scripts by which shells complete the command line.

local failure = require "mde.cli.failure"
local output = require "mde.cli.output"

local completion = {}

local SHELLS = { bash = "get_bash_complete", zsh = "get_zsh_complete", fish = "get_fish_complete" }

function completion.define(command)
  command:epilog [[
`make install` and packages put the scripts where the shells look. By hand:

Examples:
   eval "$(mde completion bash)"                 in ~/.bashrc
   mde completion zsh > ~/.zfunc/_mde            with fpath+=~/.zfunc in ~/.zshrc
   mde completion fish > ~/.config/fish/completions/mde.fish]]
  command:argument("shell", "bash, zsh or fish."):argname "SHELL"
end

-- Lets argparse tell the words that an option takes, and so for the commands of a command.
local function tell_words(command)
  for _, option in ipairs(command._options) do
    if option.words then option:choices(option.words()) end
  end
  for _, inner in ipairs(command._commands) do tell_words(inner) end
end

function completion.run(parsed, program)
  local method = SHELLS[parsed.shell]
  if not method then
    failure.raise(failure.usage, "'%s' is not a shell that this is for: bash, zsh or fish",
      parsed.shell)
  end
  for name in pairs(program.commands) do program:load(name) end
  tell_words(program.parser)
  output.write(program.parser[method](program.parser))
  return 0
end

return completion
