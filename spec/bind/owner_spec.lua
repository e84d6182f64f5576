-- Owners of requests, and finalizers that run while the engine is used.

local core = require "mde.core"
local exchange = require "spec.support.exchange"
local nginx = require "spec.bind.nginx"

local owner = exchange.owner

local URL = "https://service.example/"
local REFUSED = "http://127.0.0.1:1/"  -- nobody listens there

-- Calls f when garbage is collected.
local function plant(f)
  if newproxy then
    getmetatable(newproxy(true)).__gc = f
  else
    setmetatable({}, { __gc = f })
  end
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
      assert.is_false(engine:take(mine.flight))
    end)
  end)

  it("outlives finalizers that do anything to it", function()
    collectgarbage("setpause", 1)
    collectgarbage("setstepmul", 1000)
    local headers = {}
    for i = 1, 50 do headers["x-" .. i] = ("x"):rep(100) end
    for round = 1, 200 do
      local busy, mine = assert(core.engine()), owner()
      local ids = {}
      for i = 1, 4 do ids[i] = busy:start({ url = REFUSED }, owner()) end
      while busy:poll(1) < 4 do busy:step() end
      for _, method in ipairs { "abandon", "take", "step", round % 3 == 0 and "close" or "step" } do
        plant(function() pcall(busy[method], busy, ids[round % 4 + 1]) end)
      end
      plant(function() pcall(busy.start, busy, { url = URL, headers = headers }, mine) end)
      for i = 1, 4 do pcall(busy.take, busy, ids[i]) end
      pcall(busy.start, busy, { url = REFUSED, headers = headers }, mine)
      pcall(tostring, busy)
      busy:close()
    end
    collectgarbage("setpause", 200)
    collectgarbage("setstepmul", 200)
  end)
end)

describe("core.engine with a server", function()
  local server

  setup(function() server = nginx.start "spec/core/nginx.conf" end)
  teardown(function() server:stop() end)

  it("gives an answer that a finalizer abandons, or whose engine it closes", function()
    local url = server:url("HTTP", "/many")
    collectgarbage("setpause", 1)
    collectgarbage("setstepmul", 1000)
    for round = 1, 100 do
      local busy = assert(core.engine())
      local id = busy:start({ url = url }, owner())
      while busy:poll(1) == 0 do busy:step() end
      plant(function() pcall(busy[round % 2 == 0 and "close" or "abandon"], busy, id) end)
      local works, response = pcall(busy.take, busy, id)
      assert(not works or response == nil or response.headers["x-many"] == "1, 2, 3, 4, 5")
      busy:close()
    end
    collectgarbage("setpause", 200)
    collectgarbage("setstepmul", 200)
  end)
end)
