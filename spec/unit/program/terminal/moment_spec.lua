-- Moments for people.

local systems = require "spec.support.system"
local moment = require "mde.program.terminal.moment"
local system = require "mde.program.system"

describe("a moment", function()
  local own = systems.new({}, { date = function(format, seconds)
    return os.date("!" .. format, seconds)
  end })
  local function within(f, ...) return system.run(own, f, ...) end

  it("is local time with its zone", function()
    assert.equal("2026-01-23 20:10:40 GMT", within(moment.at, 1769199040.9))
    assert.equal("2026-01-23 20:10:40 GMT", within(moment.local_text, "2026-01-23T20:10:40.12Z"))
    assert.equal("soon", within(moment.local_text, "soon"))
  end)

  it("is relative, in its largest unit", function()
    assert.same({ "2h ago", "in 5m", "0s ago" }, { moment.ago(0, 7300), moment.ago(300, 0),
                                                   moment.ago(7, 7) })
    assert.equal("2026-01-23 20:10:40 GMT (1d ago)",
      within(moment.of, "2026-01-23T20:10:40Z", 1769199040 + 90000))
    assert.equal("-", moment.of "-")
  end)
end)
