-- Lines of items.

require "spec.support.policy"
local systems = require "spec.support.system"
local item_line = require "mde.program.terminal.item_line"
local system = require "mde.program.system"

local ID = "5382f7ea-7557-4ab7-9782-d50480024a4e"

local function line(width, id)
  local own = systems.new({}, { terminal = {
    is_terminal = function() return width ~= nil end, width = function() return width end } })
  return system.run(own, item_line, "cancelled", id or ID, { "web1.contoso.com", "(late)" })
end

describe("the line of an item", function()
  it("has the whole id in a pipe, or if it fits", function()
    local whole = "cancelled         " .. ID .. " web1.contoso.com (late)"
    assert.equal(whole, line(nil))
    assert.equal(whole, line(#whole))
  end)

  it("has its first digits if it does not fit", function()
    assert.equal("cancelled         5382f7ea web1.contoso.com (late)", line(60))
    assert.equal("cancelled         x\n  web1.contoso.com\n  (late)", line(20, "x"))
  end)
end)
