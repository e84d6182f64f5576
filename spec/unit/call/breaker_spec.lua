-- The breaker of an operation.

local breakers = require "mde.call.breaker"

-- A breaker that these items have opened, at moment 100.
local function opened(...)
  local breaker = breakers.new()
  for _, item in ipairs { ... } do breaker:failed(item, 100) end
  return breaker
end

describe("a breaker", function()
  it("opens after five different items in a row have failed", function()
    local breaker = opened("a", "b", "c", "d")
    assert.is_false(breaker.open_since)
    breaker:failed("e", 101)
    assert.equal(101, breaker.open_since)
  end)

  it("counts an item once, however often it fails", function()
    assert.is_false(opened("a", "a", "a", "a", "a", "a", "b").open_since)
  end)

  it("counts anew after an answer", function()
    local breaker = opened("a", "b", "c", "d")
    breaker:answered()
    breaker:failed("e", 101)
    assert.is_false(breaker.open_since)
    assert.is_true(breaker:free_at("f", 101) < 101)
  end)

  it("lets one item through after 1, 2, 4 … 60 s", function()
    local breaker, now, pauses = opened("a", "b", "c", "d", "e"), 100, {}
    for i = 1, 8 do
      local free = breaker:free_at("f" .. i, now)
      pauses[i] = free - now
      assert.is_true(breaker:try("f" .. i, free))
      assert.is_true(breaker:free_at("g", free) > free)
      breaker:failed("f" .. i, free)
      now = free
    end
    assert.same({ 1, 2, 4, 8, 16, 32, 60, 60 }, pauses)
  end)

  it("waits as long as the service asks, at most 60 s", function()
    local breaker = opened("a", "b", "c", "d", "e")
    for _, case in ipairs { { 20, 20 }, { 0, 4 }, { 3000, 60 } } do
      local now = breaker:free_at("f", 100)
      breaker:try("f", now)
      breaker:failed("f", now, false, case[1])
      assert.equal(case[2], breaker:free_at("g", now) - now)
    end
    breaker:answered()
    for _, item in ipairs { "a", "b", "c", "d", "e" } do breaker:failed(item, 1000, true, 5) end
    assert.equal(1005, breaker:free_at("f", 1000))
  end)

  it("prefers an item that has not failed", function()
    local breaker = opened("a", "b", "c", "d", "e")
    assert.is_true(breaker:free_at("f", 100) < breaker:free_at("a", 100))
  end)

  it("is not delayed by items that were in flight when it opened", function()
    local breaker = opened("a", "b", "c", "d", "e")
    breaker:failed("late", 130)
    assert.equal(101, breaker:free_at("f", 130))
  end)

  it("keeps a probe if an older request of another process for its item fails", function()
    local breaker = opened("a", "b", "c", "d", "e")
    breaker:try("a", 102, "process 1")
    breaker:failed("a", 103, true, nil, "process 2")
    assert.is_true(breaker:free_at("f", 104) > 200)
    breaker:failed("a", 105, true, nil, "process 1")
    assert.equal(107, breaker:free_at("f", 105))
  end)

  it("lets no other process try the item of a probe", function()
    local breaker = opened("a", "b", "c", "d", "e")
    breaker:try("a", 102, "process 1")
    assert.is_true(breaker:free_at("a", 104, "process 1") <= 104)
    assert.is_true(breaker:free_at("a", 104, "process 2") > 200)
    assert.is_false(breaker:refused("a", 104, "process 2"))
  end)

  it("lets ten requests through in half an hour, if reads are answered", function()
    local breaker, now, sent = opened("a", "b", "c", "d", "e", "f"), 100, 0
    for i = 1, 20 do
      now = breaker:free_at("a", now)
      if now <= 100 + 1800 then sent = i end
      breaker:try("a", now)
      breaker:failed("a", now, true)
    end
    assert.equal(10, sent)
  end)

  it("opens for HTTP 429 until the service allows a request", function()
    local breaker = breakers.new()
    breaker:throttled("a", 100, 108)
    assert.same({ 108, 108 }, { breaker:free_at("a", 100), breaker:free_at("b", 100) })
    assert.is_false(breaker.has_failed)
    local now, sent = 108, 0
    while now <= 1900 do
      sent = sent + 1
      breaker:try("b", now)
      breaker:throttled("b", now, now + 8)
      now = breaker:free_at("b", now)
    end
    assert.same({ 10, true }, { sent, breaker.has_failed })
    breaker:answered()
    assert.is_false(breaker.is_throttled)
  end)

  it("lets the item whose token was refused try the next one alone", function()
    local breaker = breakers.new()
    assert.is_true(breaker:refused("a", 100))
    assert.is_false(breaker:refused("b", 100))
    assert.is_true(breaker:free_at("a", 100) <= 100)
    assert.is_true(breaker:free_at("b", 100) > 100)
    breaker:answered()
    assert.is_true(breaker:free_at("b", 100) <= 100)
  end)

  it("lets no other item through while a probe that waits for a slot is renewed", function()
    local breaker = opened("a", "b", "c", "d", "e")
    assert.is_true(breaker:try("f", 101, "p1"))
    assert.is_false(breaker:renew("f", 102, "p1"))
    assert.is_false(breaker:renew("f", 170, "p2"))
    assert.is_true(breaker:renew("f", 170, "p1"))
    assert.equal(290, breaker:free_at("g", 230, "p1"))
  end)

  it("lets the next item through if a probe never ends", function()
    local breaker = opened("a", "b", "c", "d", "e")
    breaker:try("f", 101)
    assert.is_true(breaker:free_at("g", 150) > 150)
    assert.is_true(breaker:free_at("g", 230) <= 230)
  end)

  it("closes when a probe is answered", function()
    local breaker = opened("a", "b", "c", "d", "e")
    breaker:try("f", 101)
    breaker:answered()
    assert.is_false(breaker:try("g", 101))
    assert.is_true(breaker:free_at("a", 101) < 101)
  end)
end)
