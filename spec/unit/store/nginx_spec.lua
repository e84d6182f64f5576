-- The store in nginx, over a dictionary like nginx's: what workers do to each other.

local clocks = require "mde.simulator.clock"
local core = require "mde.core"
local dictionaries = require "spec.support.dictionary"
local quota = require "mde.call.quota"
local stores = require "mde.store.nginx"
local tokens = require "mde.auth.token"
local fetching = require "spec.support.fetching"
local world = require "spec.support.world"

local clock, dictionary

local function now() return clock.monotonic() end

local function worker(per_minute)
  return quota.new(function() return per_minute, 100000 end, 30,
    stores.new(dictionary):windows "tenant/app")
end

describe("the windows in nginx", function()
  before_each(function()
    clock = clocks.new()
    dictionary = dictionaries(clock)
  end)

  it("give the last slot to one of two that reach for it at the same instant", function()
    local one, other = worker(1), worker(1)
    local won
    dictionary.before_add = function()
      dictionary.before_add = nil
      won = other:take("cancel", now())
    end
    local slot, moment = one:take("cancel", now())
    assert.is_table(won)
    assert.is_nil(slot)
    assert.is_true(moment <= now() + 1)
  end)

  it("give one more where there is room for both", function()
    local one, other = worker(2), worker(2)
    dictionary.before_add = function()
      dictionary.before_add = nil
      assert.is_table((other:take("cancel", now())))
    end
    assert.is_table((one:take("cancel", now())))
    assert.is_nil((one:take("cancel", now())))
    assert.is_nil((other:take("cancel", now())))
  end)

  it("lose no note that meets another one", function()
    local one, other = worker(3), worker(3)
    local slot = one:take("cancel", now())
    one:answered(slot, now())
    dictionary.before_add = function()
      dictionary.before_add = nil
      other:pause("list", now() + 10)
      other:flush()
    end
    one:flush()
    one:flushed()
    assert.is_nil((one:take("list", now())))
    other:look()
    assert.same({}, other:bucket "cancel".others)
    assert.equal(1, other:bucket "cancel".last)
  end)

  it("take no more in any minute than the limit, whoever goes on in whatever order", function()
    local workers, started, random = {}, {}, require "mde.simulator.random".new(3)
    for i = 1, 4 do workers[i] = worker(20) end
    local slots = { {}, {}, {}, {} }
    while now() < 1000 + 400 do
      local i = 1 + math.floor(random() * 4)
      dictionary.before_add = random() < 0.3 and function()
        dictionary.before_add = nil
        local j = 1 + i % 4
        local slot = workers[j]:take("cancel", now())
        if slot then slots[j][#slots[j] + 1], started[#started + 1] = slot, now() end
      end or nil
      local slot = workers[i]:take("cancel", now())
      if slot then slots[i][#slots[i] + 1], started[#started + 1] = slot, now() end
      dictionary.before_add = nil
      local oldest = random() < 0.8 and table.remove(slots[i], 1)
      if oldest then
        workers[i]:answered(oldest, now())
        workers[i]:flush()
        workers[i]:flushed()
      end
      clock.advance(random())
    end
    assert.is_true(#started > 100)
    for i = 1, #started - 20 do assert.is_true(started[i + 20] - started[i] >= 60) end
  end)

  it("continue if a worker restarts, and if one lagged for long", function()
    local one, late = worker(100000), worker(100000)
    local function use(count)
      for _ = 1, count do
        one:unused((one:take("cancel", now())))
        one:flush()
        one:flushed()
      end
    end
    use(5)
    late:look()
    use(5)
    clock.advance(7301)
    for round = 1, 2 do
      for _, behind in ipairs { late, worker(100000) } do
        behind:look()
        assert.equal(one.shared.seen, behind.shared.seen)
        assert.is_table((behind:take("cancel", now())))
        one:look()
        assert.equal(one.shared.seen, behind.shared.seen)
      end
      if round == 1 then use(5) end
    end
  end)

  it("remember a call for as long as it counts, and make room of what does not", function()
    local one = quota.new(function() return 100000, 3 end, 30,
      stores.new(dictionary):windows "tenant/app")
    dictionary.room = 4  -- three entries, and which is the last
    for _ = 1, 3 do one:take("cancel", now()) end
    clock.advance(3600 + 30)
    local other = quota.new(function() return 100000, 3 end, 30,
      stores.new(dictionary):windows "tenant/app")
    assert.is_nil((other:take("cancel", now())))
    clock.advance(2)
    local _, full = pcall(other.take, other, "cancel", now())
    assert.equal("store", full.code)
    clock.advance(7300 - 3632)
    assert.is_table((other:take("cancel", now())))
  end)

  it("count a call as long as it can, if there is no room to note its answer", function()
    local one = quota.new(function() return 100000, 3 end, 30,
      stores.new(dictionary):windows "tenant/app")
    dictionary.room = 2
    local slot = one:take("cancel", now())
    one:answered(slot, now())
    one:flush()
    one:flushed()
    dictionary.room = 9
    local other = quota.new(function() return 100000, 1 end, 30,
      stores.new(dictionary):windows "tenant/app")
    clock.advance(3602)
    assert.is_nil((other:take("cancel", now())))
    clock.advance(30)
    assert.is_table((other:take("cancel", now())))
  end)

  it("let nothing leave that could not be noted", function()
    local client, service = world.new({}, {}, function() return stores.new(dictionary) end)
    local ids = world.add(service, 1)
    dictionary.room = 0
    local action, err, verdict = client:cancel(ids[1], { comment = "x" })
    assert.is_nil(action)
    assert.same({ "store", "unsent" }, { err.code, verdict })
    assert.matches("lua_shared_dict", err.message, 1, true)
    assert.equal(0, service:requests "cancel")
  end)
end)

describe("the token in nginx", function()
  local list

  before_each(function()
    clock = clocks.new()
    dictionary, list = dictionaries(clock), {}
  end)

  -- The token of a worker; its fetches are added to `list`.
  local function new()
    local credential = { identity = "me", request = fetching.credential.request,
                         read = fetching.credential.read }
    return tokens.new(credential, { clock = clock, random = function() return 0 end,
      store = stores.new(dictionary) }, function(fetch) list[#list + 1] = fetch end)
  end

  it("is fetched by one of two workers", function()
    local one, other = new(), new()
    one:current(now())
    other:current(now())
    assert.equal("start", (list[1]:step(now())))
    local what, moment = list[2]:step(now())
    assert.equal("wait", what)
    assert.is_true(moment <= now() + 0.1)
    assert.equal("done", (list[1]:step(now(), fetching.granted "x")))
    assert.equal("done", (list[2]:step(now())))
    assert.is_nil(list[2].err)
    assert.equal("Bearer x", other:current(now()):reveal())
  end)

  it("is fetched by the other process if the first has died or failed", function()
    local one, other = new(), new()
    one:current(now())
    other:current(now())
    list[1]:step(now())
    clock.advance(11)
    assert.equal("start", (list[2]:step(now())))
    assert.equal("done", (list[2]:step(now(), fetching.refused(401))))
    local third = new()
    third:current(now())
    assert.equal("start", (list[3]:step(now())))
  end)

  it("is refreshed by one of two", function()
    local one, other = new(), new()
    one:current(now())
    list[1]:step(now())
    list[1]:step(now(), fetching.granted("old", 3600))
    assert.is_truthy((other:current(now())))
    clock.advance(3400)
    assert.equal("Bearer old", one:current(now()):reveal())
    assert.equal("Bearer old", other:current(now()):reveal())
    assert.equal(3, #list)
    assert.equal("start", (list[2]:step(now())))
    assert.equal("wait", (list[3]:step(now())))
    list[2]:step(now(), fetching.granted("new", 3600))
    assert.equal("done", (list[3]:step(now())))
    assert.equal("Bearer new", other:current(now()):reveal())
  end)

  it("is forgotten when it was refused, unless another one has come", function()
    local one, other = new(), new()
    one:current(now())
    list[1]:step(now())
    list[1]:step(now(), fetching.granted "x")
    local header = other:current(now())
    assert.is_true(one:refuse(header))
    one:current(now())
    assert.equal("start", (list[2]:step(now())))
    list[2]:step(now(), fetching.granted "y")
    other:refuse(header)
    assert.equal("Bearer y", other:current(now()):reveal())
    assert.equal(2, #list)
  end)

  it("works without the dictionary if that is full", function()
    dictionary.room = 0
    local one = new()
    one:current(now())
    assert.equal("start", (list[1]:step(now())))
    list[1]:step(now(), fetching.granted "x")
    assert.equal(core.secret "Bearer x", (one:current(now())))
  end)
end)
