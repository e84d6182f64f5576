-- Owners of requests, and finalizers that run while the engine is used.

local core = require "mde.core"
local exchange = require "spec.support.exchange"
local nginx = require "spec.unit.bind.nginx"

local owner = exchange.owner

local URL = "https://service.example/"
local REFUSED = "http://127.0.0.1:1/"  -- no server listens there

-- Calls f when garbage is collected.
local function plant(f)
  if newproxy then
    getmetatable(newproxy(true)).__gc = f
  else
    setmetatable({}, { __gc = f })
  end
end

-- Whole collections at each allocation that can start one, or as usual.
local function collect_always(always)
  if _VERSION == "Lua 5.4" then
    collectgarbage("incremental", 200, always and 1000 or 100, always and 40 or 13)
  else
    collectgarbage("setstepmul", not always and 200 or newproxy and 0 or 1e7)
  end
  collectgarbage("setpause", always and 0 or 200)
end

-- Calls f(...) while finalizers run at each allocation; the nth of them calls `act`.
local function interfere(n, act, f, ...)
  local function finalize()
    n = n - 1
    if n == 0 then act() else plant(finalize) end
  end
  collect_always(true)
  collectgarbage()  -- the next ones begin as this one says
  plant(finalize)
  local works, result, err = pcall(f, ...)
  collect_always(false)
  return works, result, err
end

describe("core.engine", function()
  local engine

  before_each(function() engine = assert(core.engine()) end)
  after_each(function() engine:close() end)

  describe("has an owner of each request, which", function()
    it("is a table", function()
      for _, value in ipairs { 1, "owner", true, print, io.stdout } do
        assert.error_matches(function() engine:start({ url = URL }, value) end, "table expected")
      end
      assert.error_matches(function() engine:start { url = URL } end, "table expected")
      assert.are.equal("engine (0 requests)", tostring(engine))
    end)

    it("has the id of its request", function()
      local mine = setmetatable({}, { __newindex = error, __index = error })
      local id = engine:start({ url = URL }, mine)
      assert.are.equal(id, rawget(mine, "flight"))
      assert.is_nil(engine:start({ url = "http://service.example/" }, mine))
      assert.is_nil(rawget(mine, "flight"))
    end)

    it("has one request: the next one ends that before", function()
      local mine = {}
      local first = engine:start({ url = URL }, mine)
      local second = engine:start({ url = URL }, mine)
      assert.are.equal("engine (1 requests)", tostring(engine))
      assert.are.equal("lost", select(2, engine:take(first)).code)
      assert.is_false(engine:take(second))
    end)

    it("abandons its request when it is collected, in whatever state", function()
      local mine = owner()
      engine:start({ url = URL }, mine)
      for _ = 1, 3 do engine:start({ url = REFUSED }, {}) end
      for _ = 1, 3 do engine:start({ url = URL }, {}) end
      engine:poll(0.01)
      collectgarbage()
      collectgarbage()  -- a value of a weak key goes a cycle later, in some Luas
      assert.are.equal("engine (1 requests)", tostring(engine))
      local response, err = engine:take(mine.flight)
      assert(response == false or err.code ~= "lost")
    end)
  end)

  it("outlives finalizers that do anything to it", function()
    local headers = { a = "1", b = "2", c = core.secret "3" }
    for n = 1, 25 do
      for _, method in ipairs { "abandon", "take", "close", "start" } do
        local busy, mine = assert(core.engine()), owner()
        local id = busy:start({ url = REFUSED }, owner())
        while busy:poll(1) < 1 do busy:step() end
        local function act()
          if method == "start" then return pcall(busy.start, busy, { url = URL }, mine) end
          pcall(busy[method], busy, id)
        end
        interfere(n, act, busy.take, busy, id)
        interfere(n, act, busy.start, busy, { url = REFUSED, headers = headers }, mine)
        busy:close()
      end
    end
  end)
end)

describe("core.engine with a server", function()
  local server

  setup(function() server = nginx.start "spec/unit/core/nginx.conf" end)
  teardown(function() server:stop() end)

  it("gives an answer that a finalizer abandons, or whose engine it closes", function()
    local url = server:url("HTTP", "/many")
    for n = 1, 40 do
      for _, method in ipairs { "abandon", "take", "close" } do
        local busy = assert(core.engine())
        local id = busy:start({ url = url }, owner())
        while busy:poll(1) == 0 do busy:step() end
        local _, response = interfere(n, function() pcall(busy[method], busy, id) end,
          busy.take, busy, id)
        assert(type(response) ~= "table" or response.headers["x-many"] == "1, 2, 3, 4, 5")
        busy:close()
      end
    end
  end)
end)
