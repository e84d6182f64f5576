-- The quota: slots, pauses and the least time.

local clocks = require "mde.simulator.clock"
local memory = require "mde.store.memory"
local quota = require "mde.call.quota"
local random_numbers = require "mde.simulator.random"
local services = require "mde.simulator.quota"

local function new(per_minute, per_hour, timeout)
  return quota.new(function() return per_minute, per_hour end, timeout)
end

-- Takes and answers as many slots as there are at `now`. -> how many, until when
-- to wait then
local function burst(limits, now)
  local count = 0
  while true do
    local slot, moment = limits:take("cancel", now)
    if not slot then return count, moment end
    limits:answered(slot, now)
    count = count + 1
  end
end

describe("the quota", function()
  it("gives a minute's slots at once, and the next when a minute and a second are over", function()
    local limits = new(100, 1500)
    assert.same({ 100, 61 }, { burst(limits, 0) })
    assert.same({ 0, 61 }, { burst(limits, 60.9) })
    assert.same({ 100, 122 }, { burst(limits, 61) })
  end)

  it("knows for how long the service fails, while calls are held back for it", function()
    local limits = new(100, 1500)
    for i = 1, 5 do limits:failed("list", "item" .. i, 10) end
    assert.equal(0, (limits:failing_for(10, 0)))
    local _, moment = limits:admit("list", "other", 10, true)
    while not moment do
      limits:failed("list", "other", 10)
      _, moment = limits:admit("list", "other", 10)
    end
    assert.equal(moment - 10.5, (limits:failing_for(moment - 0.5, 0)))
    assert.equal(0, (limits:failing_for(moment - 0.5, 11)))  -- nothing has failed since
    assert.equal(0, (limits:failing_for(moment + 1, 0)))     -- none asks any more
  end)

  it("keeps the pauses of one whose store was lost", function()
    local before, limits = new(100, 1500), new(100, 1500)
    before:pause("list", 30)
    limits:replace(before)
    limits:share(memory.new():windows "t/a")
    assert.same({ nil, 30 }, { limits:take("list", 10) })
    assert.truthy(limits:take("cancel", 10))
    assert.truthy(limits:take("list", 30))
  end)

  it("knows for how long reads have failed", function()
    local limits = new(100, 1500)
    limits:note_answer(false, 10)
    assert.equal(0, (limits:failing_for(90, 0)))  -- none was tried since
    limits:note_answer(false, 70)
    assert.equal(60, (limits:failing_for(90, 0)))
    assert.equal(20, (limits:failing_for(90, 50)))
    limits:note_answer(true, 91)
    assert.equal(0, (limits:failing_for(92, 0)))
  end)

  it("gives an hour's slots", function()
    local limits, now = new(100, 1500), 0
    for _ = 1, 15 do
      assert.equal(100, (burst(limits, now)))
      now = now + 61
    end
    assert.same({ 0, 3601 }, { burst(limits, now) })
    assert.same({ 0, 3601 }, { burst(limits, 3600.9) })
    assert.same({ 100, 3662 }, { burst(limits, 3601) })
  end)

  it("counts a call from when it was answered", function()
    local limits = new(1)
    local slot = limits:take("cancel", 0)
    limits:answered(slot, 25)
    assert.same({ nil, 86 }, { limits:take("cancel", 26) })
    assert.is_table((limits:take("cancel", 86)))
  end)

  it("knows no moment while an answer is to come", function()
    local limits = new(2, 3)
    local first, second = limits:take("cancel", 0), limits:take("cancel", 0)
    assert.same({ nil, nil }, { limits:take("cancel", 5) })
    limits:answered(first, 10)
    assert.same({ nil, 71 }, { limits:take("cancel", 10) })
    limits:answered(second, 20)
    assert.same({ nil, 71 }, { limits:take("cancel", 20) })
    local third = limits:take("cancel", 71)
    assert.same({ nil, 3611 }, { limits:take("cancel", 71) })
    limits:answered(third, 72)
    assert.same({ nil, 3611 }, { limits:take("cancel", 72) })
  end)

  it("is that of each operation for itself", function()
    local asked = {}
    local limits = quota.new(function(operation)
      asked[#asked + 1] = operation
      if operation == "list" then return 2 end
      return 1
    end)
    assert.is_table((limits:take("cancel", 0)))
    assert.is_nil((limits:take("cancel", 0)))
    assert.is_table((limits:take("list", 0)))
    assert.is_table((limits:take("list", 0)))
    assert.is_nil((limits:take("list", 0)))
    assert.same({ "cancel", "list" }, asked)
  end)

  it("may be that of an hour alone, or none", function()
    assert.same({ 5, 3601 }, { burst(new(nil, 5), 0) })
    local limits = new()
    local slots = {}
    for i = 1, 5000 do slots[i] = limits:take("cancel", 0) end
    assert.equal(5000, #slots)
    for _, slot in ipairs(slots) do limits:answered(slot, 0) end
    limits:pause("cancel", 7)
    assert.same({ nil, 7 }, { limits:take("cancel", 0) })
    assert.is_table((limits:take("cancel", 7)))
  end)

  it("holds no more than its windows ask for", function()
    for _, limits in ipairs { new(100, 1500), new(7), new() } do
      local now = 0
      for _ = 1, 5000 do
        local slot, moment = limits:take("cancel", now)
        if not slot then
          now = moment
          slot = limits:take("cancel", now)
        end
        limits:answered(slot, now)
      end
      local held = 0
      for _ in pairs(limits:bucket("cancel").stamps) do held = held + 1 end
      assert.is_true(held <= 3000)
    end
  end)
end)

describe("a slot", function()
  it("that went unused is free at once", function()
    local limits = new(1, 1)
    for _ = 1, 5 do limits:unused((limits:take("cancel", 0))) end
    assert.is_table((limits:take("cancel", 0)))
  end)

  it("whose answer is lost counts until the request must have arrived", function()
    local limits = new(1, nil, 30)
    limits:lost(limits:take("cancel", 0), 10)
    assert.same({ nil, 91 }, { limits:take("cancel", 10) })
    assert.is_nil((limits:take("cancel", 90.9)))
    assert.is_table((limits:take("cancel", 91)))
  end)

  it("that is lost after its timeout counts from then", function()
    local limits = new(1, nil, 30)
    limits:lost(limits:take("cancel", 0), 45)
    assert.same({ nil, 106 }, { limits:take("cancel", 45) })
  end)

  it("that is lost leaves others their moments", function()
    local limits = new(2, nil, 300)
    local lost, answered = limits:take("cancel", 0), limits:take("cancel", 0)
    limits:lost(lost, 1)
    limits:answered(answered, 2)
    assert.same({ nil, 63 }, { limits:take("cancel", 2) })
    local third = limits:take("cancel", 63)
    assert.is_table(third)
    limits:answered(third, 63)
    assert.same({ nil, 124 }, { limits:take("cancel", 63) })
    assert.is_table((limits:take("cancel", 124)))
    assert.same({ nil, 361 }, { limits:take("cancel", 124) })
  end)

  it("that is lost does not make the answered ones forgotten", function()
    local limits = new(2, nil, 86400)
    local first, second = limits:take("cancel", 0), limits:take("cancel", 0)
    limits:answered(first, 1)
    limits:lost(second, 2)
    assert.same({ nil, 62 }, { limits:take("cancel", 2) })
  end)
end)

describe("a pause", function()
  it("holds everything of the operation back", function()
    local limits = new(100, 1500)
    local slot = limits:take("cancel", 0)
    limits:pause("cancel", 40)
    limits:answered(slot, 1)
    assert.same({ nil, 40 }, { limits:take("cancel", 1) })
    assert.same({ nil, 40 }, { limits:take("cancel", 39.9) })
    assert.is_table((limits:take("get", 1)))
    assert.is_table((limits:take("cancel", 40)))
  end)

  it("is not made shorter by another", function()
    local limits = new(100)
    limits:pause("cancel", 40)
    limits:pause("cancel", 20)
    assert.same({ nil, 40 }, { limits:take("cancel", 20) })
    limits:pause("cancel", 50)
    assert.same({ nil, 50 }, { limits:take("cancel", 40) })
  end)

  it("does not make the windows forgotten", function()
    local limits = new(1)
    burst(limits, 0)
    limits:pause("cancel", 30)
    assert.same({ nil, 61 }, { limits:take("cancel", 0) })
    limits:pause("cancel", 70)
    assert.same({ nil, 70 }, { limits:take("cancel", 61) })
  end)
end)

-- The view of the service. A crowd of calls under a virtual clock, each of which
-- meets its fate; the service counts those that arrive, whenever they do.

local Crowd = {}
Crowd.__index = Crowd

-- `options`: per_minute, per_hour, calls, parallel, timeout, random, fate(crowd, slot).
local function crowd(options)
  return setmetatable({
    options = options, random = options.random, timeout = options.timeout,
    clock = clocks.new(), limits = new(options.per_minute, options.per_hour, options.timeout),
    service = services.new(options), left = options.calls, under_way = 0, arrived = 0, refused = 0,
  }, Crowd)
end

function Crowd:arrive_after(seconds)
  self.clock.at(self.clock.monotonic() + seconds, function()
    self.arrived = self.arrived + 1
    if not self.service:admit(self.clock.monotonic()) then self.refused = self.refused + 1 end
  end)
end

-- The call ends: `how` is a method of the quota.
function Crowd:end_after(seconds, how, slot)
  self.clock.at(self.clock.monotonic() + seconds, function()
    self.limits[how](self.limits, slot, self.clock.monotonic())
    self.under_way = self.under_way - 1
    self:go_on()
  end)
end

function Crowd:go_on()
  while self.left > 0 and self.under_way < self.options.parallel do
    local slot, moment = self.limits:take("cancel", self.clock.monotonic())
    if not slot then
      if moment and moment ~= self.awake_at then
        self.awake_at = moment
        self.clock.at(moment, function() self:go_on() end)
      end
      assert(moment or self.under_way > 0, "nothing to wait for")
      return
    end
    self.left, self.under_way = self.left - 1, self.under_way + 1
    self.last_taken = self.clock.monotonic()
    self.options.fate(self, slot)
  end
end

-- -> seconds from the first call to the last
function Crowd:run()
  local start = self.clock.monotonic()
  self:go_on()
  while self.left > 0 or self.under_way > 0 do
    assert(self.clock.pass(1e6), "stuck")
  end
  self.clock.advance(self.timeout)
  return self.last_taken - start
end

local function instant(self, slot)
  self:arrive_after(0)
  self:end_after(0, "answered", slot)
end

-- Anything that may happen to a request within its timeout.
local function any(self, slot)
  local random, timeout = self.random, self.timeout
  local fate, arrival = random(), random() * timeout
  if fate < 0.5 then  -- quick, mostly
    local latency = random() * math.min(2, timeout)
    self:arrive_after(random() * latency)
    self:end_after(latency, "answered", slot)
  elseif fate < 0.7 then
    self:arrive_after(random() * arrival)
    self:end_after(arrival, "answered", slot)
  elseif fate < 0.8 then  -- the connection breaks; what was sent may arrive nevertheless
    self:arrive_after(arrival)
    self:end_after(random() * timeout, "lost", slot)
  elseif fate < 0.9 then  -- no answer, noticed late
    self:arrive_after(arrival)
    self:end_after(timeout + random() * 5, "lost", slot)
  elseif fate < 0.95 then  -- it never arrives
    self:end_after(random() * timeout, "lost", slot)
  else
    self:end_after(random() * timeout, "unused", slot)
  end
end

local function described(options)
  return ("%s/min, %s/h, timeout %g, %d at once"):format(tostring(options.per_minute),
    tostring(options.per_hour), options.timeout, options.parallel)
end

describe("the service", function()
  it("never sees one call too many, whatever becomes of them", function()
    for seed = 1, 120 do
      local random = random_numbers.new(seed)
      local options = { random = random, fate = any, calls = 120, parallel = random(30),
                        timeout = ({ 0.5, 5, 60, 300 })[random(4)] }
      local kind = random(4)
      if kind ~= 1 then options.per_minute = random(10) end
      if kind ~= 2 then options.per_hour = random(40) end
      local these = crowd(options)
      these:run()
      assert.equal(0, these.refused, "seed " .. seed .. ": " .. described(options))
      assert.is_true(these.arrived > 60)
    end
  end)

  it("never sees one too many of a large batch under its real limits", function()
    local these = crowd { per_minute = 100, per_hour = 1500, calls = 4000, parallel = 40,
                          timeout = 60, random = random_numbers.new(1), fate = any }
    these:run()
    assert.equal(0, these.refused)
  end)

  it("sees one too many where a request takes longer than its timeout", function()
    local these = crowd { per_minute = 1, calls = 2, parallel = 1, timeout = 5,
                          random = random_numbers.new(1), fate = function(self, slot)
      self:arrive_after(self.left == 1 and 30 or 0)
      self:end_after(1, "lost", slot)
    end }
    these:run()
    assert.equal(1, these.refused)
  end)
end)

describe("the least time", function()
  local function at_best(per_minute, per_hour, count)
    return new(per_minute, per_hour):at_best("cancel", count, 0)
  end

  local function taken(per_minute, per_hour, count)
    return crowd({ per_minute = per_minute, per_hour = per_hour, calls = count, parallel = 1000,
                   timeout = 1, fate = instant }):run()
  end

  it("is that of the service's windows with a second more for each", function()
    local least = { [0] = 0, [1] = 0, [100] = 0, [101] = 61, [200] = 61, [201] = 122, [1500] = 854,
                    [1501] = 3601, [1600] = 3601, [1601] = 3662, [3000] = 4455, [3001] = 7202,
                    [5000] = 3 * 3601 + 4 * 61 }
    for count, seconds in pairs(least) do
      assert.equal(seconds, at_best(100, 1500, count), count)
      if count > 0 then assert.equal(seconds, taken(100, 1500, count), count) end
    end
    assert.equal(11047, least[5000])  -- the bare windows: 3 * 3600 + 4 * 60 = 11040
  end)

  it("is what one window says where the other does not matter", function()
    assert.equal(149 * 61, at_best(1, 1500, 150))
    assert.equal(149 * 61, at_best(1, 100, 150))
    assert.equal(49 * 61, at_best(100, nil, 5000))
    assert.equal(3 * 3601, at_best(nil, 1500, 5000))
    assert.equal(3 * 3601, at_best(1500, 1500, 5000))
    assert.equal(0, at_best(nil, nil, 5000))
  end)

  it("is reached, or nearly, when answers come at once", function()
    for seed = 1, 60 do
      local random = random_numbers.new(seed)
      local per_minute, per_hour, count = random(10), random(100), random(300)
      local least, real = at_best(per_minute, per_hour, count), taken(per_minute, per_hour, count)
      assert.is_true(least <= real and real <= least + 61 * math.ceil(count / per_hour),
        ("%d/min, %d/h, %d calls: %g, and really %g"):format(per_minute, per_hour, count, least,
                                                              real))
    end
  end)
end)
