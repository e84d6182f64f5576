-- The simulator over HTTP.

local cjson = require "cjson"
local clocks = require "mde.simulator.clock"
local exchange = require "spec.support.exchange"
local incident = require "mde.simulator.incident"
local servers = require "mde.simulator.server"
local url = require "mde.base.url"

describe("the simulator's server", function()
  local server, client, service, clock

  local function new(options)
    clock = clocks.new()
    options.clock = clock
    service = incident.service(options)
    server = assert(servers.new(service))
    client = exchange.new(function() server:step(0.005) end)
  end

  after_each(function()
    client.engine:close()
    server:close()
  end)

  local function start(path, request)
    request = request or {}
    request.url = server.url .. path
    request.headers = request.headers or { Authorization = "Bearer " .. service:token() }
    return client:start(request)
  end

  local function ask(path, request)
    return client:finish(start(path, request))
  end

  it("is found and used by what its environment says", function()
    new { mistaken = 4, quota = { per_minute = 70, per_hour = 600 } }
    local env = server.environment
    assert.equal(server.url, env.MDE_API_URL)
    assert.equal("70,600", env.MDE_QUOTA)
    local answer = assert(client:ask {
      method = "POST", url = env.AZURE_AUTHORITY_HOST .. "/" .. env.AZURE_TENANT_ID
        .. "/oauth2/v2.0/token",
      headers = { ["Content-Type"] = "application/x-www-form-urlencoded" },
      body = url.form {
        { "client_id", env.AZURE_CLIENT_ID }, { "grant_type", "client_credentials" },
        { "client_secret", env.AZURE_CLIENT_SECRET },
        { "scope", "https://api.securitycenter.microsoft.com/.default" } } })
    local token = cjson.decode(answer.body).access_token
    local headers = { Authorization = "Bearer " .. token, ["Content-Type"] = "application/json" }
    answer = assert(client:ask { headers = headers, url = env.MDE_API_URL
      .. "/api/machineactions?$filter=requestor%20eq%20'soar@contoso.com'" })
    local actions = cjson.decode(answer.body).value
    assert.equal(4, #actions)
    answer = assert(client:ask { method = "POST", headers = headers, body = '{"Comment":"x"}',
      url = env.MDE_API_URL .. "/api/machineactions/" .. actions[1].id .. "/cancel" })
    assert.equal("Cancelled", cjson.decode(answer.body).status)
    assert.same({ 1, { true } }, { service:posted(actions[1].id) })
  end)

  it("says that there is no quota", function()
    new { mistaken = 1, quota = false }
    assert.equal("off", server.environment.MDE_QUOTA)
  end)

  it("links to itself", function()
    new { mistaken = 1, page_size = 400 }
    local first = cjson.decode(assert(ask "/api/machineactions").body)
    local link = first["@odata.nextLink"]
    assert.equal(server.url, link:sub(1, #server.url))
    local second = cjson.decode(assert(ask(link:sub(#server.url + 1))).body)
    assert.equal(1 + 9 + 26 + 14 + 400, #first.value + #second.value)
  end)

  it("answers late when the service's clock says so, each in its turn", function()
    local latencies = { 30, 10, 20 }
    new { mistaken = 1, latency = function() return table.remove(latencies, 1) end }
    local ids, landed = {}, {}
    for i = 1, 3 do
      ids[i] = start "/api/machineactions?$top=1"
      while service:requests "list" < i do client.serve() client.engine:step() end
    end
    for moment = 1, 3 do
      clock.advance(10)
      repeat
        client.serve()
        client.engine:poll(0.005)
        for i = 1, 3 do
          local response = ids[i] and client.engine:take(ids[i])
          if response then landed[moment], ids[i] = i, nil end
        end
      until landed[moment]
    end
    assert.same({ 2, 3, 1 }, landed)
  end)

  it("loses answers, before and after their effect", function()
    for name, status in pairs { lost_before = "Pending", lost_after = "Cancelled" } do
      new { mistaken = 1, oddities = { [name] = { operation = "cancel" } } }
      local id = cjson.decode(assert(ask
        "/api/machineactions?$filter=requestor%20eq%20'soar@contoso.com'").body).value[1].id
      local headers = { Authorization = "Bearer " .. service:token(),
                        ["Content-Type"] = "application/json" }
      local response, err = ask("/api/machineactions/" .. id .. "/cancel",
        { method = "POST", headers = headers, body = '{"Comment":"x"}' })
      assert.is_nil(response)
      assert.equal("lost", err.code)
      assert.equal(status, service:status(id))
      assert.equal(1, (service:posted(id)))
    end
  end)

  it("serves links to itself: whole, in parts, and cut", function()
    new { mistaken = 1, package_size = 3000000, oddities = { cut_blob = { nth = 3 } } }
    local id = service:add { type = "CollectInvestigationPackage", status = "Succeeded" }
    local link = cjson.decode(assert(ask("/api/machineactions/" .. id .. "/getPackageUri")).body)
      .value:match '^"(.*)"$'
    assert.equal(server.url, link:sub(1, #server.url))
    local whole = assert(client:ask { url = link })
    assert.equal("3000000", whole.headers["content-length"])
    assert.is_true(whole.body == service:content(id, "package"))
    local part = assert(client:ask { url = link, headers = { Range = "bytes=2500000-",
                                                             ["If-Range"] = whole.headers.etag } })
    assert.equal(206, part.status)
    assert.is_true(part.body == whole.body:sub(2500001))
    local response, err = client:ask { url = link }
    assert.is_nil(response)
    assert.equal("lost", err.code)
    assert.equal(0, service.leaks)
    ask(link:sub(#server.url + 1))
    assert.equal(1, service.leaks)
  end)

  it("takes an upload, and deletes it", function()
    new { mistaken = 1 }
    local content = ("\0\r\n\255"):rep(100000)
    local headers = { Authorization = "Bearer " .. service:token(),
                      ["Content-Type"] = "multipart/form-data; boundary=4711" }
    local response = assert(ask("/api/libraryfiles", { method = "POST", headers = headers,
      body = '--4711\r\nContent-Disposition: form-data; name="file"; filename="a b.bin"\r\n\r\n'
        .. content .. "\r\n--4711--\r\n" }))
    assert.equal(200, response.status)
    assert.is_true(service.files["a b.bin"].content == content)
    response = assert(ask("/api/libraryfiles/a%20b.bin", { method = "DELETE" }))
    assert.same({ 204, "" }, { response.status, response.body })
    assert.is_nil(service.files["a b.bin"])
  end)

  it("refuses unknown options, and a port that is taken", function()
    new { mistaken = 1 }
    assert.error_matches(function() servers.new(service, { prot = 1 }) end, "unknown option 'prot'")
    local other, err = servers.new(service, { port = tonumber(server.url:match "%d+$") })
    assert.is_nil(other)
    assert.equal("listen", err.code)
    assert.equal(err.message, tostring(err))
  end)
end)
