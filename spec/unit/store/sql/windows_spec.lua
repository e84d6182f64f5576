-- The quota's windows, as several processes share them: one suite for each store.

local memory = require "mde.store.memory"
local quota = require "mde.call.quota"
local stores = require "spec.support.stores"

teardown(stores.stop)

-- The store in nginx knows no transactions, and no names of workers.
local function shares(kind)
  local started = 0
  before_each(function() started = 0 end)

  local function quotas(per_minute, per_hour, count, reserve)
    local list = {}
    for i = 1, count do
      started = started + 1
      local store = stores.open("process " .. started)
      list[i] = quota.new(function() return per_minute, per_hour end, 30, store:windows "app",
        reserve)
      list[i].store = store
    end
    return list
  end

  local function now() return stores.clock.monotonic() end

  local function take(limits)
    local slot, moment = limits:take("cancel", now())
    limits.store:commit()
    return slot, moment
  end

  local function answer(limits, slot, how)
    limits[how or "answered"](limits, slot, now())
    limits:flush()
    limits.store:commit()
  end

  it("lets two processes take as many slots as one", function()
    local limits = quotas(5, 100, 2)
    local taken = 0
    for i = 1, 10 do
      local slot = take(limits[i % 2 + 1])
      if slot then
        taken = taken + 1
        answer(limits[i % 2 + 1], slot)
      end
    end
    assert.equal(5, taken)
  end)

  it("tells others of a slot that went unused, or was answered early", function()
    local limits = quotas(2, 100, 2)
    local first, second = take(limits[1]), take(limits[1])
    local slot, moment = take(limits[2])
    assert.is_nil(slot)
    assert.is_true(moment <= now() + 1)  -- it looks again soon
    answer(limits[1], first, "unused")
    limits[2]:bucket("cancel").looked_at = -math.huge
    assert.is_table((take(limits[2])))
    answer(limits[1], second)
  end)

  it("counts lost calls and those of a dead process until their timeout", function()
    local limits = quotas(1, 100, 2)
    assert.is_table((take(limits[1])))
    stores.close(limits[1].store)
    local bucket = limits[2]:bucket "cancel"
    assert.is_nil((take(limits[2])))
    assert.is_true(math.abs(bucket:free_at(0) - (now() + 30 + 61)) < 1)
  end)

  it("continues after a restart, and forgets nothing of the last hour", function()
    local limits = quotas(100, 3, 1)
    for _ = 1, 3 do answer(limits[1], (take(limits[1]))) end
    stores.close(limits[1].store)
    local again = quotas(100, 3, 1)[1]
    local slot, moment = take(again)
    assert.is_nil(slot)
    assert.is_true(math.abs(moment - (now() + 3601)) < 1, moment - now())
  end)

  it("pauses a process that knows no limits", function()
    local limits = quotas(nil, nil, 2)
    limits[1]:pause("cancel", now() + 40)
    limits[1]:flush()
    limits[1].store:commit()
    local slot, moment = take(limits[2])
    assert.is_nil(slot)
    assert.is_true(moment <= now() + 40)
    assert.is_table((limits[2]:take("get", now())))
    limits[2].store:commit()
  end)

  it("pauses all operations if one is paused", function()
    local limits = quotas(100, 1500, 2)
    limits[1]:pause("cancel", now() + 40)
    limits[1]:flush()
    limits[1].store:commit()
    local slot, moment = take(limits[2])
    assert.is_nil(slot)
    assert.is_true(math.abs(moment - now() - 40) < 1)
    assert.is_table((limits[2]:take("get", now())))
    limits[2].store:commit()
  end)

  it("leaves a reserve to people", function()
    local limits = quotas(10, 100, 2, 0.2)
    limits[2].reserve = 0
    for i = 1, 9 do
      local slot = take(limits[1])
      assert.equal(i <= 8, slot ~= nil)
      if slot then answer(limits[1], slot) end
    end
    for _ = 1, 2 do answer(limits[2], (take(limits[2]))) end
    assert.is_nil((take(limits[2])))
  end)

  it("keeps no slot that could not be noted", function()
    local limits = quotas(1, 100, 1)[1]
    function limits.shared.take() error("disk full", 0) end
    assert.is_false(pcall(limits.take, limits, "cancel", now()))
    limits.store:rollback()
    limits.shared.take = nil
    assert.is_table((take(limits)))
  end)

  if kind == "nginx" then return end

  it("takes nothing back into the windows that was rolled back", function()
    local limits = quotas(1, 100, 2)
    local slot = limits[1]:take("cancel", now())
    limits[1].store:rollback()
    limits[1]:unused(slot)
    limits[1].pending = {}
    assert.is_table((take(limits[2])))
  end)

  it("tells who holds slots", function()
    local limits = quotas(10, 100, 2)
    take(limits[1])
    take(limits[1])
    take(limits[2])
    assert.same({ { "process 1", 2 }, { "process 2", 1 } },
      limits[1].shared:holders("cancel", now() - 60))
  end)
end

for _, kind in ipairs { "sqlite", "postgresql", "nginx" } do
  describe("the windows in " .. kind, function()
    before_each(function() stores.prepare(kind) end)
    after_each(stores.clean)
    shares(kind)
  end)
end

describe("windows in memory", function()
  it("are shared by the clients of one store, not by others", function()
    local store = memory.new()
    local function limits(from)
      return quota.new(function() return 1 end, 30, from:windows "app")
    end
    assert.is_table((limits(store):take("cancel", 0)))
    assert.is_nil((limits(store):take("cancel", 0)))
    assert.is_table((limits(memory.new()):take("cancel", 0)))
  end)
end)
