-- A filter --requestor that matches nothing.

require "spec.support.policy"
local requestor = require "mde.program.input.requestor"
local system = require "mde.program.system"
local systems = require "spec.support.system"

local NAMES = { "soar@contoso.com", "soar@contoso.com", "dana@contoso.com" }

local session = { actions = function(_, criteria)
  local i = 0
  return function()
    repeat i = i + 1 until not NAMES[i] or not criteria.requestor or criteria.requestor == NAMES[i]
    return NAMES[i] and { requestor = NAMES[i] }
  end
end }

-- -> the number of actions, what is noted
local function list(name)
  local own, count = systems.new {}, 0
  system.run(own, function()
    for _ in requestor.actions(session, { requestor = name }, {}) do count = count + 1 end
  end)
  return count, own.stderr.text
end

describe("a requestor", function()
  it("that has actions is not explained", function()
    assert.same({ 2, "" }, { list "soar@contoso.com" })
  end)

  it("that has none is compared with those that have", function()
    local known = "Without --requestor %s, 3 actions match: of"
      .. " soar@contoso.com (2), dana@contoso.com (1)\n"
    local near = "Did you mean: --requestor soar@contoso.com\n"
    for name, more in pairs { soar = near, ["SOAR@contoso.com"] = near, nina = "" } do
      assert.same({ 0, known:format(name) .. more }, { list(name) })
    end
  end)
end)
