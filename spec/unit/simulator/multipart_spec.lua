-- Decoding of multipart/form-data.

local multipart = require "mde.simulator.multipart"

describe("multipart.decode", function()
  it("reads quoted boundaries, empty parts and words before the first", function()
    local parts = multipart.decode('multipart/form-data; charset=x; boundary="a b"',
      "before\r\n--a b\r\ncontent-disposition: form-data; name=n; filename=f\r\n\r\n\r\n--a b--")
    assert.same({ { name = "n", filename = "f", content = "" } }, parts)
  end)

  it("distinguishes the name of a file from the name of a part", function()
    local parts = multipart.decode("multipart/form-data; boundary=x",
      '--x\r\nContent-Disposition: form-data; filename="f"; name="n"\r\n\r\nc\r\n--x--\r\n')
    assert.same({ { name = "n", filename = "f", content = "c" } }, parts)
  end)

  it("returns nil for a part without a name or an end", function()
    for _, body in ipairs { "--x\r\nA: b\r\n\r\nc\r\n--x--", "--x\r\n", "",
        "--x\r\nContent-Disposition: form-data; name=n\r\n\r\nc" } do
      assert.is_nil(multipart.decode("multipart/form-data; boundary=x", body))
    end
  end)
end)
