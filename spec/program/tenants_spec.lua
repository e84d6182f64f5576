-- Many tenants under a virtual clock, some of which hang.

-- A module of the program, which nothing here calls.
package.preload["mde.terminal"] = function() return {} end

local clocks = require "mde.simulator.clock"
local tenants = require "mde.program.session.tenants"

local clock, began, at_once

-- Reads tenants that take so many seconds each. -> seconds after which each was shown, and
-- the names in the order in which they were shown
local function read_all(seconds)
  local engine = { poll = function(_, most) clock.pass(most) end }
  local chosen, shown, order, under_way = {}, {}, {}, 0
  for i = 1, #seconds do chosen[i] = { name = "t" .. i, seconds = seconds[i] } end
  local status = tenants.each(chosen, function(profile)
    under_way = under_way + 1
    at_once = math.max(at_once, under_way)
    return { engine = engine, clock = clock, seconds = profile.seconds, close = function() end }
  end, function(session)
    local ends_at = clock.monotonic() + session.seconds
    while clock.monotonic() < ends_at do
      session.host.wait(engine, math.min(1, ends_at - clock.monotonic()))
    end
    under_way = under_way - 1
    return session.seconds
  end, function(name, took)
    assert.equal(seconds[tonumber(name:match "%d+")], took)
    shown[name], order[#order + 1] = clock.monotonic() - began, name
  end)
  assert.equal(0, status)
  return shown, order
end

describe("several tenants", function()
  before_each(function()
    clock, at_once = clocks.new(), 0
    began = clock.monotonic()
  end)

  it("are shown in their order, whichever ends first", function()
    local _, order = read_all { 3, 1, 2 }
    assert.same({ "t1", "t2", "t3" }, order)
  end)

  it("wait for none that hangs", function()
    local seconds = {}
    for i = 1, 200 do seconds[i] = 0.25 end
    seconds[1] = 600
    local shown, order = read_all(seconds)
    assert.equal(10, at_once)
    assert.equal("t1", order[200])
    for i = 2, 200 do
      assert.equal("t" .. i, order[i - 1])
      assert.is_true(shown["t" .. i] <= 11, ("t%d after %g s"):format(i, shown["t" .. i]))
    end
    assert.is_true(shown.t1 <= 601)
  end)

  it("go on when more hang than are read at once", function()
    local seconds = {}
    for i = 1, 200 do seconds[i] = i <= 12 and 600 or 0.25 end
    local shown, order = read_all(seconds)
    for i = 13, 200 do assert.equal("t" .. i, order[i - 12]) end
    assert.is_true(shown.t200 <= 31, shown.t200)
  end)
end)
