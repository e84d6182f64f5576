-- The simulator's HTTP server.

local exchange = require "spec.support.exchange"
local httpd = require "mde.httpd"

-- A handler's result is the answer: status, headers, body.
local function echo(request)
  return 200, { ["content-type"] = "text/plain", ["x-path"] = request.path },
    request.method .. " " .. request.body
end

-- Takes requests off the server until there is none. -> them
local function take(server)
  local requests = {}
  repeat
    local request = server:poll(0.005)
    requests[#requests + 1] = request
  until not request
  return requests
end

describe("the HTTP server", function()
  local server, client, base

  local function serve(handler)
    return function()
      for _, request in ipairs(take(server)) do server:answer(request.id, handler(request)) end
    end
  end

  before_each(function()
    server = assert(httpd.listen(0))
    base = "http://127.0.0.1:" .. server:port()
    client = exchange.new(serve(echo))
  end)

  after_each(function()
    client.engine:close()
    server:close()
  end)

  it("hands over the request as it came, header names in lower case", function()
    local seen
    client.serve = serve(function(request)
      seen = request
      return 201, {}, ""
    end)
    local body = ("a\0b"):rep(1000)
    local response = assert(client:ask { method = "POST", url = base .. "/a%20b/C?$x=%27y%27&z",
      headers = { ["X-Test"] = "One, two", ["Content-Type"] = "application/json" }, body = body })
    assert.equal(201, response.status)
    assert.equal("POST", seen.method)
    assert.equal("/a%20b/C?$x=%27y%27&z", seen.path)
    assert.equal("One, two", seen.headers["x-test"])
    assert.equal("application/json", seen.headers["content-type"])
    assert.equal(body, seen.body)
  end)

  it("answers with status, headers and body", function()
    local body = ("x\0"):rep(500000)
    client.serve = serve(function() return 404, { ["x-one"] = "1" }, body end)
    local response = assert(client:ask { url = base .. "/" })
    assert.equal(404, response.status)
    assert.equal("1", response.headers["x-one"])
    assert.equal(body, response.body)
  end)

  it("answers one request after the other", function()
    for i = 1, 100 do
      local response = assert(client:ask { url = base .. "/" .. i, headers = {} })
      assert.equal("/" .. i, response.headers["x-path"])
    end
  end)

  it("answers in any order", function()
    local ids, requests = {}, {}
    for i = 1, 20 do ids[i] = client:start { url = base .. "/" .. i } end
    while #requests < 20 do
      client.engine:poll(0.005)
      for _, request in ipairs(take(server)) do requests[#requests + 1] = request end
    end
    for i = 20, 1, -1 do server:answer(requests[i].id, echo(requests[i])) end
    client.serve = function() take(server) end
    for i = 1, 20 do
      assert.equal("/" .. i, assert(client:finish(ids[i])).headers["x-path"])
    end
  end)

  it("drops a connection without an answer, and no other", function()
    client.serve = function()
      for _, request in ipairs(take(server)) do
        if request.path == "/drop" then server:drop(request.id)
        else server:answer(request.id, echo(request)) end
      end
    end
    local good = client:start { url = base .. "/good" }
    local response, err = client:ask { url = base .. "/drop" }
    assert.is_nil(response)
    assert.equal("lost", err.code)
    assert.equal(200, assert(client:finish(good)).status)
  end)

  it("refuses a body of more than 32 megabytes", function()
    local most = 32 * 1024 * 1024
    local response = assert(client:ask { method = "POST", url = base .. "/",
                                         body = ("x"):rep(most + 1) })
    assert.equal(413, response.status)
    client.serve = serve(function(request) return 200, {}, tostring(#request.body) end)
    response = assert(client:ask { method = "POST", url = base .. "/", body = ("x"):rep(most) })
    assert.equal(tostring(most), response.body)
  end)

  it("repeats a body until a length, or breaks off before", function()
    local length, cut = 1000000, nil
    client.serve = serve(function() return 206, { etag = '"1"' }, "a\0bc\255-7", length, cut end)
    local whole = ("a\0bc\255-7"):rep(150000):sub(1, length)
    local response = assert(client:ask { url = base .. "/" })
    assert.is_true(response.body == whole)
    assert.equal("1000000", response.headers["content-length"])
    length = 3
    assert.equal("a\0b", assert(client:ask { url = base .. "/" }).body)
    length = 0
    assert.equal("", assert(client:ask { url = base .. "/" }).body)
    for _, bytes in ipairs { 0, 3, 600000 } do
      length, cut = 1000000, bytes
      local lost, err = client:ask { url = base .. "/" }
      assert.is_nil(lost)
      assert.equal("lost", err.code)
    end
    length, cut = 8, 8
    assert.equal("a\0bc\255-7a", assert(client:ask { url = base .. "/" }).body)
  end)

  it("answers a request once", function()
    local request
    client.serve = function()
      request = take(server)[1] or request
      if request then server:answer(request.id, 200, {}, "once") end
    end
    assert.equal("once", assert(client:ask { url = base .. "/" }).body)
    assert.is_false(server:answer(request.id, 200, {}, "twice"))
    assert.is_false(server:answer(0, 200, {}, ""))
    server:drop(request.id)
  end)

  it("survives a client that has gone", function()
    local gone = client:start { url = base .. "/gone" }
    local request
    while not request do
      client.engine:poll(0.005)
      request = take(server)[1]
    end
    client.engine:abandon(gone)
    client.engine:step()
    server:answer(request.id, 200, {}, ("x"):rep(1000000))
    assert.equal("/next", assert(client:ask { url = base .. "/next" }).headers["x-path"])
  end)

  it("raises on wrong use, and can still answer", function()
    local request
    client.serve = function()
      request = take(server)[1]
      if not request then return end
      assert.error_matches(function() server:answer(request.id, 99, {}, "") end, "200 to 599")
      assert.error_matches(function() server:answer(request.id, 200, { a = 1 }, "") end, "headers")
      assert.error_matches(function() server:answer(request.id, 200, { "a" }, "") end, "headers")
      assert.error_matches(function() server:answer(request.id, 200, { a = "\r\n" }, "") end,
        "headers")
      assert.has_error(function() server:answer(request.id, 200, {}) end)
      assert.has_error(function() server:answer(request.id, 200, {}, "", 1) end)
      assert.has_error(function() server:answer(request.id, 200, {}, "a", -1) end)
      assert.has_error(function() server:answer(request.id, 200, {}, "a", 5, 6) end)
      server:answer(request.id, 200, {}, "well")
    end
    assert.equal("well", assert(client:ask { url = base .. "/" }).body)
    assert.has_error(function() server:poll(-1) end)
    assert.has_error(function() server:poll(0 / 0) end)
    assert.has_error(function() server.poll({}, 0) end)
    assert.has_error(function() httpd.listen(65536) end)
    assert.has_error(function() httpd.listen "any" end)
  end)

  it("closes with requests unanswered, and more than once", function()
    local ids, count = {}, 0
    for i = 1, 5 do ids[i] = client:start { url = base .. "/" .. i } end
    while count < 5 do
      client.engine:poll(0.005)
      count = count + #take(server)
    end
    server:close()
    server:close()
    client.serve = function() end
    for i = 1, 5 do
      local response, err = client:finish(ids[i])
      assert.is_nil(response)
      assert.equal("lost", err.code)
    end
    assert.error_matches(function() server:poll(0) end, "closed")
    assert.error_matches(function() server:port() end, "closed")
  end)

  it("is closed when it is collected or goes out of scope", function()
    local port = server:port()
    local taken, err = httpd.listen(port)
    assert.is_nil(taken)
    assert.equal("listen", err.code)
    assert.is_truthy(err.message:find("port " .. port, 1, true))
    server = nil
    client.serve = nil
    collectgarbage()
    collectgarbage()
    do
      local scoped <close> = assert(httpd.listen(port))
      assert.equal(port, scoped:port())
    end
    server = assert(httpd.listen(port))
  end)
end)
