-- Exit statuses of errors.

require "spec.support.policy"
local errors = require "mde.base.errors"
local failure = require "mde.program.exit"
local system = require "mde.program.system"

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
    system.state.filter = true
    assert.equal(2, status("bad_request", "list"))
    system.state.filter = nil
    assert.equal(1, status("bad_request", "cancel"))
  end)

  it("of an action that had not ended in time is 1", function()
    local late = errors.new { code = "deadline", message = "x", action = {} }
    assert.same({ 1, 4 }, { failure.status(late), status "deadline" })
  end)

  it("of an item is that of the service, the sign-in, or 1", function()
    local function of(code) return failure.of_item(errors.new { code = code, message = "x" }) end
    assert.same({ 4, 5, 1, 1 }, { of "service", of "forbidden", of "limit", failure.of_item(nil) })
  end)

  it("of a verdict is 0 as asked, and 1 if its end was waited for in vain", function()
    assert.same({ 0, 1, 0 }, { failure.of_verdict "accepted",
      failure.of_verdict("accepted", nil, true), failure.of_verdict("cancelled", nil, true) })
    assert.is_nil(failure.of_verdict "unsent")
    assert.equal(1, failure.of_verdict "too_late")
  end)

  it("of several is the common one, else 1", function()
    assert.same({ 0, 4, 1 }, { failure.of_all {}, failure.of_all { [4] = true },
                               failure.of_all { [0] = true, [4] = true } })
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

  it("of wrong use depends on a condition", function()
    failure.misuse_if(false, "%s", "x")
    local ok, raised = pcall(failure.misuse_if, true, "%s is wrong", "x")
    assert.is_false(ok)
    assert.same({ "x is wrong", 2 }, { tostring(raised), failure.status(raised) })
  end)

  it("is raised for a nil value, and the value returned otherwise", function()
    assert.equal(7, failure.check(7))
    assert.is_false(failure.check(false))
    local problem = errors.new { code = "network", message = "x" }
    local ok, raised = pcall(failure.check, nil, problem)
    assert.same({ false, problem }, { ok, raised })
  end)
end)
