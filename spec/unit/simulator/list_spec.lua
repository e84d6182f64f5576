-- Tests simulated lists, their links and oddities.

local cjson = require "cjson"
local sim = require "spec.support.sim"

-- Five actions, a second apart, the first the oldest: ids "1" to "5".
local function five(options)
  local asker, service, clock = sim.new(options)
  local types = { "Isolate", "Isolate", "LiveResponse", "RunAntiVirusScan", "Isolate" }
  for i = 1, 5 do
    service:add { id = tostring(i), type = types[i], age = 100 - i, machine_id = "m" .. i % 2,
                  status = i == 2 and "Succeeded" or "Pending", requestor = "o'brien" }
  end
  return asker, service, clock
end

describe("the simulated list", function()
  it("has the newest first, whole entities, no link", function()
    local asker = five()
    local status, body, answer = asker:list()
    assert.equal(200, status)
    assert.same({ "5", "4", "3", "2", "1" }, asker:ids())
    assert.is_nil(body["@odata.nextLink"])
    assert.is_nil(body["@odata.count"])
    assert.is_nil(body.value[1]["@odata.context"])
    assert.equal(cjson.null, body.value[1].troubleshootInfo)
    assert.is_truthy(answer.body:find("#MachineActions\"", 1, true))
  end)

  it("is an empty array without rows", function()
    local asker = sim.new()
    local _, _, answer = asker:list()
    assert.is_truthy(answer.body:find('"value":[]', 1, true))
  end)

  it("filters by each documented field", function()
    local asker = five()
    local function ids(filter) return asker:ids { filter = filter } end
    assert.same({ "3" }, ids "id eq '3'")
    assert.same({ "2" }, ids "status eq 'Succeeded'")
    assert.same({ "4", "2" }, ids "machineId eq 'm0'")
    assert.same({ "5", "1" }, ids "type eq 'Isolate' and status ne 'Succeeded'")
    assert.same({ "5", "4", "3", "2", "1" }, ids "requestor eq 'o''brien'")
    assert.same({ "2", "1" }, ids "creationDateTimeUtc le 2026-01-23T19:58:22Z")
    assert.is_truthy(ids "computerDnsName eq 'x'":find "Could not find a property")
    assert.is_truthy(ids "status eq 'Pending":find "^The query specified in the URI is not valid")
  end)

  it("orders, and breaks ties by id", function()
    local asker = five()
    assert.same({ "1", "2", "3", "4", "5" }, asker:ids { orderby = "creationDateTimeUtc asc" })
    assert.same({ "5", "4", "3", "2", "1" }, asker:ids { orderby = "creationDateTimeUtc desc" })
    assert.same({ "2", "4", "1", "3", "5" }, asker:ids { orderby = "machineId" })
    assert.same({ "5", "3", "1", "4", "2" },
      asker:ids { orderby = "machineId desc,creationDateTimeUtc desc" })
  end)

  it("is correct after a row was added", function()
    local asker, service = five()
    asker:ids()
    service:add { id = "6", age = 200 }
    assert.same({ "5", "4", "3", "2", "1", "6" }, asker:ids())
    assert.same({ "6", "1", "2", "3", "4", "5" }, asker:ids { orderby = "creationDateTimeUtc" })
  end)

  it("returns parts by $top and $skip, without a link", function()
    local asker = five()
    assert.same({ "4", "3" }, asker:ids { top = 2, skip = 1 })
    assert.same({ "1" }, asker:ids { top = 2, skip = 4 })
    assert.same({}, asker:ids { top = 2, skip = 5 })
    assert.same({}, asker:ids { top = 0 })
    local _, body = asker:list { top = 2 }
    assert.is_nil(body["@odata.nextLink"])
  end)

  it("counts all rows that match", function()
    local asker = five()
    local _, body = asker:list { count = "true", top = 1, filter = "type eq 'Isolate'" }
    assert.equal(3, body["@odata.count"])
    assert.equal(1, #body.value)
  end)

  it("links pages that together are complete", function()
    local asker = five { page_size = 2 }
    local seen, path = {}, "/api/machineactions?$filter=type%20ne%20'Offboard'&$orderby=id"
    for _ = 1, 3 do
      local _, body = asker:ask("GET", path)
      for _, action in ipairs(body.value) do seen[#seen + 1] = action.id end
      local link = body["@odata.nextLink"]
      path = link ~= nil and link:match "^https://api%.security%.microsoft%.com(/.*)$"
    end
    assert.is_false(path)
    assert.same({ "1", "2", "3", "4", "5" }, seen)
  end)

  it("refuses unknown options, like the service", function()
    local asker = five()
    local status, body, answer = asker:list { stop = 2 }
    assert.equal(400, status)
    assert.equal("", body.error.code)
    assert.is_nil(body.error.target)
    assert.is_truthy(answer.body:find('"details":[]', 1, true))
    assert.equal("The query specified in the URI is not valid. Custom query option '$stop' that "
      .. "starts with '$' is not supported.", body.error.message)
    assert.equal(200, (asker:ask("GET", "/api/machineactions?other=1")))
  end)

  it("refuses a $top over 10000, and text that is not a number", function()
    local asker = five()
    assert.equal(200, (asker:list { top = 10000 }))
    for _, options in ipairs { { top = 10001 }, { top = -1 }, { top = "x" }, { skip = 1.5 } } do
      assert.equal(400, (asker:list(options)))
    end
  end)
end)

describe("an odd list", function()
  it("lags behind", function()
    local asker, service, clock = five { oddities = { list_lags = 5 } }
    service:add { id = "new", age = 0 }
    asker:cancel "1"
    local _, body = asker:list { filter = "id in ('1','new')" }
    assert.equal(1, #body.value)
    assert.equal("Pending", body.value[1].status)
    assert.equal(cjson.null, body.value[1].cancellationComment)
    clock.advance(5)
    _, body = asker:list { filter = "id in ('1','new')" }
    assert.equal(2, #body.value)
    assert.equal("Cancelled", body.value[2].status)
  end)

  it("has links that never end, lead elsewhere or are malformed", function()
    local function link(kind, options)
      local asker = five { oddities = { next_link = kind }, page_size = 2 }
      local _, body = asker:list(options)
      return body["@odata.nextLink"]
    end
    local base = "https://api.security.microsoft.com/api/machineactions?"
    assert.equal(base .. "$skip=2", link("endless", {}))
    assert.equal(base .. "$skip=2", link("endless", { skip = 4 }))
    assert.equal(base .. "$top=5&$skip=2", link("endless", { top = 5 }))
    assert.equal("https://api-us3.example.net/api/machineactions?$skip=2", link("other_host", {}))
    assert.equal(base .. "=type&$skip=2", link("malformed", { orderby = "type" }))
  end)
end)
