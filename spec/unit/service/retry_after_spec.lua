-- Tests the pause that an answer asks for.

local retry_after = require "mde.service.retry_after"
local samples = require "spec.support.samples"

local NOW = "Fri, 23 Jan 2026 20:10:40 GMT"

-- The seconds that an answer with this Retry-After, body and Date asks to wait.
local function after(header, body, date)
  return retry_after({ status = 429, headers = { ["retry-after"] = header, date = date },
                       body = body or "" })
end

describe("the pause that an answer asks for", function()
  it("comes from the header, in seconds", function()
    assert.equal(40, after "40")
    assert.equal(40, after " 40 ")
    assert.equal(7, after("7", "You can send requests again in 8 seconds."))
  end)

  it("comes from the header, as a date by the service's own clock", function()
    assert.equal(90, after("Fri, 23 Jan 2026 20:12:10 GMT", "", NOW))
    assert.equal(30, after("Fri, 23 Jan 2026 20:12:10 GMT", "", "Fri, 23 Jan 2026 20:11:40 GMT"))
    assert.is_nil(after("Fri, 23 Jan 2026 20:12:10 GMT", "", "no date"))
    assert.is_nil(after("Fri, 23 Jan 2026 20:12:10 GMT"))
  end)

  it("comes from the text if there is no header", function()
    assert.equal(8, retry_after(samples.response("error-429-quota.json", 429)))
    assert.equal(1, after(nil, "again in 1 second."))
    assert.equal(120, after(nil, "\0<html>again in 120 seconds</html>"))
  end)

  it("comes from the text if the header is malformed", function()
    for _, header in ipairs { "", "soon", "-5", "1.5", "5s", "0x10", "1e3", "5, 5", "5\0",
                              "Fri, 31 Feb 2026 20:12:10 GMT" } do
      assert.equal(8, after(header, "again in 8 seconds"), header)
      assert.is_nil(after(header), header)
    end
  end)

  it("is nil if the answer has none", function()
    for _, body in ipairs { "", "again in a few seconds", "again in -8 seconds",
                            "again in 8 minutes", "<html></html>" } do
      assert.is_nil(after(nil, body), body)
    end
  end)

  it("is kept between a second and an hour", function()
    assert.equal(1, after "0")
    assert.equal(1, after "1")
    assert.equal(3600, after "3600")
    assert.equal(3600, after "3601")
    assert.equal(3600, after(("9"):rep(400)))
    assert.equal(3600, after(nil, "again in " .. ("9"):rep(400) .. " seconds"))
    assert.equal(1, after(nil, "again in 0 seconds"))
    assert.equal(1, after("Sun, 06 Nov 1994 08:49:37 GMT", "", NOW))
    assert.equal(1, after("Fri, 23 Jan 2026 20:12:10 GMT", "", "Fri, 23 Jan 2026 20:12:10 GMT"))
    assert.equal(3600, after("Fri, 31 Dec 9999 23:59:59 GMT", "", NOW))
  end)
end)
