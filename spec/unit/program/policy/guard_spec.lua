-- Guard rails, one by one.

local guard = require "mde.program.policy.guard"

local function entities(count, fields)
  local list = {}
  for i = 1, count do
    list[i] = { id = ("id%d"):format(i), decision = "cancel", policy = "p", type = "Isolate",
                machineId = ("m%d"):format(i), computerDnsName = ("ws-%d.example.com"):format(i),
                requestor = "soar@contoso.com", machineTags = {}, rbacGroupName = "A",
                known = true }
    for key, value in pairs(fields or {}) do list[i][key] = value end
  end
  return list
end

local function guards_of(own, profile)
  return guard.of({ { name = "p", path = "p.lua", guard = own } }, profile, "the profile contoso")
end

-- The violations' guards and counts.
local function check(own, list, onboarded, profile)
  local words = {}
  for i, each in ipairs(guard.check(assert(guards_of(own, profile)), list, onboarded)) do
    words[i] = each.guard .. " " .. each.count
    assert.truthy(each.message:find("guard " .. each.guard .. " of ", 1, true))
  end
  return table.concat(words, ", ")
end

describe("guard rails", function()
  it("allow 50 actions by default", function()
    assert.equal("", check({}, entities(50)))
    assert.equal("max 51", check({}, entities(51)))
    assert.equal("", check({ max = 60 }, entities(60)))
    assert.equal("max 61", check({ max = 60 }, entities(61)))
    assert.equal("", check({}, entities(60), nil, { max = 60 }))
    assert.equal("max 61", check({}, entities(61), nil, { max = 60 }))
    assert.truthy(guard.check(guards_of {}, entities(51))[1].message:find(
      "51 changes; the default limit is 50", 1, true))
  end)

  it("count what is changed, not what is kept or can't be undone", function()
    assert.equal("", check({ max = 1 }, entities(9, { decision = "keep" })))
    assert.equal("", check({ max = 1 }, entities(9, { decision = "undo", steps = {} })))
    assert.equal("max 9", check({ max = 1 }, entities(9, { decision = "undo",
                                                           steps = { "cancel" } })))
  end)

  it("limit actions on a machine and in a group", function()
    assert.equal("", check({ max_per_machine = 3 }, entities(3, { machineId = "a" })))
    assert.equal("max_per_machine 4", check({ max_per_machine = 3 },
      entities(4, { machineId = "a" })))
    assert.equal("max_per_group 4", check({ max_per_group = 3 }, entities(4)))
  end)

  it("limit the share of onboarded machines", function()
    assert.equal("", check({ max_share = 0.1 }, entities(10), 100))
    assert.equal("max_share 0.11", check({ max_share = 0.1 }, entities(11), 100))
    assert.equal("", check({ max_share = 0.01 }, entities(9, { machineId = "a" }), 100))
    assert.equal("max_share inf", check({ max_share = 0.5 }, entities(1), 0))
    assert.truthy(guard.check(guards_of { max_share = 0.5 }, entities(1))[1].message:find(
      "1 machines (number of onboarded machines unknown); the limit is 50 %",
      1, true))
  end)

  it("protect by tag and group, and what is not known", function()
    local tagged = entities(2, { machineTags = { "Crown-Jewel" } })
    assert.equal("protect_tags 2", check({ protect_tags = { "crown-jewel" } }, tagged))
    assert.equal("", check({ protect_tags = { "VIP" } }, tagged))
    assert.equal("protect_groups 2", check({ protect_groups = { "a" } }, tagged))
    assert.equal("", check({ protect_groups = { "b" } }, tagged))
    local unknown = entities(1)
    unknown[1].known, unknown[1].machineTags = nil, nil
    assert.equal("protect_tags 1", check({ protect_tags = { "VIP" } }, unknown))
    assert.equal("protect_groups 1", check({ protect_groups = { "b" } }, unknown))
    unknown[1].decision = "keep"
    assert.equal("", check({ protect_tags = { "VIP" } }, unknown))
  end)

  it("protect machines by id, name and beginning of a name", function()
    assert.equal("protect_machines 1", check({ protect_machines = { "M2" } }, entities(3)))
    assert.equal("protect_machines 1", check({ protect_machines = { "WS-3.example.com" } },
      entities(3)))
    assert.equal("protect_machines 3", check({ protect_machines = { "ws-*" } }, entities(3)))
    assert.equal("protect_machines 1", check({ protect_machines = { "ws-3" } }, entities(30)))
    assert.equal("protect_machines 3", check({ protect_machines = { "*" } }, entities(3)))
    assert.equal("", check({ protect_machines = { "srv-*", "example" } }, entities(3)))
    local nameless = entities(1)
    nameless[1].machineId = nil
    assert.equal("protect_machines 1", check({ protect_machines = { "srv-*" } }, nameless))
  end)

  it("protect types and requestors", function()
    assert.equal("protect_types 2", check({ protect_types = { "isolate" } }, entities(2)))
    assert.equal("", check({ protect_types = { "Offboard" } }, entities(2)))
    assert.equal("protect_requestors 2", check({ protect_requestors = { "SOAR@contoso.com" } },
      entities(2)))
  end)

  it("are all reported", function()
    assert.equal("max 3, protect_types 3", check({ max = 2, protect_types = { "Isolate" } },
      entities(3)))
  end)

  it("of a policy bound what it decides, those of a profile the whole plan", function()
    local list = entities(4)
    list[1].policy, list[2].policy = "q", "q"
    local two = { { name = "p", path = "p.lua", guard = { max = 2 } },
                  { name = "q", path = "q.lua", guard = { max = 2 } } }
    assert.same({}, guard.check(guard.of(two), list))
    local violations = guard.check(guard.of(two, { max = 3 }, "the profile contoso"), list)
    assert.equal(1, #violations)
    assert.equal("guard max of the profile contoso: 4 changes; the limit is 3",
      violations[1].message)
  end)

  it("of a profile can't be loosened: both are named", function()
    for _, both in ipairs { { { max = 11 }, { max = 10 } },
                            { { max_share = 0.2 }, { max_share = 0.1 } },
                            { { max_per_machine = 2 }, { max_per_machine = 1 } },
                            { { hours = "20:00-06:00 UTC" }, { hours = "22:00-06:00 UTC" } } } do
      local guards, problem = guards_of(both[1], both[2])
      assert.is_nil(guards)
      assert.truthy(problem:find("p.lua: guard.", 1, true), problem)
      assert.truthy(problem:find("the profile contoso", 1, true), problem)
      assert.truthy(guards_of(both[2], both[1]))
    end
  end)

  it("tell whether it is their hours", function()
    local guards = guards_of({ hours = "23:00-05:00 UTC" }, { hours = "22:00-06:00 UTC" })
    assert.is_true((guard.open(guards, 0)))
    assert.is_false((guard.open(guards, 5.5 * 3600)))
    assert.is_true((guard.open(guards_of {}, 0)))
  end)
end)
