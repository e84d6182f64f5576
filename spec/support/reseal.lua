-- Gives a plan another maker's name, of two lines, and a new seal (a playbook).

local core = require "mde.core"

local file = assert(io.open(arg[1], "rb"))
local text = file:read "a":gsub('"by":"', '%0x\\nforged: ', 1)
file:close()
text = text:match "^(.*\n).*\n$"
file = assert(io.open(arg[1], "wb"))
file:write(text, '{"sha256":"', core.sha256(text), '"}\n')
file:close()
