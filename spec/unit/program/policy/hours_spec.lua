-- Hours with days and zones.

local date = require "mde.base.date"
local hours = require "mde.program.policy.hours"

local function open(text, at)
  return (hours.open({ assert(hours.parse(text)) }, date.parse(at)))
end

describe("hours", function()
  it("are within a day, or over midnight", function()
    assert.is_true(open("08:00-17:00 UTC", "2026-01-23T08:00:00Z"))
    assert.is_false(open("08:00-17:00 UTC", "2026-01-23T17:00:00Z"))
    assert.is_false(open("08:00-17:00 UTC", "2026-01-23T07:59:59Z"))
    assert.is_true(open("22:00-06:00 UTC", "2026-01-23T23:00:00Z"))
    assert.is_true(open("22:00-06:00 UTC", "2026-01-23T05:59:59Z"))
    assert.is_false(open("22:00-06:00 UTC", "2026-01-23T06:00:00Z"))
  end)

  it("are in their zone", function()
    assert.is_true(open("08:00-09:00 +02:00", "2026-01-23T06:30:00Z"))
    assert.is_true(open("08:00-09:00 -05:30", "2026-01-23T14:00:00Z"))
    assert.is_false(open("08:00-09:00 +02:00", "2026-01-23T08:30:00Z"))
  end)

  it("may have days; what is behind midnight is the day's before", function()
    -- 2026-01-24 is a Saturday.
    assert.is_true(open("Sat-Sun 00:00-24:00 UTC", "2026-01-24T00:00:00Z"))
    assert.is_true(open("Sat-Sun 00:00-24:00 UTC", "2026-01-25T23:59:59Z"))
    assert.is_false(open("Sat-Sun 00:00-24:00 UTC", "2026-01-26T00:00:00Z"))
    assert.is_true(open("Sat-Sun 00:00-24:00 +01:00", "2026-01-23T23:00:00Z"))
    assert.is_true(open("Fri 22:00-06:00 UTC", "2026-01-24T05:00:00Z"))
    assert.is_false(open("Fri 22:00-06:00 UTC", "2026-01-23T05:00:00Z"))
    assert.is_true(open("Mon-Fri 08:00-17:00 UTC", "2026-01-26T12:00:00Z"))
  end)

  it("tell when that changes", function()
    local list = { hours.parse "22:00-06:00 UTC" }
    assert.same({ true, 1800 }, { hours.open(list, date.parse "2026-01-23T05:30:00Z") })
    assert.same({ false, 15.5 }, { hours.open(list, date.parse "2026-01-23T21:59:44.5Z") })
    assert.same({ true }, { hours.open({}, 0) })
    list[2] = hours.parse "08:00-09:00 UTC"
    assert.same({ false }, { hours.open(list, 0) })
  end)

  it("are within others, or not", function()
    local night = hours.parse "22:00-06:00 UTC"
    assert.is_true(hours.parse "23:00-05:00 UTC":within(night))
    assert.is_true(hours.parse "23:00-07:00 +01:00":within(night))
    assert.is_false(hours.parse "21:00-05:00 UTC":within(night))
  end)

  it("are nothing else", function()
    for _, text in ipairs { "22:00-06:00", "22-06 UTC", "25:00-06:00 UTC", "22:00-22:00 UTC",
                            "22:60-23:00 UTC", "Xyz 22:00-23:00 UTC", "22:00-06:00 CET",
                            "22:00-06:00 +15:00", "", "24:01-02:00 UTC" } do
      assert.is_nil(hours.parse(text), text)
    end
    assert.is_nil(hours.parse(5))
  end)

  it("are derived from a long text at once", function()
    local began = os.clock()
    assert.is_nil(hours.parse((" "):rep(100000)))
    assert.is_true(os.clock() - began < 5)
  end)
end)
