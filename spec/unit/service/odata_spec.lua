-- OData query options.

local odata = require "mde.service.odata"

describe("OData", function()
  it("quotes text and leaves dates bare", function()
    assert.equal("'O''Brien'", odata.text "O'Brien")
    assert.equal("''''''", odata.text "''")
    assert.equal("2026-01-23T20:00:00Z", odata.date(1769198400))
    assert.equal("2026-01-23T20:00:00.25Z", odata.date(1769198400.25))
    assert.equal("2026-01-23T20:00:00.001Z", odata.date(1769198400.001))
    assert.equal("2026-01-23T20:00:01Z", odata.date(1769198400.9999999))
  end)

  it("makes conditions of one or several texts, and joins conditions", function()
    assert.equal("status eq 'Pending'", odata.is("status", "Pending"))
    assert.equal("(status eq 'a' or status eq 'b')", odata.is("status", { "a", "b" }))
    assert.is_nil(odata.all {})
    assert.equal("a and b", odata.all { "a", "b" })
  end)

  it("percent-encodes what is not a letter, digit or -._~", function()
    assert.equal("$filter=a%20eq%20%27%C3%A9%26%27&$top=5",
      odata.query { { "$filter", "a eq 'é&'" }, { "$skip", nil }, { "$top", 5 } })
  end)
end)
