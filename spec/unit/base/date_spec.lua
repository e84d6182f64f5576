-- Tests dates of the service, of people and of HTTP.

local date = require "mde.base.date"

local MOMENT = 1769199040  -- 2026-01-23T20:10:40Z

describe("a date of the service", function()
  it("is seconds since 1970", function()
    assert.equal(MOMENT, date.parse "2026-01-23T20:10:40Z")
    assert.equal(0, date.parse "1970-01-01T00:00:00Z")
    assert.equal(-1, date.parse "1969-12-31T23:59:59Z")
    assert.equal(253402300799, date.parse "9999-12-31T23:59:59Z")
    assert.equal(-62167219200, date.parse "0000-01-01T00:00:00Z")
  end)

  it("has up to nine digits of fraction", function()
    local digits = "878523519"
    for count = 1, 9 do
      local seconds = date.parse("2026-01-23T20:10:40." .. digits:sub(1, count) .. "Z")
      assert.near(MOMENT + tonumber("0." .. digits:sub(1, count)), seconds, 1e-6)
    end
    assert.equal(MOMENT + 0.5, date.parse "2026-01-23T20:10:40.5Z")
    assert.equal(MOMENT + 0.25, date.parse "2026-01-23T20:10:40.250000000+00:00")
    assert.equal(MOMENT, date.parse "2026-01-23T20:10:40.0Z")
  end)

  it("keeps the order of fractions", function()
    local before = date.parse "2026-01-23T20:10:40.878523Z"
    assert.is_true(before < date.parse "2026-01-23T20:10:40.878524Z")
    assert.is_true(before > date.parse "2026-01-23T20:10:40.87Z")
  end)

  it("is an integer in Luas that have them, if it has no fraction", function()
    if not math.type then return end
    assert.equal("integer", math.type(date.parse "2026-01-23T20:10:40Z"))
    assert.equal("integer", math.type(date.http "Fri, 23 Jan 2026 20:10:40 GMT"))
  end)
end)

