-- The tests of policies: what is filled in, what is warned of.

local policies = require "spec.support.policy"
local trial = require "mde.program.policy.trial"

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

  it("fail on another decision, another reason and an error", function()
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

  -- Instructions of Lua that f takes, at most `most`: more raise.
  local function within(most, f)
    local function stop() error("more than " .. most .. " instructions", 2) end
    debug.sethook(stop, "", most)
    local done, problem = pcall(f)
    debug.sethook()
    assert(done, problem)
  end

  -- Seconds of computing.
  local function seconds_of(f)
    local began = os.clock()
    f()
    return os.clock() - began
  end

  it("look at the rules in a time that no text makes long", function()
    local function warn(text, rules)
      return seconds_of(function()
        trial.unknown_in_rules { text = text, rules = rules }
      end)
    end
    local blanks, many = "function(a" .. (" "):rep(960) .. "b", {}
    local long = "function(a)" .. ("\nlocal x = a.requester"):rep(10000)
    for i = 1, 100 do many[i] = { line = 1, last = 10001 } end
    assert.is_true(warn(blanks, { { line = 1, last = 1 } }) < 0.3)
    assert.is_true(warn("function(" .. ("a"):rep(900), { { line = 1, last = 1 } }) < 0.3)
    assert.is_true(warn(long, many) < 1)
    for i = 1, 100 do many[i] = { line = i, last = 10001 } end
    assert.is_true(warn(("function(a" .. ("x"):rep(900) .. ")\n"):rep(100) .. long, many) < 2)
  end)

  it("look at no more lines than the text has", function()
    within(1e6, function()
      local rule = { line = 1, last = 2^40 | 0 }
      trial.unknown_in_rules { text = "function(a)\nend", rules = { rule } }
    end)
  end)

  it("warn twenty times at most", function()
    local fields = {}
    for i = 1, 100 do fields["unknown" .. i] = 1 end
    local list = trial.unknown_in_tests { { fields, expect = "keep" } }
    assert.equal(21, #list)
    assert.equal("and 80 more like these", list[21])
    assert.is_true(#trial.unknown_in_tests { { { [("x"):rep(1e5)] = 1 } } }[1] < 200)
  end)

  it("name twenty ranges of lines at most", function()
    local lines = { active = {}, reached = {} }
    for line = 1, 100, 2 do lines.active[line] = true end
    local text = trial.unreached { text = "", worker = { lines = function() return lines end } }
    assert.truthy(text:find "37, 39, and 30 more$", text)
  end)
end)
