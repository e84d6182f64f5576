-- Writes a page into a folder of its own, and opens it in the browser.

local failure = require "mde.program.exit"
local output = require "mde.program.terminal.output"
local system = require "mde.program.system"

local browser = {}

-- Starts the first program that exists. -> whether there is one
local function start(path)
  local own = system.getenv "BROWSER" or ""
  for _, program in ipairs(own ~= "" and { own } or { "xdg-open", "open", "wslview" }) do
    if system.process.spawn { program, path } then return true end
  end
  return false
end

local function new_file(name)
  local folder, problem = system.file.make_temporary_folder()
  if not folder then failure.raise(failure.failed, "no folder for the page: %s", problem) end
  local path = ("%s/%s.html"):format(folder, name)
  local file
  file, problem = system.open(path, "w")
  if not file then failure.raise(failure.failed, "%s", problem) end
  return file, path
end

-- Opens the page that `write` writes to standard output; `name` of its file.
function browser.open(name, write)
  local file, path = new_file(name)
  system.with({ stdout = file }, write)
  local closed, problem = file:close()
  if not closed then failure.raise(failure.failed, "%s: %s", path, problem) end
  output.line(path)
  output.flush()
  if not start(path) then output.note "No browser was found: open this file in one." end
end

return browser
