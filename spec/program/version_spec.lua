-- mde --version.

local program = require "spec.support.program"

describe("mde --version", function()
  it("prints the version", function()
    local expected = "mde " .. dofile "lua/mde/base/version.lua" .. "\n"
    for _, words in ipairs { { "--version" }, { "--verbose", "--version" } } do
      local run = program.run(table.unpack(words))
      assert.same({ status = 0, out = expected, err = "" }, run)
    end
  end)

  it("loads neither libcurl nor the simulator", function()
    local run = program.sh "LD_DEBUG=files $mde --version 2>&1"
    assert.truthy(run.out:find("liblua", 1, true))
    assert.falsy(run.out:find("libcurl", 1, true))
    assert.falsy(run.out:find("httpd", 1, true))
  end)
end)
