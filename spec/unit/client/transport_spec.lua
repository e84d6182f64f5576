-- Requests as the engine takes them.

local world = require "spec.support.world"

describe("a request", function()
  it("to the service has the API's address, the token and the client's timeouts", function()
    local client = world.new({}, { timeout = 7 })
    client.connect_timeout = 3
    local request = client:to_service({ method = "POST", path = "/x", body = "{}" }, "Bearer a")
    assert.same({ "POST", client.api_url .. "/x", "{}", 7, 3 },
      { request.method, request.url, request.body, request.timeout, request.connect_timeout })
    assert.same({ "Bearer a", "application/json", "application/json" }, {
      request.headers.authorization, request.headers.accept, request.headers["content-type"] })
    local read = client:to_service({ method = "GET", path = "/x" }, "Bearer a")
    assert.is_nil(read.headers["content-type"])
  end)

  it("to another host has no token", function()
    local client = world.new()
    local request = client:to_other { method = "GET", url = "https://x.test/f",
                                      headers = { range = "bytes=5-" } }
    assert.same({ range = "bytes=5-", ["user-agent"] = client.user_agent }, request.headers)
    assert.equal("https://x.test/f", request.url)
  end)

  it("of a credential waits no longer to connect than the client does", function()
    local client = world.new()
    client.connect_timeout = 3
    local function seconds(own)
      return client:transported { request = function()
        return { method = "GET", url = "http://169.254.169.254/", headers = {},
                 connect_timeout = own, is_direct = true }
      end }.request().connect_timeout
    end
    assert.same({ 3, 2, 3 }, { seconds(), seconds(2), seconds(9) })
  end)

  it("is none if the credential has its token or an error", function()
    local client, problem = world.new(), {}
    assert.is_nil(client:transported({ header = "x" }).request)
    local credential = client:transported { request = function() return nil, problem end }
    assert.same({ nil, problem }, { credential.request() })
  end)
end)
