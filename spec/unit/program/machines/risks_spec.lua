-- Risks of isolating a machine.

require "spec.support.policy"
local risks = require "mde.program.machines.risks"

local function codes(platform, unseen)
  local list = {}
  for i, risk in ipairs(risks.of { osPlatform = platform, seen = function() return unseen end }) do
    list[i] = risk.code
  end
  return list
end

describe("the risks of a machine", function()
  it("are those of its platform, and of being offline for more than two hours", function()
    assert.same({}, codes("Windows11", 7200))
    assert.same({ "offline" }, codes("Windows11", 7201))
    assert.same({ "server", "hyper_v" }, codes("WindowsServer2022", 60))
    assert.same({ "iptables" }, codes("Linux", nil))
    assert.same({}, codes(nil, nil))
  end)

  it("name the time", function()
    local risk = risks.of { seen = function() return 10800 end }[1]
    assert.truthy(risk.text:find("not seen for 3h:", 1, true))
  end)
end)
