-- Lines of items.

require "spec.support.policy"
local systems = require "spec.support.system"
local item_line = require "mde.program.terminal.item_line"
local system = require "mde.program.system"

local ID = "5382f7ea-7557-4ab7-9782-d50480024a4e"

local function line(width, id, detail)
  local own = systems.new({}, { terminal = {
    is_terminal = function() return width ~= nil end, width = function() return width end } })
  local rest = { "web1.contoso.com", detail or "(late)" }
  return system.run(own, item_line, "cancelled", id or ID, rest)
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
    local launched = "(Unisolate 30d67f77-39bf-4d26-94eb-c5e21c367cd9 Pending)"
    assert.equal("cancelled         5382f7ea web1.contoso.com (Unisolate 30d67f77 Pending)",
      line(80, ID, launched))
    local refused = "(refused: request " .. ID .. ")"
    assert.truthy(line(80, ID, refused):find("request\n  " .. ID .. ")", 1, true))
  end)
end)
