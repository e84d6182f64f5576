-- Tests parsing and writing of durations.

local duration = require "mde.base.duration"

describe("a duration", function()
  it("is a count with a unit, or several", function()
    local forms = { ["90s"] = 90, ["15m"] = 900, ["4h"] = 14400, ["2d"] = 172800, ["1w"] = 604800,
                    ["1d12h"] = 129600, ["1h1m1s"] = 3661, ["0s"] = 0, ["1.5h"] = 5400,
                    ["0.25s"] = 0.25, ["007m"] = 420, ["36525d"] = 3155760000 }
    for text, seconds in pairs(forms) do assert.equal(seconds, duration.parse(text), text) end
  end)

  it("is also a number of seconds", function()
    for _, seconds in ipairs { 0, 0.5, 90, 3155760000 } do
      assert.equal(seconds, duration.parse(seconds))
    end
  end)

  it("is an integer in Luas that have them", function()
    if math.type then assert.equal("integer", math.type(duration.parse "1d12h")) end
  end)

  it("refuses other text with examples", function()
    local seconds, message = duration.parse "soon"
    assert.is_nil(seconds)
    assert.equal("'soon' is not a duration such as 90s, 15m, 4h, 2d or 1d12h", message)
  end)

  it("refuses other values", function()
    for _, value in ipairs { "", "h", "4", "4 h", "4h ", " 4h", "-4h", "+4h", "4H", "4y", "4hours",
                             "1d-2h", "1,5h", ".5h", "1e3s", "0x10s", "4h\0", "4h\n", -1, 0 / 0,
                             1 / 0, -1 / 0, true, {} } do
      local seconds, message = duration.parse(value)
      assert.is_nil(seconds, tostring(value))
      assert.is_string(message)
    end
    assert.is_nil((duration.parse(nil)))
  end)

  it("refuses a long text at once", function()
    local began = os.clock()
    assert.is_nil((duration.parse(("1"):rep(150000) .. "x")))
    assert.is_true(os.clock() - began < 5)
  end)

  it("is at most a hundred years, and never overflows", function()
    for _, value in ipairs { "36525d1s", 3155760001, "9223372036854775807w",
                             "18446744073709551617s",
                             "1000w1000w1000w1000w1000w1000w", ("9"):rep(400) .. "d",
                             ("9"):rep(5000) .. "s" } do
      local seconds, message = duration.parse(value)
      assert.is_nil(seconds)
      assert.is_true(#message < 160)
    end
  end)
end)

describe("the text of a duration", function()
  it("has at most two units, the smaller one only if it is not zero", function()
    local forms = {
      [0] = "0s", [8] = "8s", [59] = "59s", [60] = "1m", [725] = "12m 5s", [3599] = "59m 59s",
      [3600] = "1h", [3661] = "1h 1m", [86399] = "23h 59m", [86400] = "1d", [86459] = "1d",
      [273600] = "3d 4h", [604800] = "7d", [3155760000] = "36525d",
    }
    for seconds, text in pairs(forms) do assert.equal(text, duration.text(seconds)) end
  end)

  it("is rounded to seconds", function()
    assert.equal("0s", duration.text(0.4))
    assert.equal("1s", duration.text(0.5))
    assert.equal("1m", duration.text(59.5))
    assert.equal("1h", duration.text(3599.6))
  end)

  it("can be negative", function()
    assert.equal("-1m 30s", duration.text(-90))
    assert.equal("0s", duration.text(-0.4))
  end)
end)
