-- Encoding of multipart/form-data.

local multipart = require "mde.service.multipart"

describe("multipart.encode", function()
  it("has a boundary that occurs in no part, and escapes names", function()
    local numbers, i = { 0, 0, 0.5, 0.5 }, 0
    local function random()
      i = i + 1
      return numbers[i]
    end
    local body, kind = multipart.encode({ { "a", "mde-0000000000000000" },
                                          { "file", "x", 'b"c\r\n.ps1' } }, random)
    assert.equal("multipart/form-data; boundary=mde-4000000040000000", kind)
    assert.equal(table.concat({
      "--mde-4000000040000000", 'Content-Disposition: form-data; name="a"', "",
      "mde-0000000000000000", "--mde-4000000040000000",
      'Content-Disposition: form-data; name="file"; filename="b%22c%0D%0A.ps1"',
      "Content-Type: application/octet-stream", "", "x", "--mde-4000000040000000--", "",
    }, "\r\n"), body)
  end)
end)
