-- Machines: lists, searches and lookups by name.

local answer = require "mde.service.response"
local clocks = require "mde.simulator.clock"
local errors = require "mde.base.errors"
local machine = require "mde.service.machine"
local samples = require "spec.support.samples"
local world = require "spec.support.world"

local function names_of(list)
  local names = {}
  for i, one in ipairs(list) do names[i] = one.computerDnsName end
  table.sort(names)
  return names
end

describe("a machine", function()
  local read = machine.reader(clocks.new(1769199040))

  local function sample(name)
    return read(assert(answer.machine(samples.response(name, 200))))
  end

  it("is the service's table, with methods", function()
    local one = sample "get-machine.json"
    assert.equal("mymachine1.contoso.com", one.computerDnsName)
    assert.same({ true, true, false }, { one:tagged "test tag 1", one:tagged "TEST Tag 2",
                                         one:tagged "test" })
    assert.near(1769199040 - 1533221703.779, one:seen(), 0.01)
    assert.equal("mymachine1.contoso.com Active 1e5bc9d7e413ddd7902c2932e418702b84d0cc07",
      tostring(one))
    local bare = read { id = "x", onboardingstatus = "Onboarded" }
    assert.same({ false, nil, "Onboarded", nil },
      { bare:tagged "x", bare:seen(), bare.onboardingStatus, bare.onboardingstatus })
    assert.equal("- ? x", tostring(bare))
  end)

  it("is named by an id of 40 digits, or 32", function()
    assert.equal(("ab"):rep(20), machine.id(("AB"):rep(20)))
    assert.equal(("ab"):rep(16), machine.id(("ab"):rep(16)))
    for _, value in ipairs { "", "ab", ("a"):rep(39), ("g"):rep(40), 7, false } do
      assert.is_nil((machine.id(value)))
    end
    local id = ("a"):rep(40)
    assert.same({ id }, machine.ids { id, id:upper(), { id = id } })
    assert.same({ id }, machine.ids { id = id })
    assert.same({}, machine.ids {})
    local ids, err = machine.ids { id, "web1" }
    assert.same({ nil, "invalid_argument" }, { ids, err.code })
  end)

  it("is refused if it is none, or another", function()
    local response = samples.response("get-machine.json", 200)
    assert.is_nil((answer.machine(response, ("a"):rep(40))))
    assert.is_nil((answer.machine(samples.response("list-machines.json", 200))))
    assert.equal(1, #answer.machines(samples.response("list-machines.json", 200)))
    assert.is_nil((answer.machines(response)))
  end)
end)

describe("client:machines", function()
  it("gives each machine once, over many pages, also while some leave", function()
    local client, service = world.new()
    for i = 1, 2500 do service:add_machine { computerDnsName = ("m%04d"):format(i) } end
    assert.equal(2500, #assert(client:list_machines()))
    assert.equal(3, service:requests "machines")
    local order = {}
    for i, one in ipairs(service.machines) do order[i] = one end
    table.sort(order, function(a, b) return a.id < b.id end)
    local seen, count = {}, 0
    for one in client:machines { health = "Active" } do
      assert.is_nil(seen[one.id], "a machine came twice")
      seen[one.id], count = true, count + 1
      if count == 500 then  -- these are on the page that was read, and leave the list
        for i = 1, 900 do order[i].healthStatus = "Inactive" end
      end
    end
    assert.equal(2500, count)
  end)

  it("does not read for ever when the service does not turn the page", function()
    for _, skip in ipairs { "", "&$skip=5000" } do
      local client, service = world.new()
      for _ = 1, 1000 do service:add_machine {} end
      local given = service.answer
      function service.answer(self, request)
        request.path = request.path:gsub("&%$skip=%d+", skip)
        return given(self, request)
      end
      local list, err = client:list_machines()
      assert.same({ nil, "bad_answer", "machines" }, { list, err.code, err.operation })
    end
  end)

  it("chooses by what the service filters, and by what is filtered here", function()
    local client, service = world.new()
    service:add_machine { computerDnsName = "web1.contoso.com", riskScore = "High",
                          machineTags = { "VIP", "web" }, lastIpAddress = "10.0.0.1" }
    service:add_machine { computerDnsName = "web2.contoso.com", healthStatus = "Inactive",
                          machineTags = { "VIP-2" }, rbacGroupName = "Servers",
                          lastSeen = service:now() - 10 * 86400,
                          sightings = { { at = service:now() - 5 * 86400, ip = "10.0.0.1" } } }
    service:add_machine { computerDnsName = "db1.contoso.com", deviceValue = "High",
                          riskScore = false }
    for _, case in ipairs {
      { { "db1.contoso.com", "web1.contoso.com", "web2.contoso.com" }, {} },
      { { "web1.contoso.com" }, { name = "WEB1.contoso.com" } },
      { { "web1.contoso.com", "web2.contoso.com" }, { name = "Web*" } },
      { {}, { name = "web" } },
      { { "web1.contoso.com" }, { risk = "High" } },
      { { "web2.contoso.com" }, { health = { "Inactive", "Unknown" } } },
      { { "db1.contoso.com" }, { value = "High" } },
      { { "web2.contoso.com" }, { group = "servers" } },
      { { "web2.contoso.com" }, { not_seen_for = "7d" } },
      { { "db1.contoso.com", "web1.contoso.com" }, { seen_within = "7d", os = "Windows11" } },
      { { "web1.contoso.com" }, { tag = "VIP" } },
      { { "web1.contoso.com", "web2.contoso.com" }, { tag = "VIP*" } },
      { { "web2.contoso.com" }, { tag = "VIP*", health = "Inactive" } },
      { { "web1.contoso.com" }, { tag = "VIP*", limit = 1 } },
      { {}, { ip = "10.0.0.1" } },
      { { "web1.contoso.com" }, { ip = "10.0.0.1", at = service:now() - 3600 } },
      { { "web2.contoso.com" }, { ip = "10.0.0.1", at = service:now() - 5 * 86400 } },
      { {}, { ip = "10.0.0.1", at = service:now() - 5 * 86400, tag = "VIP" } },
    } do
      assert.same(case[1], names_of(assert(client:list_machines(case[2]))), next(case[2]))
    end
  end)

  it("takes no part of what has a tag for the whole", function()
    local client, service = world.new()
    for _ = 1, 10000 do service:add_machine { machineTags = { "VIP" } } end
    local list, err = client:list_machines { tag = "VIP" }
    assert.same({ nil, "bad_answer", "find_by_tag" }, { list, err.code, err.operation })
    assert.equal(10000, #assert(client:list_machines()))
  end)

  it("takes the service's 404 for an empty list", function()
    local client = world.new { oddities = { no_machines_as = 404 } }
    assert.same({}, client:list_machines())
    assert.same({}, client:list_machines { tag = "none" })
  end)

  it("fails as a list, and raises as an iterator", function()
    local client, service = world.new { roles = {} }
    local list, err = client:list_machines()
    assert.same({ nil, "forbidden", "machines" }, { list, err.code, err.operation })
    assert.truthy(#err.permissions > 0)
    local done, raised = pcall(client:machines())
    assert.same({ false, true }, { done, errors.is(raised) })
    local before = service:requests()
    done, raised = pcall(client.machines, client, { risk = "high" })
    assert.same({ false, "invalid_argument" }, { done, raised.code })
    assert.has_error(function() client:list_machines { nonsense = 1 } end)
    assert.equal(before, service:requests())
  end)

  it("asks again for a cut answer", function()
    local client, service = world.new {
      oddities = { cut_json = { operation = "machines", nth = 1 } } }
    service:add_machine {}
    assert.equal(1, #assert(client:list_machines()))
    assert.equal(2, service:requests "machines")
  end)
end)

describe("client:machine", function()
  local client, service, ids

  before_each(function()
    client, service = world.new()
    local function add(name, days, health)
      return service:add_machine { computerDnsName = name, healthStatus = health,
                                   lastSeen = service:now() - days * 86400 }
    end
    ids = {
      web = add("web1.contoso.com", 0), other = add("web1.fabrikam.com", 1),
      long = add("web10.contoso.com", 0), short = add("alone", 0), db = add("Db1.contoso.com", 2),
      old = add("twice.contoso.com", 9), active = add("twice.contoso.com", 5),
      newest = add("twice.contoso.com", 1, "Inactive"),
    }
  end)

  it("reads one by its id, itself or its whole name", function()
    assert.equal("web1.contoso.com", assert(client:machine(ids.web)).computerDnsName)
    assert.equal(ids.web, assert(client:machine(ids.web:upper())).id)
    assert.equal(ids.db, assert(client:machine { id = ids.db }).id)
    assert.equal(ids.web, assert(client:machine "WEB1.contoso.com").id)
  end)

  it("takes a short name where one machine has it", function()
    assert.equal(ids.short, assert(client:machine "alone").id)
    assert.equal(ids.long, assert(client:machine "web10").id)
  end)

  it("guesses none of several", function()
    for _, name in ipairs { "web1", "twice", "twice.contoso.com" } do
      local found, err = client:machine(name)
      assert.same({ nil, "ambiguous" }, { found, err.code })
      assert.equal(name == "web1" and 2 or 3, #err.machines)
      for _, one in ipairs(err.machines) do
        for _, key in ipairs { "id", "lastSeen", "healthStatus", "computerDnsName" } do
          assert.truthy(err.message:find(one[key], 1, true), err.message)
        end
      end
    end
  end)

  it("takes the newest that is active, of one name, when asked to", function()
    assert.equal(ids.active, assert(client:machine("twice.contoso.com", { newest = true })).id)
    assert.equal(ids.active, assert(client:machine("twice", { newest = true })).id)
    local found, err = client:machine("web1", { newest = true })
    assert.same({ nil, "ambiguous" }, { found, err.code })
    local reply = service.answer
    function service.answer(self, request)  -- of one it does not say when it was seen
      local response = reply(self, request)
      response.body = response.body:gsub('"id":"' .. ids.active .. '".-"lastSeen":"[^"]*"',
        function(text) return (text:gsub('"lastSeen":"[^"]*"$', '"lastSeen":null')) end)
      return response
    end
    service:add_machine { computerDnsName = "twice.contoso.com", healthStatus = "Active",
                          lastSeen = service:now() - 7 * 86400 }
    found = assert(client:machine("twice.contoso.com", { newest = true }))
    assert.is_truthy(found.lastSeen)
  end)

  it("says what it does not know", function()
    for _, target in ipairs { ("0"):rep(40), "nobody", "web1.contoso" } do
      local found, err = client:machine(target)
      assert.same({ nil, "not_found" }, { found, err.code })
      assert.is_nil(err.message:find "action")
    end
    for _, target in ipairs { "", " ", "web*", "o'brien", "a b", ".", {}, 7 } do
      local found, err = client:machine(target)
      assert.same({ nil, "invalid_argument" }, { found, err.code })
    end
    assert.has_error(function() client:machine("alone", { first = true }) end)
  end)
end)
