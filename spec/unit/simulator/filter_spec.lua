-- Tests $filter and $orderby.

local filter = require "mde.simulator.filter"

local FIELDS = {
  id = { type = "string", read = function(row) return row.id end },
  status = { type = "string", read = function(row, at) return at and row.later or row.status end },
  created = { type = "date", read = function(row) return row.created end },
  group = { type = "number", read = function(row) return row.group end },
  tags = { type = "strings", read = function(row) return row.tags or {} end },
}
local ROWS = {
  { id = "a", status = "Pending", created = 1769198400, later = "Failed" },  -- 2026-01-23T20:00:00Z
  { id = "b", status = "Succeeded", created = 1769198400.5, group = 140, tags = { "VIP", "x" } },
  { id = "o'brien", created = 1769284800, group = -2, tags = { "y" } },
}

-- The ids of the rows that match, joined; or the message.
local function matching(text, at)
  local predicate, message = filter.predicate(text, FIELDS)
  if not predicate then return message end
  local ids = {}
  for _, row in ipairs(ROWS) do
    if predicate(row, at) then ids[#ids + 1] = row.id end
  end
  return table.concat(ids, " ")
end

describe("$filter", function()
  it("compares strings", function()
    assert.equal("a", matching "id eq 'a'")
    assert.equal("b o'brien", matching "id ne 'a'")
    assert.equal("b o'brien", matching "id gt 'a'")
    assert.equal("a b", matching "id le 'b'")
  end)

  it("compares numbers, quoted or not", function()
    assert.equal("b", matching "group eq 140")
    assert.equal("b", matching "group eq '140'")
    assert.equal("o'brien", matching "group lt 0")
    assert.equal("o'brien", matching "group in (-2, 7)")
    assert.equal("a", matching "group eq null")
    assert.is_truthy(matching "group eq 'x'":find "'Edm.Int32' and 'Edm.String'")
    assert.is_truthy(matching "id eq 7":find "'Edm.String' and 'Edm.Int32'")
  end)

  it("checks if any of several strings matches", function()
    assert.equal("b", matching "tags/any(tag: tag eq 'VIP')")
    assert.equal("b o'brien", matching "tags/any(t: t eq 'x' or startswith(t,'y'))")
    assert.equal("a o'brien", matching "not tags/any(t: t in ('x'))")
    assert.equal("b", matching "tags/any(t:t eq 'x') and status eq 'Succeeded'")
    assert.is_truthy(matching "tags/any(t: id eq 'a')":find "Could not find a property named 'id'")
    assert.is_truthy(matching "tags/any(t eq 'x')":find "^Syntax error")
    assert.is_truthy(matching "id/any(t: t eq 'x')":find "not a collection")
    assert.is_truthy(matching "none/any(t: t eq 'x')":find "Could not find a property")
  end)

  it("reads two quotes as one", function()
    assert.equal("o'brien", matching "id eq 'o''brien'")
    assert.equal("", matching "id eq ''''")
    assert.equal("", matching "id eq ''")
  end)

  it("compares bare dates, with or without a time", function()
    assert.equal("a", matching "created le 2026-01-23T20:00:00Z")
    assert.equal("a b", matching "created lt 2026-01-24T20:00:00.0000000Z")
    assert.equal("b", matching "created eq 2026-01-23T21:00:00.5+01:00")
    assert.equal("o'brien", matching "created ge 2026-01-24Z")
    assert.equal("o'brien", matching "created gt 2026-01-24")
  end)

  it("binds not before and before or, and supports parentheses", function()
    assert.equal("a b", matching "id eq 'a' or id eq 'b' and status eq 'Succeeded'")
    assert.equal("b", matching "(id eq 'a' or id eq 'b') and status eq 'Succeeded'")
    assert.equal("b o'brien", matching "not id eq 'a' and not (id eq 'z')")
    assert.equal("a", matching "((id eq 'a'))")
  end)

  it("accepts AND in capitals, like the service", function()
    assert.equal("b", matching "id eq 'b' AND status eq 'Succeeded'")
  end)

  it("supports in and startswith", function()
    assert.equal("a o'brien", matching "id in ('a', 'o''brien','z')")
    assert.equal("o'brien", matching "startswith(id,'o''b')")
    assert.equal("a b o'brien", matching "startswith(id,'')")
  end)

  it("supports null, which is neither less nor greater", function()
    assert.equal("o'brien", matching "status eq null")
    assert.equal("a b", matching "status ne null")
    assert.equal("a b", matching "status gt ''")
    assert.equal("", matching "status lt ''")
  end)

  it("passes the moment to the fields", function()
    assert.equal("a", matching("status eq 'Failed'", 5))
  end)

  it("refuses the same as the service, without crashing", function()
    local function refused(text, part)
      assert.is_truthy(matching(text):find(part, 1, true), text .. " -> " .. matching(text))
    end
    refused("computerDnsName eq 'x'", "Could not find a property named 'computerDnsName'")
    refused("created gt '2026-01-23T20:00:00Z'", "incompatible types")
    refused("id eq 2026-01-23", "incompatible types")
    refused("id eq 'a", "unterminated string literal at position 6")
    refused("id eq a", "Syntax error at position 6")
    refused("id eq", "Syntax error at position 5")
    refused("id like 'a'", "Syntax error at position 3")
    refused("id eq 'a' 'b'", "Syntax error at position 10")
    refused("id eq 'a')", "Syntax error at position 9")
    refused("(id eq 'a'", "Syntax error at position 10")
    refused("id in ()", "Syntax error")
    refused("created gt 2026-13-40", "not a valid Edm.DateTimeOffset")
    refused("created gt 2026-01-23T20:00:00", "not a valid Edm.DateTimeOffset")
    refused("id eq \"a\"", "Syntax error at position 6")
    refused("", "Syntax error at position 0")
  end)
end)

describe("$orderby", function()
  local function order(text)
    local keys, message = filter.order(text, FIELDS)
    if not keys then return message end
    local words = {}
    for i, key in ipairs(keys) do
      words[i] = tostring(key.read { id = "id", created = "created" })
        .. (key.descending and " down" or " up")
    end
    return table.concat(words, ", ")
  end

  it("accepts keys with and without a direction", function()
    assert.equal("created down, id up", order "created desc,id")
    assert.equal("created up, id down", order "created asc , id DESC")
  end)

  it("refuses anything else", function()
    assert.is_truthy(order "created down":find "Syntax error at position 8")
    assert.is_truthy(order "created,":find "Syntax error")
    assert.is_truthy(order "age":find "property named 'age'")
  end)
end)
