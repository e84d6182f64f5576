-- client:request.

local world = require "spec.support.world"

describe("client:request", function()
  it("makes any call, and gives what its JSON says", function()
    local client, service = world.new()
    local id = service:add {}
    assert.equal(id, client:request("GET", "/api/machineactions/" .. id).id)
    local list = assert(client:request("GET", "/api/machineactions", {
      query = { ["$top"] = 1, ["$filter"] = "status eq 'Pending'" } }))
    assert.equal(1, #list.value)
    local path = "/api/machineactions?$top=1"
    assert.equal(1, #client:request("GET", path, { query = "$skip=0" }).value)
    assert.equal(id, client:request("GET", "https://api.security.microsoft.com/api/machineactions/"
      .. id).id)
    local action = assert(client:request("POST", ("/api/machineactions/%s/cancel"):format(id),
      { body = { Comment = "x" } }))
    assert.equal("Cancelled", action.status)
  end)

  it("goes by the quota of the operation that it is", function()
    local client, service, clock = world.new()
    local began = clock.monotonic()
    for _ = 1, 101 do assert(client:request("GET", "/api/v1.0/machineactions?$top=1")) end
    assert.is_true(clock.monotonic() - began > 60)
    assert.equal(0, service:requests(nil, 429))
  end)

  it("tries again what reads, and sends anything else once", function()
    local client, service = world.new { oddities = { bad_gateway = { nth = { 2, 4 } } } }
    local id = service:add {}
    assert(client:request("GET", "/api/machineactions/" .. id))
    assert.equal(2, service:requests "get")
    local answer, err = client:request("POST", ("/api/machineactions/%s/cancel"):format(id),
      { body = { Comment = "x" } })
    assert.is_nil(answer)
    assert.same({ "service", 502, true }, { err.code, err.status, err.sent })
    assert.equal(1, service:posted(id))
  end)

  it("says what the service said", function()
    local client = world.new()
    local answer, err = client:request("GET", "/api/nothing")
    assert.is_nil(answer)
    assert.same({ "not_found", 404, "NotFound" }, { err.code, err.status, err.service_code })
    answer, err = client:request("POST", "/api/machineactions/x/cancel", { body = "{}" })
    assert.is_nil(answer)
    assert.equal("bad_request", err.code)
  end)

  it("goes to the service's own host only", function()
    local client, service = world.new()
    for _, path in ipairs { "", "api", "//evil.example/api", "https://evil.example/api/machines",
                            "https://api.security.microsoft.com.evil.example/api",
                            "https://api.security.microsoft.com@evil.example/api",
                            "/api/../x", "/api/machines/..", "/api/a b", "/api/a#b", "/api/a\\b",
                            "/api/\n", "/\\evil.example" } do
      local answer, err = client:request("GET", path)
      assert.is_nil(answer, path)
      assert.equal("invalid_argument", err.code, path)
      assert.is_truthy(err.message:find("such as /api/machines", 1, true))
    end
    assert.equal(0, service:requests())
  end)

  it("refuses what is malformed", function()
    local client, service = world.new()
    for _, wrong in ipairs { { "get", "/api/x" }, { nil, "/api/x" }, { "GET", nil },
                             { "GET", "/api/x", { query = 7 } },
                             { "GET", "/api/x", { query = "a b" } },
                             { "GET", "/api/x", { query = { ["$top"] = {} } } },
                             { "POST", "/api/x", { body = "x", content_type = 7 } },
                             { "POST", "/api/x", { body = "x", content_type = "a\r\nb: c" } },
                             { "POST", "/api/x", { body = 7 } },
                             { "POST", "/api/x", { body = { print } } } } do
      local answer, err = client:request(wrong[1], wrong[2], wrong[3])
      assert.is_nil(answer)
      assert.equal("invalid_argument", err.code)
    end
    assert.error_matches(function() client:request("GET", "/api/x", { headers = {} }) end,
      "request: unknown option")
    assert.equal(0, service:requests())
  end)
end)
