-- A batch's progress, under a clock that a test moves.

local program = require "spec.support.program"

-- Standard error while `script` moves the clock.
local function told(script)
  return program.sh(([[
    cat >script.lua <<'END'
      local clocks = require "mde.simulator.clock"
      local clock = clocks.new()
      local quota = require "mde.call.quota".new(function() return 100, 1500 end)
      local progress = require "mde.program.batch.progress".new(
        { clock = clock, quota = quota }, 3000, nil, "cancel")
      %s
END
    exec $mde run script.lua $as]]):format(script))
end

local HALF_AN_HOUR = [[
  for second = 1, 1800 do
    clock.advance(1)
    if second <= 812 then progress:count(second % 40 == 0 and "already_final" or "cancelled") end
    progress:tick()
  end
  progress:finish()]]

describe("the progress of a batch", function()
  it("is a line a minute in a pipe", function()
    local run = told(HALF_AN_HOUR)
    assert.equal(0, run.status, run.err)
    local lines = {}
    for line in run.err:gmatch "[^\n]+" do lines[#lines + 1] = line end
    assert.equal(30, #lines)
    assert.truthy(lines[1]:find "^60/3000  59 cancelled  1 already_final  0/min  ends %d%d:%d%d$",
      lines[1])
    assert.truthy(lines[30]:find "^812/3000  792 cancelled  20 already_final  0/min  ends ")
  end)

  it("says how many went out in a minute, and when the next slot is free", function()
    local run = told [[
      for _ = 1, 100 do
        quota:answered(quota:take("cancel", clock.monotonic()), clock.monotonic())
        progress:count "cancelled"
      end
      clock.advance(60)
      progress:tick()]]
    assert.truthy(run.err:find "100/3000  100 cancelled  100/min  next slot %d%d:%d%d:%d%d  ends ",
      run.err)
  end)

  it("says what it waits for while the service holds it back, and no end, which moves", function()
    local run = told [[
      clock.advance(60)
      quota:pause("cancel", clock.monotonic() + 300)
      progress:tick()
      clock.advance(301)
      progress:tick()
      for i = 1, 5 do quota:failed("cancel", "item" .. i, clock.monotonic()) end
      quota:admit("cancel", "item1", clock.monotonic())
      clock.advance(1)
      progress.next = -math.huge
      progress:tick()]]
    local lines = {}
    for line in run.err:gmatch "[^\n]+" do lines[#lines + 1] = line end
    assert.truthy(lines[1]:find "^0/3000  paused by HTTP 429: next try %d%d:%d%d:%d%d  0/min$",
      run.err)
    assert.truthy(lines[2]:find "^0/3000  0/min  ends %d%d:%d%d$", run.err)
    assert.truthy(lines[3]:find "^0/3000  the service fails: next try %d%d:%d%d:%d%d  0/min$",
      run.err)
  end)
end)
