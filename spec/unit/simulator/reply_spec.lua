-- The simulator's answers.

local cjson = require "cjson"
local reply = require "mde.simulator.reply"

describe("an error", function()
  it("has the service's form", function()
    local answer = reply.error(404, "ResourceNotFound", 'no "x"', "id")
    assert.same({ 404, "4.0" }, { answer.status, answer.headers["odata-version"] })
    assert.same({ code = "ResourceNotFound", message = 'no "x"', target = "id" },
      cjson.decode(answer.body).error)
  end)

  it("of a proxy is a page of HTML", function()
    local answer = reply.html(502, "Bad Gateway")
    assert.equal("text/html", answer.headers["content-type"])
    assert.matches("<h1>502 Bad Gateway</h1>", answer.body, 1, true)
  end)

  it("of the storage is XML with its code in a header", function()
    local answer = reply.storage(403, "AuthenticationFailed", "expired")
    assert.equal("AuthenticationFailed", answer.headers["x-ms-error-code"])
    assert.matches("<Code>AuthenticationFailed</Code>", answer.body, 1, true)
  end)
end)
