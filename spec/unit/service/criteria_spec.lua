-- Tests criteria of actions and machines, and their explanation.

local actions = require "mde.service.criteria.action"
local machines = require "mde.service.criteria.machine"
local world = require "spec.support.world"

local NOW = 1769198400  -- 2026-01-23T20:00:00Z

local function ids_of(list)
  local ids = {}
  for i, entity in ipairs(list) do ids[i] = entity.id end
  return ids
end

describe("criteria of actions", function()
  it("can be checked one by one on an action, except OData filters", function()
    local id = ("a"):rep(40)
    local parts = assert(actions:parts({ type = "Isolate", requestor = "Bob@contoso.com",
      machine = id:upper(), older_than = "4h", filter = "type ne 'Isolate'" }, NOW))
    local matched = {}
    for _, part in ipairs(parts) do
      matched[part.key] = part.matches and part.matches { type = "Isolate",
        requestor = "bob@contoso.com", machineId = id,
        creationDateTimeUtc = "2026-01-23T17:00:00Z" }
    end
    assert.same({ type = true, requestor = true, machine = true, older_than = false }, matched)
    assert.equal("filter", parts[5].key)
    local none, err = actions:parts({ type = "Isolat" }, NOW)
    assert.is_nil(none)
    assert.equal("invalid_argument", err.code)
  end)

  it("are explained: those that the service filters, and those applied here", function()
    local id = ("a"):rep(40)
    assert.same({ path = "/api/machineactions", order = "newest", here = {} },
      actions:explain({}, NOW))
    assert.same({
      path = "/api/machineactions", order = "oldest", limit = 5,
      service = "(status eq 'Pending' or status eq 'InProgress') and requestor eq 'O''Brien'"
        .. " and machineId eq '" .. id .. "' and creationDateTimeUtc lt 2026-01-23T16:00:00Z"
        .. " and (type ne 'Isolate')",
      here = { "comment contains 'misfire'", "scope is 'full'", "cancelled by is 'Bob'" },
    }, actions:explain({
      status = { "Pending", "InProgress" }, requestor = "O'Brien", machine = id:upper(),
      older_than = "4h", filter = "type ne 'Isolate'", comment = "misfire", scope = "full",
      cancelled_by = "Bob", order = "oldest", limit = 5 }, NOW))
    local named = actions:explain({ machine = "Web1.contoso.com" }, NOW)
    assert.same({ nil, { "machine is 'Web1.contoso.com' (the service filters by a machine's id"
      .. " only)" } }, { named.service, named.here })
  end)

  it("are explained by a client without a request", function()
    local client, service = world.new()
    assert.equal("status eq 'Pending'", client:explain({ status = "Pending" }).service)
    assert.equal("/api/machines", client:explain({}, "machines").path)
    local _, err = client:explain { limit = 0 }
    assert.equal("invalid_argument", err.code)
    assert.has_error(function() client:explain { nonsense = 1 } end)
    assert.has_error(function() client:explain({}, "files") end)
    assert.equal(0, service:requests())
  end)

  it("are applied here if the service cannot filter by them, several together", function()
    local client, service = world.new()
    local wanted = service:add { comment = "SOAR Misfire 7", scope = "Full", dns_name = "A.b.c" }
    service:add { comment = "misfire", scope = "Selective", dns_name = "a.b.c" }
    service:add { comment = false, scope = false, dns_name = false, machine_id = false }
    assert.same({ wanted }, ids_of(assert(client:list { comment = "misFIRE", scope = "full" })))
    assert.equal(2, #assert(client:list { comment = "misfire", machine = "a.b.c" }))
    assert.equal(0, #assert(client:list { cancelled_by = "nobody" }))
    assert.truthy(client:cancel(wanted, { comment = "x" }))
    assert.same({ wanted }, ids_of(assert(client:list { cancelled_by = service.client_id })))
  end)

  it("order the newest or the oldest first", function()
    local client, service = world.new()
    local ids = world.add(service, 3, function(i) return { age = 100 * i } end)
    assert.same(ids, ids_of(assert(client:list { order = "newest" })))
    assert.same({ ids[3], ids[2], ids[1] }, ids_of(assert(client:list { order = "oldest" })))
    assert.same({ ids[3] }, ids_of(assert(client:list { order = "oldest", limit = 1 })))
    for key, values in pairs { order = { "up", 1 }, comment = { "" }, scope = { {} },
                               cancelled_by = { " " } } do
      for _, value in ipairs(values) do
        local list, err = client:list { [key] = value }
        assert.same({ nil, "invalid_argument" }, { list, err.code })
        assert.truthy(err.message:find("^" .. key .. ": "), err.message)
      end
    end
  end)
end)

describe("criteria of machines", function()
  it("are filtered by the service, except the group", function()
    local id = ("b"):rep(40)
    local told = machines:explain({
      name = "Web*", id = { id, ("c"):rep(32) }, health = { "Active", "Inactive" }, risk = "High",
      exposure = "Low", value = "High", os = "Windows11", group = "Servers",
      onboarding = "Onboarded", seen_within = "1d", not_seen_for = 3600, filter = "x eq 1",
    }, NOW)
    assert.equal("(startswith(computerDnsName,'Web') or startswith(computerDnsName,'web'))"
      .. " and (id eq '" .. id .. "' or id eq '" .. ("c"):rep(32) .. "')"
      .. " and (healthStatus eq 'Active' or healthStatus eq 'Inactive') and riskScore eq 'High'"
      .. " and exposureLevel eq 'Low' and deviceValue eq 'High' and osPlatform eq 'Windows11'"
      .. " and onboardingStatus eq 'Onboarded' and lastSeen gt 2026-01-22T20:00:00Z"
      .. " and lastSeen lt 2026-01-23T19:00:00Z and (x eq 1)", told.service)
    assert.same({ "/api/machines", { "group is 'Servers'" } }, { told.path, told.here })
    assert.equal("computerDnsName eq 'o''brien'", machines:explain({ name = "o'brien" }).service)
  end)

  it("are applied here together with a tag or an address", function()
    local told = machines:explain({ tag = "VIP*", health = "Active", name = "web1" }, NOW)
    assert.same({ path = "/api/machines/findbytag?tag=VIP&useStartsWithFilter=true",
                  here = { "name is 'web1'", "health is Active" } }, told)
    told = machines:explain({ ip = "10.0.0.1", tag = "VIP", seen_within = "1h" }, NOW)
    assert.same({
      path = "/api/machines/findbyip(ip='10.0.0.1',timestamp=2026-01-23T20:00:00Z)",
      here = { "last seen after 2026-01-23T19:00:00Z", "a tag is 'VIP'" },
    }, told)
    assert.truthy(machines:explain({ ip = "fe80::1", at = "2026-01-01T00:00:00Z" }, NOW).path
      :find("2026-01-01T00:00:00Z", 1, true))
  end)

  it("are refused by name and value", function()
    for _, wanted in ipairs {
      { name = "" }, { name = "*" }, { name = "a*b" }, { id = "web1" }, { id = {} },
      { id = ("g"):rep(40) }, { health = "active" }, { risk = "high" }, { value = {} },
      { os = 7 }, { group = "" }, { seen_within = "x" }, { tag = "" }, { tag = "*" },
      { ip = "300.1.1.1" }, { ip = "" }, { ip = "10.0.0.1", at = "yesterday" },
      { ip = "10.0.0.1", at = NOW - 31 * 86400 }, { ip = "10.0.0.1", at = NOW + 600 },
      { at = NOW }, { tag = "VIP", filter = "x eq 1" }, { limit = 0 },
    } do
      local compiled, err = machines:compile(wanted, NOW)
      assert.same({ nil, "invalid_argument" }, { compiled, err and err.code }, next(wanted))
    end
  end)
end)
