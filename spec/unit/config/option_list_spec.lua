-- The table of options.

local option_list = require "mde.config.option_list"

describe("the options", function()
  it("are named once, and each of a profile's keys has a type", function()
    local seen = {}
    for _, name in ipairs(option_list.select(function() return true end)) do
      assert.is_nil(seen[name], name)
      seen[name] = true
    end
    for _, row in ipairs(option_list.profile) do assert.is_string(row.key, row.name) end
  end)

  it("are selected by a condition, in order, as a field of theirs", function()
    assert.same({ "MDE_API_URL", "AZURE_AUTHORITY_HOST" },
      option_list.select(function(row) return row.role == "place" end, "variable"))
    assert.equal("MDE_TOKEN", option_list.by_name "variable".token)
  end)
end)
