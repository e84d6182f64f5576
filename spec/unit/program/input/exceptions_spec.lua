-- The --except-… options.

require "spec.support.policy"
local exceptions = require "mde.program.input.exceptions"
local files = require "spec.support.folder".new()

before_each(files.make)
after_each(files.remove)

local A, B, C = ("a"):rep(40), ("b"):rep(40), ("c"):rep(40)

-- A session with two machines.
local function session()
  local list = {
    { id = A, computerDnsName = "ws-1.contoso.com", machineTags = { "VIP" }, rbacGroupName = "X" },
    { id = B, computerDnsName = "ws-2.contoso.com", machineTags = {}, rbacGroupName = "Servers" },
  }
  local self = { reads = 0 }
  function self.machines()
    self.reads = self.reads + 1
    local i = 0
    return function()
      i = i + 1
      return list[i]
    end
  end
  return self
end

local function action(id, name, requestor)
  return { machineId = id, computerDnsName = name, requestor = requestor }
end

describe("exceptions", function()
  it("are none without options", function()
    assert.is_nil(exceptions.of {})
    assert.is_nil(exceptions.of { except_tag = {}, except_file = {} })
  end)

  it("leave out by tag and group of the tenant's machines, and what is unknown", function()
    local tenant = session()
    local excepted = exceptions.of({ except_tag = { "vip" }, except_group = { "SERVERS" } }, tenant)
    assert.equal("tag VIP is excepted", excepted:why(action(A:upper(), "ws-1.contoso.com")))
    assert.equal("group Servers is excepted", excepted:why(action(B)))
    assert.equal("the machine is unknown and may be excepted", excepted:why(action(C, "x")))
    assert.equal("the machine is unknown and may be excepted", excepted:why(action()))
    assert.equal(1, tenant.reads)
    assert.equal("tag vip is excepted",
      excepted:why(action(C), { machineTags = { "vip" } }))
  end)

  it("leave out machines and requestors without reading anything", function()
    local path = files.put("file", "# ids\n" .. A:upper() .. "  # why\n\nws-2\n")
    local tenant = session()
    local excepted = exceptions.of({ except_machine = { "WS-3.contoso.com" },
      except_file = { path }, except_requestor = { "SOAR@contoso.com" } }, tenant)
    for _, given in ipairs { action(A, "x"), action(B, "ws-2.contoso.com"),
                             action(C, "ws-3.contoso.com") } do
      assert.equal("the machine is excepted", excepted:why(given))
    end
    assert.equal("requestor soar@contoso.com is excepted",
      excepted:why(action(C, "ws-4", "soar@contoso.com")))
    assert.is_nil(excepted:why(action(C, "ws-4", "dana@contoso.com")))
    assert.equal(0, tenant.reads)
  end)

  it("read the machines if only ids are known and names are excepted", function()
    local tenant = session()
    local excepted = exceptions.of({ except_machine = { "ws-2" } }, tenant)
    assert.equal("the machine is excepted", excepted:why(action(B)))
    assert.is_nil(excepted:why(action(A)))
    assert.equal("the machine is unknown and may be excepted", excepted:why(action(C)))
  end)

  it("filter a list", function()
    local excepted, list = exceptions.of { except_machine = { A } }, { action(A), action(B, "b") }
    local i = 0
    local filtered = excepted:filtered(function() i = i + 1 return list[i] end)
    assert.same({ list[2] }, { filtered(), filtered() })
  end)
end)
