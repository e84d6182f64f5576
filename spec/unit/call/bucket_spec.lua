-- The windows of one operation: when the next call may go out.

local buckets = require "mde.call.bucket"

local MINUTE = { limit = 3, seconds = 60 }

-- A bucket whose slots were answered at these moments.
local function stamped(moments, windows)
  local bucket = buckets.new(windows or { MINUTE })
  for _, moment in ipairs(moments) do bucket:stamp(moment) end
  return bucket
end

describe("a window", function()
  it("has room until its limit, and again a second after the oldest call left it", function()
    assert.is_true(stamped({ 10, 20 }):free_at(0) <= 20)
    assert.equal(10 + 61, stamped({ 10, 20, 30 }):free_at(0))
    assert.equal(20 + 61, stamped({ 10, 20, 30, 71 }):free_at(0))
  end)

  it("counts calls in flight; if they fill it, only an answer can tell", function()
    local bucket = stamped { 10 }
    bucket.out = 2
    assert.equal(71, bucket:free_at(0))
    bucket.out = 3
    assert.is_nil(bucket:free_at(0))
    assert.same({ 4, 71 }, { bucket:used(MINUTE, 50) })
  end)

  it("leaves a reserve, and slots to the processes ahead", function()
    assert.equal(71, stamped({ 10, 20 }):free_at(0.3))
    assert.equal(71, stamped({ 10, 20 }):free_at(0, 1))
  end)

  it("waits for the longest of several windows and for a pause", function()
    local windows = { MINUTE, { limit = 4, seconds = 3600 } }
    local bucket = stamped({ 10, 100, 200, 300 }, windows)
    assert.equal(3611, bucket:free_at(0))
    bucket.paused = 5000
    assert.equal(5000, bucket:free_at(0))
  end)

  it("keeps slots of other processes until they are settled", function()
    local bucket = stamped { 10, 20 }
    bucket:expect("other 1", 90)
    assert.is_true(bucket:is_shared(50))
    assert.equal(71, bucket:free_at(0))
    bucket:settle("other 1", 30)
    assert.equal(3, (bucket:used(MINUTE, 50)))
    bucket:expect("other 2", 95)
    bucket:settle "other 2"
    assert.equal(3, (bucket:used(MINUTE, 50)))
    assert.is_false(bucket:is_shared(50))
  end)

  it("knows when the last of many calls goes out at best", function()
    local bucket = buckets.new { MINUTE }
    assert.equal(100, bucket:best(3, 100, 0))
    assert.equal(161, bucket:best(4, 100, 0))
    assert.equal(222, bucket:best(9, 100, 0))
    assert.equal(0, (bucket:used(MINUTE, 100)))
  end)

  it("takes hardly more steps for a long window than for a short one", function()
    if jit then return pending "compiled code counts no steps" end
    local function steps(limit)
      local window, count = { limit = limit, seconds = 60 }, 0
      local bucket = buckets.new { window }
      for i = 1, limit do bucket:stamp(i / limit) end
      local hook, mask, number = debug.gethook()
      debug.sethook(function() count = count + 1 end, "", 1)
      bucket:free_at(0)
      bucket:stamp(70)
      bucket:used(window, 70)
      debug.sethook(hook, mask, number)
      return count
    end
    assert.is_true(steps(100000) < 3 * steps(100))
  end)
end)
