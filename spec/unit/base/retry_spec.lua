-- Tests pauses between attempts, Retry-After, and transient failures.

local random_numbers = require "mde.simulator.random"
local retry = require "mde.base.retry"
local samples = require "spec.support.samples"

local NOW = "Fri, 23 Jan 2026 20:10:40 GMT"

-- The seconds that an answer with this Retry-After, body and Date asks to wait.
local function after(header, body, date)
  return retry.after({ status = 429, headers = { ["retry-after"] = header, date = date },
                       body = body or "" })
end

describe("a pause between attempts", function()
  it("doubles from a second to half a minute", function()
    local longest = {}
    for attempt = 1, 8 do longest[attempt] = retry.delay(attempt, function() return 1 end) end
    assert.same({ 1, 2, 4, 8, 16, 30, 30, 30 }, longest)
    assert.equal(30, retry.delay(5000, function() return 1 end))
  end)

  it("is spread over its upper half", function()
    local random, least, most = random_numbers.new(1), math.huge, 0
    for _ = 1, 1000 do
      local pause = retry.delay(3, random)
      least, most = math.min(least, pause), math.max(most, pause)
    end
    assert.is_true(least >= 2 and least < 2.1)
    assert.is_true(most <= 4 and most > 3.9)
  end)
end)

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
    assert.equal(8, retry.after(samples.response("error-429-quota.json", 429)))
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

describe("a transient failure", function()
  it("is recognized by its status", function()
    local transient = {}
    for status = 100, 599 do
      if retry.is_transient(status) then transient[#transient + 1] = status end
    end
    assert.same({ 408, 500, 502, 503, 504 }, transient)
  end)
end)
