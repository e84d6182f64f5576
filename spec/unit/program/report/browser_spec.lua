-- Opening a page in the browser.

require "spec.support.policy"
local browser = require "mde.program.report.browser"
local output = require "mde.program.terminal.output"
local system = require "mde.program.system"
local systems = require "spec.support.system"

-- -> what was written to the file, started programs, standard output, standard error
local function opened(environment, programs)
  local text, started = "", {}
  local file = { write = function(self, ...) text = text .. table.concat { ... }; return self end,
                 close = function() return true end }
  local own = systems.new(environment, {
    open = function() return file end,
    file = { make_temporary_folder = function() return "/tmp/x" end },
    process = { spawn = function(words)
      started[#started + 1] = table.concat(words, " ")
      return programs[words[1]] and 7 or nil
    end } })
  system.run(own, browser.open, "night", function() output.write "<p>page" end)
  return text, started, own.stdout.text, own.stderr.text
end

describe("a page", function()
  it("is written to a file, which the browser opens", function()
    assert.same({ "<p>page", { "xdg-open /tmp/x/night.html" }, "/tmp/x/night.html\n", "" },
      { opened({}, { ["xdg-open"] = true }) })
    assert.same({ "w3m /tmp/x/night.html" },
      (select(2, opened({ BROWSER = "w3m" }, { w3m = true }))))
  end)

  it("is named if there is no browser", function()
    local _, started, out, err = opened({}, {})
    assert.equal(3, #started)
    assert.equal("/tmp/x/night.html\n", out)
    assert.equal("No browser was found: open this file in one.\n", err)
  end)
end)
