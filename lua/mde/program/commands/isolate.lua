-- mde isolate: mde launch isolate, in one word.

local launch = require "mde.program.commands.launch"
local launches = require "mde.program.launch.kinds"

local isolate = {}

function isolate.define(command)
  command:epilog [[
The same as `mde launch isolate`: see `mde help launch`.

Example:
   mde isolate srv-1.contoso.com -m "INC0048211"]]
  launches.define_scope(command)
  launch.define_rest(command)
end

function isolate.run(parsed)
  parsed.type = "isolate"
  return launch.run(parsed)
end

return isolate
