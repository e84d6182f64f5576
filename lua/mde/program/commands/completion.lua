-- mde completion: prints the script that completes the command line in a shell.

local failure = require "mde.program.exit"
local output = require "mde.program.terminal.output"

local completion = {}

local SHELLS = { bash = "get_bash_complete", zsh = "get_zsh_complete", fish = "get_fish_complete" }

function completion.define(command)
  command:epilog [[
`make install` and packages install the scripts for all shells. By hand:

Examples:
   eval "$(mde completion bash)"                 in ~/.bashrc
   mde completion zsh > ~/.zfunc/_mde            with fpath+=~/.zfunc in ~/.zshrc
   mde completion fish > ~/.config/fish/completions/mde.fish]]
  local shell = command:argument("shell", "bash, zsh or fish."):argname "SHELL"
  function shell.words() return { "bash", "zsh", "fish" } end
end

-- Gives argparse the words of each option and of the first argument. The argument's words become
-- commands, since argparse completes an argument in zsh alone.
local function tell_words(command)
  for _, option in ipairs(command._options) do
    if option.words then option:choices(option.words()) end
  end
  local first = command._arguments[1]
  local words = first and (first._choices or first.words and first.words())
  if not words then return end
  local others = table.move(command._arguments, 2, #command._arguments, 1, {})
  command._arguments = {}
  for _, word in ipairs(words) do
    local inner = command:command(word)
    inner._options, inner._arguments = command._options, others
  end
end

function completion.run(parsed, program)
  local method = SHELLS[parsed.shell]
  if not method then
    failure.raise(failure.usage, "'%s' is none of these shells: bash, zsh, fish",
      parsed.shell)
  end
  for name, command in pairs(program.commands) do
    program:load(name)
    tell_words(command)
  end
  program.commands.help._is_help_command = true  -- as argparse marks it
  output.write(program.parser[method](program.parser))
  return 0
end

return completion
