-- Tags and values of machines.

local world = require "spec.support.world"

local ROLES = { "Machine.Read.All", "Machine.ReadWrite.All" }

local function new(oddities, count)
  local client, service = world.new { roles = ROLES, oddities = oddities }
  local ids = {}
  for i = 1, count do ids[i] = service:add_machine {} end
  return client, service, ids
end

local function tagged(service, ids, tag)
  local count = 0
  for _, id in ipairs(ids) do
    if service.machine_by_id[id]:has_tag(tag) then count = count + 1 end
  end
  return count
end

describe("client:tag and client:untag", function()
  it("count none that was stopped", function()
    local client, service, ids = new(nil, 3)
    function client.stop() return true end
    for _, targets in ipairs { ids, ids[1] } do
      local count, err = client:tag(targets, "x")
      assert.is_nil(count)
      assert.same({ "interrupted", false, {} }, { err.code, err.sent, err.done })
    end
    local machine, err = client:set_device_value(ids[1], "High")
    assert.is_nil(machine)
    assert.equal("interrupted", err.code)
    assert.equal(0, service:requests())
  end)

  it("change one machine, or many, 500 a call", function()
    local client, service, ids = new(nil, 1001)
    assert.equal(1, client:tag(ids[1], "one"))
    assert.equal(1, client:tag({ id = ids[2] }, "one"))
    assert.equal(2, tagged(service, ids, "one"))
    assert.same({ 2, 0 }, { service:requests "tag", service:requests "tag_machines" })
    assert.equal(1001, client:tag(ids, "all"))
    assert.equal(1001, tagged(service, ids, "all"))
    assert.same({ 3, 2 }, { service:requests "tag", service:requests "tag_machines" })
    assert.equal(2, client:untag({ ids[1], ids[2], ids[1]:upper() }, "one"))
    assert.equal(0, tagged(service, ids, "one"))
    assert.equal(0, client:tag({}, "none"))
  end)

  it("check everything before anything is sent", function()
    local client, service, ids = new(nil, 600)
    ids[600] = "web1"
    for _, case in ipairs { { ids, "x" }, { ids[1], "" }, { ids[1], " " }, { ids[1], 7 },
                            { ids[1] }, { "web1", "x" }, { false, "x" } } do
      local count, err = client:tag(case[1], case[2])
      assert.same({ nil, "invalid_argument" }, { count, err.code })
    end
    assert.equal(0, service:requests())
  end)

  it("read what became of a lost answer before they send again", function()
    for operation, many in pairs { tag = 1, tag_machines = 3 } do
      for oddity, posts in pairs { lost_after = 1, lost_before = 2, bad_gateway = 1 } do
        for _, method in ipairs { "tag", "untag" } do
          local client, service, ids = new({ [oddity] = { operation = operation, nth = 1 } }, many)
          if method == "untag" then
            for _, id in ipairs(ids) do service.machine_by_id[id]:tag("VIP", "Add") end
          end
          assert.equal(many, client[method](client, ids, "VIP"))
          assert.equal(method == "tag" and many or 0, tagged(service, ids, "VIP"))
          assert.equal(posts, service:requests(operation), oddity)
        end
      end
    end
  end)

  it("say what was done before a call failed", function()
    local client, service, ids = new(nil, 700)
    ids[700] = ("0"):rep(40)
    local count, err = client:tag(ids, "VIP")
    assert.same({ nil, "not_found", 500 }, { count, err.code, #err.done })
    assert.equal(ids[1], err.done[1])
    assert.equal(500, tagged(service, { (table.unpack or unpack)(ids, 1, 699) }, "VIP"))
    count, err = client:tag(ids[700], "VIP")
    assert.same({ nil, "not_found", 0 }, { count, err.code, #err.done })
    assert.is_nil(err.message:find "action")
  end)

  it("give up on a service that fails for good", function()
    local client, service, ids = new({ unavailable = { operation = "tag" } }, 1)
    local count, err = client:tag(ids, "VIP")
    assert.same({ nil, "service", 503 }, { count, err.code, err.status })
    assert.equal(5, service:requests "tag")
    client = world.new { roles = { "Machine.Read.All" } }
    count, err = client:tag(("a"):rep(40), "VIP")
    assert.same({ nil, "forbidden" }, { count, err.code })
    assert.truthy(#err.permissions > 0)
  end)
end)

describe("client:set_device_value", function()
  it("says what a machine is worth, once", function()
    for oddity, posts in pairs { late = 1, lost_after = 1, lost_before = 2, cut_json = 1 } do
      local struck = { operation = "set_device_value", nth = 1 }
      local client, service, ids = new({ [oddity] = struck }, 1)
      local one = assert(client:set_device_value(ids[1], "High"))
      assert.same({ ids[1], "High" }, { one.id, one.deviceValue })
      assert.is_number(one:seen())
      assert.equal("High", service.machine_by_id[ids[1]].deviceValue)
      assert.equal(posts, service:requests "set_device_value", oddity)
    end
  end)

  it("refuses what is no value, and more than one machine", function()
    local client, service, ids = new(nil, 2)
    for _, case in ipairs { { ids[1], "high" }, { ids[1] }, { ids[1], 7 }, { ids, "High" },
                            { "web1", "High" } } do
      local one, err = client:set_device_value(case[1], case[2])
      assert.same({ nil, "invalid_argument" }, { one, err.code })
    end
    assert.equal(0, service:requests())
    local one, err = client:set_device_value(("0"):rep(40), "Low")
    assert.same({ nil, "not_found", ("0"):rep(40) }, { one, err.code, err.machine })
  end)
end)