describe("a date of a person", function()
  it("may omit the seconds, and have another separator", function()
    for _, text in ipairs { "2026-01-23T20:10Z", "2026-01-23t20:10z", "2026-01-23 20:10:00Z",
                            "2026-01-23 21:10+01:00" } do
      assert.equal(MOMENT - 40, date.parse(text), text)
    end
  end)

  it("may have an offset", function()
    for _, text in ipairs { "2026-01-23T21:10:40+01:00", "2026-01-23T21:10:40+0100",
                            "2026-01-23T14:40:40-05:30", "2026-01-24T10:10:40+14:00",
                            "2026-01-23T20:10:40-00:00", "2026-01-22T20:11:40-23:59" } do
      assert.equal(MOMENT, date.parse(text), text)
    end
    assert.equal(MOMENT + 0.5, date.parse "2026-01-23T21:10:40.5+01:00")
  end)

  it("requires a zone, and the message tells how to add one", function()
    for _, text in ipairs { "2026-01-23T20:10:40", "2026-01-23T20:10", "2026-01-23T20:10:40.5" } do
      local seconds, message = date.parse(text)
      assert.is_nil(seconds)
      assert.equal("'" .. text .. "' has no zone: add Z for UTC, or an offset such as"
        .. " +01:00", message)
    end
  end)

  it("is refused with an example if it is malformed", function()
    local seconds, message = date.parse "yesterday"
    assert.is_nil(seconds)
    assert.equal("'yesterday' is not a date with time and zone, such as 2026-01-23T20:10:40Z",
      message)
  end)

  it("is shown on one line, and cut, in the message", function()
    local _, message = date.parse("2026\n" .. ("x"):rep(10000))
    assert.is_nil(message:find "\n")
    assert.is_true(#message < 160)
  end)
end)

describe("a date is refused", function()
  local function refused(texts)
    for _, text in ipairs(texts) do assert.is_nil((date.parse(text)), text) end
  end

  it("if the calendar lacks it", function()
    refused { "2026-00-23T20:10:40Z", "2026-13-23T20:10:40Z", "2026-01-00T20:10:40Z",
              "2026-01-32T20:10:40Z", "2026-04-31T20:10:40Z", "2026-02-29T20:10:40Z",
              "2024-02-30T20:10:40Z", "1900-02-29T20:10:40Z", "2100-02-29T20:10:40Z",
              "2026-99-99T20:10:40Z" }
  end)

  it("if the clock lacks it", function()
    refused { "2026-01-23T24:00:00Z", "2026-01-23T24:00Z", "2026-01-23T25:10:40Z",
              "2026-01-23T20:60:40Z", "2026-01-23T20:10:61Z", "2026-01-23T20:10:99Z",
              "2026-01-23T20:10:40+24:00", "2026-01-23T20:10:40+01:60" }
  end)

  it("if it has another form", function()
    refused { "", "2026-01-23", "2026-01-23Z", "20260123T201040Z", "2026-1-23T20:10:40Z",
              "26-01-23T20:10:40Z", "2026-01-23T2:10:40Z", "2026-01-23T20:10:4Z",
              "2026-01-23T20:10:Z", "2026-01-23T20:1040Z", "2026-01-23T20:10:405Z",
              "2026-01-23T20:10:4056Z", "2026-01-23T20:10.5Z", "2026-01-23T20:10:40.Z",
              "2026-01-23T20:10:40.5.5Z", "2026-01-23T20:10:40,5Z",
              "2026-01-23T20:10:40.1234567890Z",
              "2026-01-23T20:10:40 Z", "2026-01-23T20:10:40Z ", " 2026-01-23T20:10:40Z",
              "2026-01-23T20:10:40ZZ", "2026-01-23T20:10:40+1:00", "2026-01-23T20:10:40+01",
              "2026-01-23T20:10:40 CET", "12026-01-23T20:10:40Z", "-2026-01-23T20:10:40Z",
              "2026-01-23T20:10:40Z\n", "2026-01-23T20:10:40\0Z", "2026-01-23T20:10:40Z\0",
              "2026-01-23T20:10:" .. ("9"):rep(400) .. "Z" }
  end)

  it("if it is not text", function()
    for _, value in ipairs { 1769198400, true, {}, 0 / 0 } do
      local seconds, message = date.parse(value)
      assert.is_nil(seconds)
      assert.is_string(message)
    end
    assert.is_nil((date.parse(nil)))
  end)
end)

describe("the calendar", function()
  it("has leap years by the Gregorian rule", function()
    assert.equal(951782400, date.parse "2000-02-29T00:00:00Z")
    assert.equal(1709164800, date.parse "2024-02-29T00:00:00Z")
    assert.equal(4107542400, date.parse "2100-03-01T00:00:00Z")
    assert.equal(86400, date.parse "2100-03-01T00:00:00Z" - date.parse "2100-02-28T00:00:00Z")
    assert.equal(172800, date.parse "2000-03-01T00:00:00Z" - date.parse "2000-02-28T00:00:00Z")
  end)

  it("counts a leap second as the first second of the next minute", function()
    assert.equal(1483228800, date.parse "2016-12-31T23:59:60Z")
    assert.equal(1483228800, date.parse "2017-01-01T00:59:60+01:00")
  end)

  it("converts both ways without change, through eight centuries", function()
    for day = -146097, 146097, 5 do
      local seconds = day * 86400 + (day * 7919) % 86400
      local text = date.text(seconds)
      if date.parse(text) ~= seconds then assert.equal(seconds, date.parse(text), text) end
    end
  end)
end)

describe("the text of a moment", function()
  it("is in UTC, without fraction", function()
    assert.equal("2026-01-23T20:10:40Z", date.text(MOMENT))
    assert.equal("2026-01-23T20:10:40Z", date.text(MOMENT + 0.999))
    assert.equal("1970-01-01T00:00:00Z", date.text(0))
    assert.equal("1969-12-31T23:59:59Z", date.text(-0.5))
    assert.equal("2024-02-29T12:00:00Z", date.text(1709208000))
  end)
end)

describe("a date of HTTP", function()
  it("is parsed", function()
    assert.equal(784111777, date.http "Sun, 06 Nov 1994 08:49:37 GMT")
    assert.equal(MOMENT, date.http "Fri, 23 Jan 2026 20:10:40 GMT")
    for month, name in ipairs { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep",
                                "Oct", "Nov", "Dec" } do
      assert.equal(date.parse(("2026-%02d-09T00:00:00Z"):format(month)),
        date.http(("Mon, 09 %s 2026 00:00:00 GMT"):format(name)), name)
    end
  end)

  it("has no other form", function()
    for _, text in ipairs { "", "120", "Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 08:49:37 CET",
                            "Sun, 6 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT",
                            "Sun Nov  6 08:49:37 1994", "Sun, 06 nov 1994 08:49:37 GMT",
                            "Sun, 31 Nov 1994 08:49:37 GMT", "Sun, 00 Nov 1994 08:49:37 GMT",
                            "Sun, 06 Nov 1994 24:49:37 GMT", "Sun, 06 Nov 1994 08:60:37 GMT",
                            "Sun, 06 Nov 1994 08:49:61 GMT", "Sun, 99 Nov 1994 99:99:99 GMT",
                            "Sun, 06 Nov 1994 08:49:37 GMT, Sun, 06 Nov 1994 08:49:37 GMT" } do
      assert.is_nil(date.http(text), text)
    end
  end)
end)
