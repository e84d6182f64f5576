-- Builds the command line of a shell whose prompt begins with a mark.

local system = require "mde.program.system"

local shell = {}

local quote = require "mde.program.input.command_line".quote

local function write(path, text)
  local handle <close> = assert(system.file.log(path))
  handle:append(text)
  return path
end

-- Functions of the shell's path, the mark, and a folder for its startup file, which first reads the
-- user's own.
local SHELLS = {}

function SHELLS.bash(path, mark, folder)
  return { path, "--rcfile", write(folder .. "/bashrc", ([[
[ ! -r ~/.bashrc ] || . ~/.bashrc
PS1=%s$PS1
]]):format(quote(mark))) }
end

function SHELLS.zsh(path, mark, folder)
  local own = system.getenv "ZDOTDIR"
  local restore = own and "ZDOTDIR=" .. quote(own) or "unset ZDOTDIR"
  local read = "[ ! -r ${ZDOTDIR:-~}/%s ] || . ${ZDOTDIR:-~}/%s\n"
  write(folder .. "/.zshenv", ("%s\n%sZDOTDIR=%s\n"):format(restore,
    read:format(".zshenv", ".zshenv"), quote(folder)))
  write(folder .. "/.zshrc", ("%s\n%sPROMPT=%s$PROMPT\n"):format(restore,
    read:format(".zshrc", ".zshrc"), quote(mark)))
  system.process.setenv("ZDOTDIR", folder)
  return { path }
end

function SHELLS.fish(path, mark)
  return { path, "--init-command", ([[
functions --copy fish_prompt unmarked_prompt
function fish_prompt; printf %%s %s; unmarked_prompt; end]]):format(quote(mark)) }
end

-- Returns the words that start the user's shell. Other shells take the prompt from the environment.
function shell.words(mark, folder)
  local path = system.getenv "SHELL" or "/bin/sh"
  local known = SHELLS[path:match "[^/]*$"]
  if known then return known(path, mark, folder) end
  system.process.setenv("PS1", mark .. "$ ")
  return { path }
end

return shell
