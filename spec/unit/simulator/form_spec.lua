-- Decoding of forms and query strings.

local form = require "mde.simulator.form"

describe("a form", function()
  it("is decoded: percent signs, pluses, empty and repeated fields", function()
    assert.same({ a = "1", b = "x y&=", c = "", d = "2" },
      form.decode "a=1&b=x+y%26%3d&c&d=1&d=2")
    assert.same({}, form.decode "")
  end)

  it("keeps plus signs in a path", function()
    assert.equal("a+b c", form.unescape "a+b%20c")
  end)
end)
