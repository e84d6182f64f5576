-- mde version: prints the version.

local output = require "mde.program.terminal.output"

local version = {}

function version.define() end

function version.run()
  output.text("mde " .. require "mde.base.version")
  return 0
end

return version
