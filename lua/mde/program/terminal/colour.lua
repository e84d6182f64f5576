-- Colours text by its meaning: the same meaning has the same colour in every table and message.
--
-- --color decides first, then NO_COLOR, then the terminal.

local system = require "mde.program.system"

local colour = {}

local CODES = { good = "32", waiting = "33", running = "36", bad = "31" }

-- The meaning of words of the service and of this program.
local MEANINGS = {
  Pending = "waiting", InProgress = "running", Succeeded = "good", Failed = "bad", TimeOut = "bad",
  Active = "good", Inactive = "waiting", NoSensorData = "waiting", High = "bad", Medium = "waiting",
  isolated = "bad", restricted = "bad", isolating = "waiting", restricting = "waiting",
  open = "waiting", running = "running", stuck = "bad",
  cancel = "waiting", undo = "waiting", keep = "good",
}

-- True if text for this file descriptor is coloured.
function colour.is_on(fd)
  local mode = system.state.color or "auto"
  if mode ~= "auto" then return mode == "always" end
  return system.terminal.is_terminal(fd) and (system.getenv "NO_COLOR" or "") == ""
         and system.getenv "TERM" ~= "dumb"
end

-- Returns the code of a word, or nil.
function colour.of(word) return CODES[MEANINGS[word]] end

-- Returns text (made printable before) in the colour of a meaning.
function colour.paint(text, meaning)
  return ("\27[%sm%s\27[0m"):format(CODES[meaning] or meaning, text)
end

return colour
