-- The tests of policies: what is filled in, what is warned of.

local policies = require "spec.support.policy"
local trial = require "mde.policy.trial"

local NOW = 1769198400

local function run(text)
  local policy = assert(policies.load(text, { coverage = true, now = NOW }))
  return trial.run(policy, policy.tests, 1, NOW), policy
end

local function failed(results)
  local names = {}
  for _, result in ipairs(results) do
    if not result.passed then
      names[#names + 1] = ("%s: %s"):format(result.name, result.error or result.got)
    end
  end
  return names
end

describe("the tests of a policy", function()
  it("are filled in from select", function()
    local results = run [[return { comment = "c",
      select = { type = { "LiveResponse", "Isolate" }, older_than = "4h", newer_than = "8h",
                 requestor = "a@b.c", machine = "ws-1.contoso.com", scope = "Full" },
      decide = function(action, machine)
        return cancel(("%s %s %d %s %s %s"):format(action.type, action.status,
          action:age() // 3600, action.requestor, machine.computerDnsName, action.scope))
      end,
      tests = { { {}, expect = "cancel",
        reason = "LiveResponse Pending 6 a@b.c ws-1.contoso.com Full" } } }]]
    assert.same({}, failed(results))
  end)

  it("expect abstain where select does not choose the action", function()
    local results = run [[return { comment = "c", decide = "cancel",
      select = { type = "Isolate", status = "Pending", older_than = "4h",
                 after = "2026-01-01T00:00:00Z", requestor = "a@b.c" },
      tests = { { {}, expect = "cancel" },
        { { age = "3h" }, expect = "abstain" },
        { { type = "Unisolate" }, expect = "abstain" },
        { { status = "InProgress" }, expect = "abstain" },
        { { requestor = "x" }, expect = "abstain" },
        { { creationDateTimeUtc = "2025-12-31T00:00:00Z" }, expect = "abstain" },
        { { creationDateTimeUtc = "2026-01-02T00:00:00Z" }, expect = "cancel" } } }]]
    assert.same({}, failed(results))
  end)

  it("say what is known of the machine, in short words or the service's", function()
    local results = run [[return { comment = "c",
      decide = function(_, machine)
        return keep(("%s %s %s %s %s %s"):format(machine:tagged "vip", machine.rbacGroupName,
          machine.riskScore, machine.exposureLevel, machine.deviceValue, machine.health))
      end,
      tests = {
        { {}, tags = "VIP", group = "G", risk = "High", exposure = "Medium", value = "Low",
          health = "Inactive", expect = "keep", reason = "true G High Medium Low Inactive" },
        { {}, machine = { machineTags = { "VIP" }, rbacGroupName = "H", value = "High" },
          expect = "keep", reason = "true H None Low High Active" },
        { {}, machine = false, expect = "keep", reason = "machine unknown" } } }]]
    assert.same({}, failed(results))
  end)

  it("fail on another decision, another reason and what raises", function()
    local results = run [[return { comment = "c",
      decide = function(action)
        if action.title then return cancel(action.title .. 1 .. nil) end
        return cancel "r"
      end,
      tests = { { {}, expect = "keep" }, { {}, expect = "cancel", reason = "s", name = "reason" },
                { { title = "t" }, expect = "cancel" }, { { age = "old" }, expect = "cancel" } } }]]
    local names = failed(results)
    assert.equal(4, #names)
    assert.equal("test 1: cancel", names[1])
    assert.equal("reason: cancel", names[2])
    assert.truthy(names[3]:find "concatenate")
    assert.truthy(names[4]:find "age: 'old' is not a duration")
  end)

  it("may say anything of an entity", function()
    local results = run [[return { comment = "c", decide = "cancel", select = { machine = "a.b" },
      tests = { { { computerDnsName = 5 }, expect = "cancel" },
                { { computerDnsName = {} }, expect = "cancel" },
                { {}, machine = { machineTags = 5, tags = false }, expect = "cancel" } } }]]
    assert.equal(3, #results)
    assert.truthy(results[1].error:find "index a number value")
  end)

  it("warn of fields that no entity has", function()
    local _, policy = run [[return { comment = "c",
      decide = {
        function(a, m)
          -- a.comment is no field
          if a.requester == "x" or m.deviceVal then return keep(m.tags[1]) end
        end,
        function(action) return cancel(action.requestorComment) end },
      tests = { { { requestr = "x" }, machine = { tag = "x" }, expect = "cancel" } } }]]
    assert.same({ "line 5: an action has no field requester (requestor?)",
                  "line 5: a machine has no field deviceVal (deviceValue?)" },
      trial.unknown_in_rules(policy))
    assert.same({ "test 1: an action has no field requestr (requestor?)",
                  "test 1: a machine has no field tag (tags?)" },
      trial.unknown_in_tests(policy.tests))
  end)

  it("tell which lines of decide they did not reach", function()
    local _, policy = run [[return { comment = "c",
      decide = function(action)
        if action.type == "Isolate" then
          return cancel "a"
        end
        if action.title then
          local a = 1
          return keep(a)
        end
        return keep "b"
      end,
      tests = { { {}, expect = "cancel" } } }]]
    assert.equal("6-8, 10", trial.unreached(policy))
  end)
end)
