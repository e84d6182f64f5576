-- mde version, and what mde --version shows.

local output = require "mde.program.terminal.output"

local version = { text = "mde " .. require "mde.base.version" }

function version.define() end

function version.run()
  output.text(version.text)
  return 0
end

return version
