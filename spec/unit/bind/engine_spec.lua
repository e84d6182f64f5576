-- The engine, against a server of its own.

local core = require "mde.core"
local exchange = require "spec.support.exchange"
local nginx = require "spec.unit.bind.nginx"

local owner = exchange.owner

local URL = "https://service.example/"
local REFUSED = "http://127.0.0.1:1/"  -- no server listens there

describe("core.engine", function()
  local engine

  before_each(function() engine = assert(core.engine()) end)
  after_each(function() engine:close() end)

  describe("start", function()
    local function raises(pattern, request)
      assert.error_matches(function() engine:start(request, owner()) end, pattern)
      assert.are.equal("engine (0 requests)", tostring(engine))
    end

    it("gives a number for each request, and never the same", function()
      local first = engine:start({ url = URL }, owner())
      local second = engine:start({ url = URL }, owner())
      assert.are.equal("1", tostring(first))
      assert.are.equal("2", tostring(second))
      engine:abandon(second)
      assert.are.equal(3, engine:start({ url = URL }, owner()))
      assert.are.equal("engine (2 requests)", tostring(engine))
    end)

    it("raises on a request that is none", function()
      raises("table expected", nil)
      raises("table expected", URL)
      raises("url is missing", {})
      raises("fields are named by strings", { URL })
      raises("unknown field 'uri'", { uri = URL })
      raises("unknown field 'timeouts'", { url = URL, timeouts = 1 })
    end)

    it("raises on a field of another type, and names it", function()
      for _, name in ipairs { "url", "method", "proxy", "ca_file", "http_version" } do
        for _, value in ipairs { 1, true, {}, print, core.secret "x" } do
          raises("request: " .. name .. " must be a string, not a " .. type(value),
            { url = name ~= "url" and URL or value, [name] = value })
        end
        raises("request: " .. name .. " has a NUL in it",
          { url = name ~= "url" and URL or "x\0y", [name] = "x\0y" })
      end
      for _, name in ipairs { "timeout", "connect_timeout" } do
        for _, value in ipairs { "1", true, {}, print } do
          raises("request: " .. name .. " must be a number of seconds, not a " .. type(value),
            { url = URL, [name] = value })
        end
      end
      for _, value in ipairs { 1, true, {}, print, io.stdout } do
        raises("request: body must be a string or a secret, not a " .. type(value),
          { url = URL, body = value })
        raises("request: header 'accept' must be a string or a secret, not a " .. type(value),
          { url = URL, headers = { accept = value } })
      end
      raises("request: headers must be a table, not a string", { url = URL, headers = "accept" })
      raises("request: headers are named by strings", { url = URL, headers = { "accept" } })
      raises("request: http_version must be '1.1' or '2', not '3'",
        { url = URL, http_version = "3" })
    end)

    it("returns an error for a request that must not be sent", function()
      local function refused(request)
        local id, err = engine:start(request, owner())
        assert.is_nil(id)
        assert.are.equal("invalid_request", err.code)
        assert.is_false(err.sent)
        assert.is_nil(err.message:find "hunter2")
        assert.is_nil(getmetatable(err))
      end
      refused { url = "http://service.example/?hunter2" }
      refused { url = "https://hunter2@service.example/" }
      refused { url = "" }
      refused { url = URL, method = "GET hunter2" }
      refused { url = URL, method = "" }
      refused { url = URL, headers = { ["x\r\ny"] = "hunter2" } }
      refused { url = URL, headers = { ["x\0y"] = "hunter2" } }
      refused { url = URL, headers = { x = "hunter2\r\ny: z" } }
      refused { url = URL, headers = { x = core.secret "hunter2\0" } }
      refused { url = URL, headers = { x = ("hunter2"):rep(10000) } }
      refused { url = URL, timeout = 0 }
      refused { url = URL, timeout = 0 / 0 }
      refused { url = URL, connect_timeout = -1 }
      refused { url = URL, proxy = "hunter2://proxy" }
      refused { url = REFUSED, proxy = "http://hunter2@proxy" }
      assert.are.equal("engine (0 requests)", tostring(engine))
    end)

    it("takes fields from a metatable, and outlives what it does", function()
      local request = setmetatable({ url = URL }, {
        __index = function(_, name)
          collectgarbage()
          if name == "headers" then return { x = ("value"):rep(20) } end
          if name == "body" then return core.secret(("secret"):rep(20)) end
          if name == "method" or name == "ca_file" then return ("x"):rep(100) end
        end,
      })
      assert.is_truthy(engine:start(request, owner()))
      request = setmetatable({ url = URL }, { __index = function() engine:close() end })
      assert.error_matches(function() engine:start(request, {}) end, "the engine is closed")
    end)
  end)

  describe("poll and step", function()
    it("tell how many answers wait", function()
      assert.are.equal("0", tostring(engine:step()))
      assert.are.equal("0", tostring(engine:poll(0)))
      local ids = { engine:start({ url = REFUSED }, owner()),
                    engine:start({ url = REFUSED }, owner()) }
      while engine:poll(1) < 2 do engine:step() end
      assert.are.equal(2, engine:step())
      engine:take(ids[1])
      assert.are.equal(1, engine:step())
      engine:abandon(ids[2])
      assert.are.equal(0, engine:step())
    end)

    it("take any number of seconds", function()
      for _, seconds in ipairs { 0, -1, -1 / 0, 0 / 0, 1e-9 } do
        assert.are.equal(0, engine:poll(seconds))
      end
    end)

    it("raise on anything else", function()
      assert.error_matches(function() engine:poll() end, "number expected")
      assert.error_matches(function() engine:poll "soon" end, "number expected")
      assert.error_matches(function() engine:poll {} end, "number expected")
    end)
  end)

  describe("pollfd and timeout", function()
    it("are for event loops", function()
      assert.is_nil(engine:timeout())
      local fd = assert(engine:pollfd())
      assert.equal(fd, engine:pollfd())
      engine:step()
      assert.is_nil(engine:timeout())
      local id = engine:start({ url = REFUSED }, owner())
      assert.equal(0, engine:timeout())
      while engine:step() == 0 do assert.is_true(engine:timeout() <= 1) end
      assert.equal("connection", select(2, engine:take(id)).code)
      assert.is_nil(engine:timeout())
    end)
  end)

  describe("take and abandon", function()
    it("take ids only", function()
      for _, method in ipairs { "take", "abandon" } do
        assert.error_matches(function() engine[method](engine) end, "number expected")
        assert.error_matches(function() engine[method](engine, "first") end, "number expected")
        for _, id in ipairs { 0, -1, 1.5, 1 / 0, -1 / 0, 0 / 0, 2 ^ 53 + 2, 2 ^ 64 } do
          assert.error_matches(function() engine[method](engine, id) end, "not the id of a request")
        end
      end
    end)

    it("know no request that was never started, was taken, or was abandoned", function()
      local function lost(id)
        local response, err = engine:take(id)
        assert.is_nil(response)
        assert.are.equal("lost", err.code)
        assert.is_true(err.sent)
        engine:abandon(id)
      end
      lost(1)
      lost(2 ^ 53)
      local id = engine:start({ url = URL }, owner())
      assert.is_false(engine:take(id))
      engine:abandon(id)
      lost(id)
    end)

    it("tell of a failure", function()
      local id = engine:start({ url = REFUSED, method = "POST", body = "x" }, owner())
      while engine:poll(1) == 0 do assert.is_false(engine:take(id)) end
      local response, err = engine:take(id)
      assert.is_nil(response)
      assert.are.equal("connection", err.code)
      assert.is_false(err.sent)
      assert.is_truthy(err.message:find("no connection to 127.0.0.1", 1, true))
      assert.are.equal("lost", select(2, engine:take(id)).code)
    end)
  end)

  describe("close", function()
    it("may be called again", function()
      engine:start({ url = URL }, owner())
      engine:close()
      engine:close()
      assert.are.equal("engine (closed)", tostring(engine))
    end)

    it("lets nothing else be called", function()
      engine:close()
      for _, method in ipairs { "start", "step", "poll", "pollfd", "timeout", "take",
                                "abandon" } do
        assert.error_matches(function() engine[method](engine, 1) end, "the engine is closed")
      end
    end)

    it("comes with the collector", function()
      local held = setmetatable({ core.engine() }, { __mode = "v" })
      assert(held[1]):start({ url = URL }, owner())
      collectgarbage()
      collectgarbage()
      assert.is_nil(held[1])
    end)

    it("comes with the end of a block", function()
      local metatable = debug.getmetatable(engine)
      metatable.__close(engine)
      metatable.__gc(engine)
      assert.are.equal("engine (closed)", tostring(engine))
      if _VERSION < "Lua 5.4" then return end
      local outlived = load [[
        local core, outlived = require "mde.core", nil
        do
          local engine <close> = core.engine()
          outlived = engine
        end
        return outlived]]()
      assert.are.equal("engine (closed)", tostring(outlived))
    end)

    it("is not undone by a finalizer that still has the engine", function()
      local message
      local function use() message = select(2, pcall(engine.step, engine)) end
      if newproxy then
        getmetatable(newproxy(true)).__gc = use
      else
        setmetatable({}, { __gc = use })
      end
      engine:close()
      collectgarbage()
      collectgarbage()
      assert.is_truthy(message:find "the engine is closed")
    end)
  end)

  it("is asked as an engine only", function()
    for _, name in ipairs { "start", "step", "poll", "take", "abandon", "close" } do
      for _, value in ipairs { 1, "engine", {}, io.stdout, core.secret "x" } do
        assert.error_matches(function() engine[name](value, 1) end, "mde.engine expected")
      end
      assert.error_matches(function() engine[name]() end, "mde.engine expected")
    end
    assert.is_nil(engine.__gc)
    assert.are.equal("locked", getmetatable(engine))
  end)
end)

