-- mde version, and what mde --version shows.

local output = require "mde.cli.output"

local version = { text = "mde " .. require "mde.version" }

function version.define() end

function version.run()
  output.text(version.text)
  return 0
end

return version
