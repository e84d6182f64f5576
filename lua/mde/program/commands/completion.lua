-- mde completion: prints the script that completes the command line in a shell.

local failure = require "mde.program.exit"
local output = require "mde.program.terminal.output"
local tables = require "mde.base.tables"

local completion = {}

-- The scripts pass the words to `mde --complete`, which prints a line for each word that can follow:
-- the word, a tab and its description; or ":files".
local SCRIPTS = {}

-- The description is shown beside several words, and not inserted with the only one.
SCRIPTS.bash = [=[
_mde() {
  local word about
  COMPREPLY=()
  while IFS=$'\t' read -r word about; do
    if [[ $word == :files ]]; then
      compopt -o default
      return
    fi
    COMPREPLY+=("$word${about:+  ($about)}")
  done < <("$1" --complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
  if [[ ${#COMPREPLY[@]} == 1 || $COMP_TYPE == 37 || $COMP_TYPE == 42 ]]; then
    COMPREPLY=("${COMPREPLY[@]%%  (*}")
    [[ $COMPREPLY != *[^[:alnum:]._@=,:/-]* ]] || printf -v COMPREPLY %q "$COMPREPLY"
  fi
}
complete -F _mde mde
]=]

SCRIPTS.zsh = [=[
#compdef mde
_mde() {
  local line
  local -a found
  for line in "${(@f)$("${words[1]}" --complete "${(@Q)words[2,CURRENT-1]}" "${(Q)PREFIX}" \
      2>/dev/null)}"; do
    if [[ $line == :files ]]; then
      compset -P '--*='
      _files
      return
    fi
    [[ -z $line ]] || found+=("${${line%%$'\t'*}//:/\\:}${${(M)line##*$'\t'}:+:${line#*$'\t'}}")
  done
  _describe -t words 'mde' found
}
if [[ $funcstack[1] == _mde ]]; then _mde "$@"; else compdef _mde mde; fi
]=]

SCRIPTS.fish = [=[
function __mde_complete
  set -l words (commandline -opc)
  set -l found ($words[1] --complete $words[2..] (commandline -ct) 2>/dev/null)
  if test "$found" = :files
    __fish_complete_path (commandline -ct)
  else
    printf '%s\n' $found
  end
end
complete -c mde -f -a '(__mde_complete)'
]=]

function completion.define(command)
  command:epilog [[
`make install` and packages install the scripts for all shells. By hand:

Examples:
   eval "$(mde completion bash)"                 in ~/.bashrc
   eval "$(mde completion zsh)"                  in ~/.zshrc, after compinit
   mde completion fish > ~/.config/fish/completions/mde.fish

Profiles, batches, open actions, their machines and requestors are completed,
too. Open actions are read from the service in at most 2 s, and kept for a
minute in completion.json.]]
  local shell = command:argument("shell", "bash, zsh or fish."):argname "SHELL"
  function shell.words() return tables.keys(SCRIPTS) end
end

function completion.run(parsed)
  local script = SCRIPTS[parsed.shell]
  failure.misuse_if(not script, "'%s' is none of these shells: bash, zsh, fish", parsed.shell)
  output.write(script)
  return 0
end

return completion
