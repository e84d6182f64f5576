-- Shortening the ids of a table.

local short_ids = require "mde.program.terminal.short_ids"

local function short(...)
  local ids, list = { ... }, {}
  local of = short_ids.of(ids)
  for i, id in ipairs(ids) do list[i] = of[id] end
  return list
end

describe("a short id", function()
  it("has eight digits, and more only where ids collide", function()
    assert.same({ "5382f7ea", "a382f7ea" }, short("5382f7ea-7557-4ab7-9782-d50480024a4e",
      "a382f7ea-7557-4ab7-9782-d50480024a4e"))
    assert.same({ "5382f7ea-7", "5382f7ea-8", "5482f7ea" }, short(
      "5382f7ea-7557-4ab7-9782-d50480024a4e", "5382f7ea-8557-4ab7-9782-d50480024a4e",
      "5482f7ea-8557-4ab7-9782-d50480024a4e"))
    assert.same({ "5382f7ea-7557-4", "5382f7ea-7557-5" }, short(
      "5382f7ea-7557-4ab7-9782-d50480024a4e", "5382f7ea-7557-5ab7-9782-d50480024a4e"))
  end)

  it("is the same for the same id", function()
    local id = "5382f7ea-7557-4ab7-9782-d50480024a4e"
    assert.same({ "5382f7ea", "5382f7ea" }, short(id, id))
  end)

  it("takes the place of GUIDs in a column, and of nothing else", function()
    local rows = { { "a", "5382f7ea-7557-4ab7-9782-d50480024a4e" }, { "b", "1e5bc9d7e413" },
                   { "c", "" } }
    short_ids.shorten(rows, 2)
    assert.same({ { "a", "5382f7ea" }, { "b", "1e5bc9d7e413" }, { "c", "" } }, rows)
  end)
end)
