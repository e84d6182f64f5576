-- Exit statuses of errors.

require "spec.support.policy"
local errors = require "mde.base.errors"
local failure = require "mde.program.exit"

local function status(code, operation)
  return failure.status(errors.new { code = code, message = "x", operation = operation })
end

describe("the exit status", function()
  it("is that of the error's code", function()
    assert.same({ 2, 5, 5, 3, 130, 4 }, {
      status "invalid_argument", status "missing_credential", status "forbidden",
      status "limit", status "interrupted", status "network" })
  end)

  it("of a refused list is wrong use only if the user wrote the filter", function()
    assert.equal(4, status("bad_request", "list"))
    failure.filter = true
    assert.equal(2, status("bad_request", "list"))
    failure.filter = nil
    assert.equal(1, status("bad_request", "cancel"))
  end)

  it("of a defect is none", function()
    assert.is_nil(failure.status "attempt to index a nil value")
  end)
end)

describe("a failure", function()
  it("has its message and status", function()
    local ok, raised = pcall(failure.raise, failure.refused, "%d of %s", 3, "4")
    assert.is_false(ok)
    assert.same({ "3 of 4", 3 }, { tostring(raised), failure.status(raised) })
  end)

  it("is raised for a nil value, and the value returned otherwise", function()
    assert.equal(7, failure.check(7))
    assert.is_false(failure.check(false))
    local problem = errors.new { code = "network", message = "x" }
    local ok, raised = pcall(failure.check, nil, problem)
    assert.same({ false, problem }, { ok, raised })
  end)
end)
