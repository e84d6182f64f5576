-- Waiting in plain Lua.

describe("plain Lua", function()
  it("waits in the engine, and never longer than asked", function()
    local waited = {}
    local engine = { poll = function(_, seconds) waited[#waited + 1] = seconds end }
    require "mde.host.plain".wait(engine, 0.25, 9)
    assert.same({ 0.25 }, waited)
  end)
end)