describe("core.engine with a server", function()
  local server, client

  setup(function() server = nginx.start "spec/unit/core/nginx.conf" end)
  teardown(function() server:stop() end)
  before_each(function() client = exchange.new(function() end) end)
  after_each(function() client.engine:close() end)

  it("returns the server's answer", function()
    local response = client:ask {
      url = server:url("HTTP", "/echo"), method = "POST", body = core.secret "by mistake",
      headers = { ["Content-Type"] = core.secret "text/x" },
    }
    assert.are.equal("200", tostring(response.status))
    assert.are.equal("HTTP/1.1 POST 10 text/x|by mistake", response.body)
    assert.are.equal("application/json", response.headers["content-type"])
    assert.is_true(response.seconds > 0)
  end)

  it("gives no body as an empty one, and joins headers of one name", function()
    local response = client:ask { url = server:url("HTTP", "/twice") }
    assert.are.equal("", response.body)
    assert.are.equal("1, 2", response.headers["x-twice"])
  end)

  it("speaks TLS with whom it trusts", function()
    local request = { url = server:url("H2", "/connection", "https"),
                      ca_file = server.folder .. "/ca.pem" }
    assert.is_truthy(client:ask(request).body:find "HTTP/2.0")
    request.http_version = "1.1"
    assert.is_truthy(client:ask(request).body:find "HTTP/1.1")
    request.ca_file = server.folder .. "/other-ca.pem"
    client.engine:close()
    client = exchange.new(function() end)
    local response, err = client:ask(request)
    assert.is_nil(response)
    assert.are.equal("tls", err.code)
    assert.is_false(err.sent)
  end)

  it("sends nothing to a server that refuses it after the handshake", function()
    local folder = server.folder
    local pipe = assert(io.popen(("exec env -u LD_PRELOAD timeout 60 openssl s_server -accept 0"
      .. " -naccept 3 -cert %s/server.pem -key %s/server.key -Verify 1 -verify_return_error"
      .. " -www 2>&1"):format(folder, folder)))
    local port
    while not port do
      port = assert(pipe:read(), "s_server did not start"):match "^ACCEPT.*:(%d+)$"
    end
    for _, method in ipairs { "POST", "GET", "POST" } do
      local _, err = client:ask { url = "https://localhost:" .. port .. "/", method = method,
        body = method == "POST" and "{}" or nil, ca_file = folder .. "/ca.pem" }
      assert.are.same({ "tls", false }, { err.code, err.sent }, err.message)
    end
    pipe:close()
  end)

  it("carries many requests at once", function()
    local ids = {}
    local url = server:url("HTTP", "/echo")
    for i = 1, 100 do
      ids[i] = client:start { url = url, method = "POST", body = "no. " .. i }
    end
    for i = 100, 1, -1 do
      assert.are.equal("HTTP/1.1 POST " .. #("no. " .. i) .. " |no. " .. i,
        client:finish(ids[i]).body)
    end
    assert.are.equal("engine (0 requests)", tostring(client.engine))
  end)

  it("may be closed and collected while it is busy", function()
    for _ = 1, 10 do
      do
        local busy = core.engine()
        for _ = 1, 5 do busy:start({ url = server:url("HTTP", "/long") }, owner()) end
        busy:poll(0.01)
      end
      collectgarbage()
    end
  end)
end)
