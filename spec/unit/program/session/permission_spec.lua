-- The check that a token can read what it changes.

require "spec.support.policy"
local failure = require "mde.program.exit"
local permission = require "mde.program.session.permission"

local function check(may_read, err, parsed)
  local session = { may = function() return may_read, err end }
  local ok, raised = pcall(permission.check, session, parsed or {})
  return ok or raised
end

describe("a token", function()
  it("that can read actions passes, and so does one that does not say", function()
    assert.is_true(check(true))
    assert.is_true(check(nil))
  end)

  it("that cannot is refused, unless that was asked for", function()
    assert.equal(failure.sign_in, check(false).status)
    assert.matches("Machine.Read.All", tostring(check(false)), 1, true)
    assert.is_true(check(false, nil, { unverified = true }))
  end)

  it("that cannot be fetched ends the command with the error", function()
    local problem = require "mde.base.errors".new { code = "sign_in", message = "refused" }
    assert.equal(problem, check(nil, problem))
  end)
end)
