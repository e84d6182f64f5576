-- A machine that the command line names.

require "spec.support.policy"
local errors = require "mde.base.errors"
local naming = require "mde.program.input.machine_name"

local ID = ("a1"):rep(20)

-- A session in which a search for a machine ends with these values.
local function finding(...)
  local results = { ... }
  return { machine = function() return results[1], results[2] end }
end

describe("a named machine", function()
  it("is looked up unless an id was given", function()
    local never = { machine = function() error "asked" end }
    assert.equal(ID, naming.criterion(never, ID))
    assert.is_nil(naming.criterion(never, nil))
    assert.equal(ID, naming.criterion(finding { id = ID }, "web1"))
  end)

  it("that several machines have is an error", function()
    local problem = errors.new { code = "ambiguous", message = "two" }
    local ok, raised = pcall(naming.criterion, finding(nil, problem), "web1")
    assert.same({ false, problem }, { ok, raised })
  end)
end)

describe("an error before anything is sent", function()
  it("says so", function()
    assert.same({ 1, nil, 3 }, { naming.before_sending(function() return 1, nil, 3 end) })
    local ok, raised = pcall(naming.before_sending, function()
      return nil, errors.new { code = "not_found", message = "no machine" }
    end)
    assert.is_false(ok)
    assert.equal("no machine; nothing was sent", raised.message)
  end)
end)
