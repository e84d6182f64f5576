-- The client of a command.

require "spec.support.policy"
local client = require "mde.program.session.client"

describe("the client's options", function()
  it("come from the command line over those that are given", function()
    local given = { timeout = 5, reserve = 0.1, on_notice = print }
    local merged = client.settings({ timeout = 9 }, given)
    assert.same({ 9, 0.1, 5 }, { merged.timeout, merged.reserve, given.timeout })
    assert.equal(print, merged.on_notice)
    assert.equal(5, client.settings({}, given).timeout)
  end)

  it("have an observer of requests with --verbose alone", function()
    local given = { on_notice = print }
    assert.is_nil(client.settings({}, given).on_request)
    assert.is_function(client.settings({ verbose = true }, given).on_request)
  end)
end)

describe("a command that only reads", function()
  it("ends after ten minutes, or --deadline", function()
    local session = { clock = { monotonic = function() return 1000 end } }
    assert.equal(1600, client.bounded(session, {}).ends_at)
    assert.equal(1005, client.bounded(session, { deadline = 5 }).ends_at)
  end)
end)
