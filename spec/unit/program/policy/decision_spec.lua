-- Decisions of several policies about the actions of a tenant.

local date = require "mde.base.date"
local guard = require "mde.program.policy.guard"
local policies = require "spec.support.policy"
local policy = require "mde.program.policy"
local world = require "spec.support.world"

local client, service, clock

local function load(name, fields, options)
  local loaded = assert(policies.load(('return { name = %q, comment = "c", %s }')
    :format(name, fields), options))
  return loaded
end

local function decide(...)
  local list = { ... }
  return policy.decide_all(client, list, assert(guard.of(list)))
end

-- "decision reason policy" of each, in the order of creation.
local function words(decided)
  table.sort(decided.entities, function(a, b)
    return a.creationDateTimeUtc < b.creationDateTimeUtc
  end)
  local lines = {}
  for i, each in ipairs(decided.entities) do
    lines[i] = ("%s %s %s"):format(each.decision, each.reason, each.policy)
  end
  return lines
end

local function add(count, description)
  local ids = {}
  for i = 1, count do
    local made = { created = clock.wall() - 7200 + i }
    for key, value in pairs(description or {}) do made[key] = value end
    ids[i] = service:add(made)
  end
  return ids
end

describe("policies", function()
  before_each(function()
    client, service, clock = world.new { quota = false }
  end)

  it("decide on what they select, and on nothing else", function()
    add(3, { type = "Isolate" })
    add(2, { type = "LiveResponse" })
    add(1, { type = "Isolate", steps = { { 1, "InProgress" }, { 2, "Succeeded" } } })
    local decided = decide(load("a", 'select = { type = "Isolate" }, decide = "cancel"'))
    assert.same({ "cancel  a", "cancel  a", "cancel  a" }, words(decided))
    assert.same({ 3, 0 }, { decided.read, decided.abstained })
    assert.is_nil(decided.onboarded)
  end)

  it("abstain without an answer, and the first rule with one counts", function()
    add(4)
    local decided = decide(load("a", [[decide = {
      function(action) if action:age() > 7198.5 then return nil end return keep("young") end,
      function(action) return cancel(action.status) end, "undo" }]]))
    assert.equal(4, #decided.entities)
    local counts = {}
    for _, each in ipairs(decided.entities) do
      counts[each.reason] = (counts[each.reason] or 0) + 1
    end
    assert.same({ Pending = 1, young = 3 }, counts)
    assert.equal(4, decide(load("b", "decide = function() end")).abstained)
  end)

  it("veto with keep, and otherwise the first of the files counts", function()
    add(1)
    local nothing = load("nothing", "decide = function() end")
    local cancels = load("cancels", 'decide = function() return cancel "c" end')
    local undoes = load("undoes", 'decide = "undo"')
    local keeps = load("keeps", 'decide = function() return keep "k" end')
    assert.same({ "cancel c cancels" }, words(decide(nothing, cancels, undoes)))
    assert.same({ "undo  undoes" }, words(decide(nothing, undoes, cancels)))
    assert.same({ "keep k keeps" }, words(decide(undoes, cancels, keeps)))
  end)

  it("get the machine where they take it, and keep what has none", function()
    local id = ("ab"):rep(20)
    service:add_machine { id = id, lastSeen = clock.wall(), machineTags = { "VIP" },
                          rbacGroupName = "Servers", riskScore = "High" }
    service:add_machine { lastSeen = clock.wall(), onboardingStatus = "CanBeOnboarded" }
    add(1, { machine_id = id })
    add(1)
    add(1, { machine_id = false, dns_name = false })
    local decided = decide(load("a", [[decide = function(action, machine)
      return cancel(("%s %s %s %s"):format(machine:tagged "vip", machine.group, machine.risk,
        machine.rbacGroupName)) end]]))
    local seen = {}
    for _, each in ipairs(decided.entities) do
      seen[each.reason] = (seen[each.reason] or 0) + 1
      if each.machineId == id then
        assert.same({ "VIP" }, each.machineTags)
        assert.is_true(each.known)
      else
        assert.is_nil(each.known)
      end
    end
    assert.same({ ["true Servers High Servers"] = 1, ["machine unknown"] = 2 }, seen)
    assert.equal(1, decided.onboarded)
  end)

  it("read machines only if a guard needs them", function()
    add(1)
    assert.is_nil(decide(load("a", 'decide = "cancel"')).onboarded)
    assert.equal(0, decide(load("a", 'decide = "cancel", guard = { protect_tags = "VIP" }'))
      .onboarded)
  end)

  it("undo: cancel what is open, launch the inverse of what was done, say what has none", function()
    local done = { { 1, "InProgress" }, { 2, "Succeeded" } }
    add(1, { type = "Isolate", created = 1000 })
    add(1, { type = "Isolate", created = 1001, steps = { { 1, "InProgress" } } })
    add(1, { type = "RestrictCodeExecution", created = 1002, steps = done })
    add(1, { type = "RunAntiVirusScan", created = 1003, steps = done })
    add(1, { type = "Isolate", created = 1004, steps = { { 1, "Failed" } } })
    local decided = decide(load("a", [[decide = "undo", select = { status = { "Pending",
      "InProgress", "Succeeded", "Failed" } }]]))
    words(decided)
    local steps = {}
    for i, each in ipairs(decided.entities) do
      steps[i] = table.concat(each.steps, "+") .. (each.note and " " .. each.note or "")
    end
    assert.same({ "cancel", "cancel+Unisolate", "UnrestrictCodeExecution",
                  " RunAntiVirusScan has no inverse", " Failed: nothing to undo" }, steps)
  end)

  it("release no machine that somebody else wants isolated, or that was released", function()
    local before, later = ("a1"):rep(20), ("b2"):rep(20)
    local soon, again = ("c3"):rep(20), ("d4"):rep(20)
    local now = clock.wall()
    local function act(machine, age, status, fields)
      local made = { machine_id = machine, created = now - age, type = "Isolate",
                     steps = { { 1, "InProgress" }, { 2, status } },
                     requestor = "soar@contoso.com" }
      for key, value in pairs(fields or {}) do made[key] = value end
      return service:add(made)
    end
    local dana = { requestor = "dana@contoso.com" }
    act(before, 900, "Succeeded", dana)
    act(before, 800, "Succeeded")
    act(later, 700, "Succeeded")
    act(later, 100, "Succeeded", dana)
    act(soon, 600, "Succeeded")
    act(soon, 90, "InProgress", dana)
    act(again, 500, "Succeeded")
    act(again, 400, "Succeeded", { type = "Unisolate" })
    act(again, 80, "Succeeded", dana)
    act(("e5"):rep(20), 70, "Succeeded")
    local decided = decide(load("a", [[decide = "undo", select = { type = "Isolate",
      requestor = "soar@contoso.com", status = { "InProgress", "Succeeded" } }]]))
    words(decided)
    local told = {}
    for i, each in ipairs(decided.entities) do
      told[i] = table.concat(each.steps, "+") .. (each.note or "")
    end
    assert.same({ "isolated before by dana@contoso.com", "isolated later by dana@contoso.com",
                  "its Isolate by dana@contoso.com is in progress", "undone already",
                  "Unisolate" }, told)
  end)

  it("launch one inverse a machine", function()
    local id = ("ab"):rep(20)
    add(3, { type = "Isolate", machine_id = id, steps = { { 1, "Succeeded" } } })
    local decided = decide(load("a", [[decide = "undo",
      select = { status = "Succeeded", order = "oldest" }]]))
    words(decided)
    local steps = {}
    for i, each in ipairs(decided.entities) do
      steps[i] = #each.steps
      assert.equal(i < 3 and "Unisolate will be launched for " .. decided.entities[3].id or nil,
        each.note)
    end
    assert.same({ 0, 0, 1 }, steps)
  end)

  it("are asked about more than fit under way", function()
    add(700)
    local decided = decide(load("a", [[decide = function(action)
      if tonumber(action.id:sub(1, 1), 16) > 7 then return cancel(action.id) end end]]))
    assert.equal(700, #decided.entities + decided.abstained)
    for _, each in ipairs(decided.entities) do assert.equal(each.id, each.reason) end
  end)

  it("fail as a whole when one raises, and say where", function()
    add(1)
    local done, err = pcall(policy.decide_all, client,
      { load("a", "decide = function(action) error 'oops' end") }, {})
    assert.is_false(done)
    assert.equal("policy", err.code)
    assert.truthy(tostring(err):find("oops", 1, true))
    assert.equal("a", err.policy)
  end)

  it("fail when the list does", function()
    client, service = world.new { quota = false,
      oddities = { internal_error = { operation = "list" } } }
    local done, err = pcall(policy.decide_all, client, { load("a", 'decide = "cancel"') }, {})
    assert.is_false(done)
    assert.equal("service", err.code)
  end)

  it("take select, guard and all else from the time of a plan", function()
    local now = clock.wall() // 1 | 0
    local late = { now = now - 7200 }
    local loaded = load("a", ([[decide = { function() return keep(tostring(os.time())) end },
      select = { before = os.time() },
      guard = { max = os.time() > %d and 7 or 5 }, expires = os.time() <= %d and "5m" or nil]])
      :format(now - 60, now - 60), late)
    assert.same({ now - 7200, 5, 300 }, { loaded.select.before, loaded.guard.max, loaded.expires })
    assert.truthy(loaded:close())
    assert.truthy(loaded:renew(now))
    assert.same({ now, 7 }, { loaded.select.before, loaded.guard.max })
    assert.is_nil(loaded.expires)
    add(1)
    assert.same({ "keep " .. now .. " a" }, words(decide(loaded)))
  end)

  it("keep their names", function()
    local loaded = assert(policies.load([[return { comment = "c", decide = "keep",
      name = "a" .. os.time() }]], { now = 1 }))
    local done, err = loaded:renew(2)
    assert.is_nil(done)
    assert.truthy(tostring(err):find("its name changed from 'a1' to 'a2'", 1, true), tostring(err))
  end)

  it("have names of their own", function()
    local folder = policies.folder { ["a.lua"] = 'return { comment = "c", decide = "keep" }',
      ["b.lua"] = 'return { name = "a", comment = "c", decide = "keep" }' }
    local list, err = policy.load_all { folder .. "a.lua", folder .. "b.lua" }
    assert.is_nil(list)
    assert.truthy(tostring(err):find("the same name 'a'", 1, true))
    policies.remove(folder)
  end)

  it("are files, and those of tests stand for them", function()
    assert.same({ "x/a.lua", "b.lua" }, policy.files { "x/a.lua", "x/a_test.lua", "b_test.lua" })
  end)
end)

describe("an explanation", function()
  before_each(function()
    client, service, clock = world.new { quota = false }
  end)

  local function explain(id, ...)
    return policy.explain(client, { ... }, id)
  end

  it("tells which part of select did not match", function()
    local id = add(1, { type = "Isolate" })[1]
    local explained = explain(id, load("a", [[decide = "cancel", select = { type = "LiveResponse",
      requestor = "x@y.z", older_than = "1h" }]]))
    assert.same({ "type is LiveResponse", "requestor is 'x@y.z'" }, explained.told[1].unmatched)
    assert.is_nil(explained.entity)
  end)

  it("tells which rule of which policy has decided, and what counts", function()
    local id = add(1)[1]
    local explained = explain(id, load("a", [[decide = {
      function() end,
      function() return cancel "second" end, "undo" }]], { coverage = true }),
      load("b", [[decide = { function() return nil
        end, "keep" }]], { coverage = true }))
    assert.same({ "cancel", "second", 2, 3 }, { explained.told[1].decision,
      explained.told[1].reason, explained.told[1].rule, explained.told[1].line })
    assert.same({ "keep", 2 }, { explained.told[2].decision, explained.told[2].rule })
    assert.equal("b", explained.entity.policy)
    assert.equal("keep", explained.entity.decision)
    assert.truthy(date.parse(explained.entity.creationDateTimeUtc))
  end)
end)
