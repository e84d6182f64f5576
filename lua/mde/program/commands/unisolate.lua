-- mde unisolate: mde launch unisolate, in one word.

local launch = require "mde.program.commands.launch"

local unisolate = {}

function unisolate.define(command)
  command:epilog [[
The same as `mde launch unisolate`: see `mde help launch`.

Example:
   mde unisolate srv-1.contoso.com -m "INC0048211"]]
  launch.define_rest(command)
end

function unisolate.run(parsed)
  parsed.type = "unisolate"
  return launch.run(parsed)
end

return unisolate
