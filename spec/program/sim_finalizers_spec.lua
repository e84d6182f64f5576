-- Finalizers that reach the simulator's server while it makes a request or an answer.

local exchange = require "spec.support.exchange"
local finalizers = require "spec.support.finalizers"
local httpd = require "mde.httpd"

local body = ("x"):rep(100000)

describe("a finalizer of the HTTP server", function()
  local server, client, id

  -- Another server, and a request to it.
  local function renew()
    if server then server:close() end
    if id then client.engine:abandon(id) end
    server = assert(httpd.listen(0))
    local headers = {}
    for i = 1, 40 do headers["x-" .. i] = tostring(i) end
    id = client:start { method = "POST", url = "http://127.0.0.1:" .. server:port() .. "/a",
      headers = headers, body = body }
  end

  before_each(function()
    client = exchange.new(function() end)
    server, id = nil, nil
    renew()
  end)

  after_each(function()
    client.engine:close()
    server:close()
  end)

  -- The request, polled while `act` runs in finalizers. -> request | nil
  local function poll(act)
    local request
    repeat
      client.engine:poll(0.005)
      local _, got = finalizers(act, server.poll, server, 0.005)
      request = type(got) == "table" and got
    until request or not pcall(server.port, server)
    return request
  end

  it("may close the server while a request is handed over", function()
    for last = 1, 20 do
      local calls = 0
      local request = poll(function()
        calls = calls + 1
        if calls == last then server:close() end
      end)
      assert.truthy(not request or request.body == body)
      renew()
    end
  end)

  it("may drop or answer a request while it is handed over", function()
    for _, act in ipairs { function() server:drop(1) end,
                           function() server:answer(1, 200, {}, "early") end } do
      local request = poll(act)
      assert.equal(body, request.body)
      assert.equal("40", request.headers["x-40"])
      renew()
    end
  end)

  it("may poll while a request is handed over", function()
    local request = poll(function() server:poll(0) end)
    assert.truthy(request and request.body == body)
  end)

  it("may drop or close while an answer is made", function()
    for _, act in ipairs { function() server:drop(1) end, function() server:close() end } do
      local request = poll(function() end)
      local good, answered = finalizers(act, server.answer, server, request.id, 200, {}, 12345)
      assert.truthy(not good or type(answered) == "boolean")
      renew()
    end
  end)
end)
