-- The form of policies, and what is said where it is wrong.

local policies = require "spec.support.policy"

-- The problem of a policy that is good but for these lines of its table.
local function problem(fields)
  return policies.problem(('return { comment = "c", decide = "cancel", %s }'):format(fields))
end

describe("the form of a policy", function()
  it("needs a comment and what to decide, and no more", function()
    local policy = assert(policies.load 'return { comment = "CHG-1", decide = "cancel" }')
    assert.equal("policy", policy.name)
    assert.equal("CHG-1", policy.comment)
    assert.same({ "Pending", "InProgress" }, policy.select.status)
    assert.falsy(policy.takes_machine)
    assert.truthy(policy.hash:find "^%x+$" and #policy.hash == 64)
    assert.truthy(policies.problem 'return { decide = "cancel" }':find "^comment: missing")
    assert.truthy(policies.problem 'return { comment = "c" }':find "^decide: missing")
    assert.truthy(policies.problem 'return { comment = " ", decide = "keep" }':find "^comment: ' '")
  end)

  it("says nothing in two lines", function()
    local policy = assert(policies.load [[return { decide = "cancel",
      comment = "CHG-1\nmde: nothing was changed" }]])
    assert.equal("CHG-1 mde: nothing was changed", policy.comment)
    assert.truthy(policies.problem [[return { decide = "cancel", comment = "c",
      ["x\nmde: nothing was changed"] = 1 }]]:find "^x mde: nothing was changed: unknown")
  end)

  it("needs a comment that the service can keep", function()
    local function of(comment)
      return policies.problem(('return { comment = %s, decide = "keep" }'):format(comment))
    end
    assert.truthy(of "('x'):rep(1001)":find "^comment: longer than 1000 bytes")
    assert.truthy(of "'\\255'":find "^comment: ")
  end)

  it("says of a file that returns something else", function()
    assert.truthy(policies.problem "":find "returns nothing")
    assert.truthy(policies.problem "return 5":find "'5' is not a table")
    assert.truthy(policies.problem "return function() end":find "a function is not a table")
  end)

  it("names unknown keys by path, and the known ones", function()
    assert.truthy(problem "gaurd = {}":find("gaurd: unknown; known are comment, decide, expires,"
      .. " guard, name, select, tests", 1, true))
    assert.truthy(problem "select = { typ = 'Isolate' }":find "^select%.typ: unknown; known are af")
    assert.truthy(problem "guard = { maximum = 1 }":find "^guard%.maximum: unknown; known")
    assert.truthy(problem "tests = { { {}, expects = 'keep' } }":find
      "^tests%[1%]%.expects: unknown; known are expect")
    assert.truthy(problem "'x'":find "^%[1%]: unknown")
  end)

  it("names wrong values by path, and what was expected", function()
    for fields, expected in pairs {
      ["guard = { max = 'many' }"] = "guard.max: 'many' is not a whole number above 0",
      ["guard = { max = 1.5 }"] = "guard.max: '1.5' is not a whole number above 0",
      ["guard = { max_share = 5 }"] = "guard.max_share: '5' is not a share above 0",
      ["guard = { protect_machines = '*.contoso.com' }"] = "guard.protect_machines[1]: "
        .. "'*.contoso.com' is not an id or name of a machine, or the beginning of one and a *",
      ["guard = { protect_machines = { 'a', 'b c' } }"] = "guard.protect_machines[2]: 'b c' is not "
        .. "an id or name of a machine, or the beginning of one and a *",
      ["guard = { protect_types = 'Isolation' }"] =
        "guard.protect_types[1]: 'Isolation' is not one "
        .. "of " .. table.concat(require "mde.service.kinds".types, ", "),
      ["guard = { protect_tags = { 1 } }"] = "guard.protect_tags[1]: '1' is not a text",
      ["guard = { protect_tags = {} }"] = "guard.protect_tags: a table is not an array of texts",
      ["guard = { hours = '22-6' }"] = "guard.hours: '22-6' is not hours with their zone",
      ["guard = 5"] = "guard: '5' is not a table",
      ["select = { older_than = 'old' }"] = "select.older_than: 'old' is not a duration",
      ["select = { type = 'Isolat' }"] = "select.type: 'Isolat' is not one of Isolate",
      ["select = { status = function() end }"] = "select.status: no status is given",
      ["select = { after = 0/0 }"] = "select.after: ",
      ["select = { before = 1e300 }"] = "select.before: '1e+300' is not a date",
      ["select = { newer_than = 0/0 }"] = "select.newer_than: ",
      ["guard = { max_share = 0/0 }"] = "guard.max_share: ",
      ["expires = 'soon'"] = "expires: 'soon' is not a duration",
      ["expires = 0"] = "expires: '0' is not a duration above 0",
      ["expires = '8d'"] = "expires: '8d' is longer than 7d",
      ["select = { limit = ('9'):rep(500000) }"] = "select.limit: longer than 4096 bytes",
      ["select = { limit = ('9'):rep(4000) }"] =
        "select.limit: '<token>' is not a whole number",
      ["select = { type = table.pack(('x'):rep(51):byte(1, 51)) }"] = "select.type: more than 50",
      ["guard = { protect_tags = { ('x'):rep(5000) } }"] =
        "guard.protect_tags[1]: longer than 4096",
      ["guard = { protect_tags = { [('x'):rep(500)] = 1 } }"] =
        "guard.protect_tags: a key is longer",
      ["tests = { { {}, expect = 'keep', name = ('x'):rep(101) } }"] =
        "tests[1].name: longer than 100 bytes",
      ["tests = { { {}, expect = 'keep', reason = ('x'):rep(1025) } }"] =
        "tests[1].reason: longer than 1024 bytes",
      ["tests = { { { title = ('x'):rep(5000) }, expect = 'keep' } }"] =
        "tests[1][1].title: longer than 4096 bytes",
      ["name = 'a/b'"] = "name: 'a/b' is not a name of at most 64 letters",
      ["tests = 'none'"] = "tests: 'none' is not an array",
      ["tests = { { {}, expect = 'canceled' } }"] = "tests[1].expect: 'canceled' is not \"cancel\"",
      ["tests = { { 5, expect = 'keep' } }"] = "tests[1][1]: '5' is not a table with fields",
      ["tests = { { {}, expect = 'keep', machine = 1 } }"] = "tests[1].machine: '1' is not a table",
    } do
      local got = problem(fields)
      assert.truthy(got:find(expected, 1, true), fields .. " -> " .. got)
    end
  end)

  it("takes a word, a function or an array of them to decide", function()
    local function decided(text)
      return policies.problem(('return { comment = "c", decide = %s }'):format(text))
    end
    assert.truthy(decided '"canceled"':find "^decide: 'canceled' is not \"cancel\", \"keep\"")
    assert.truthy(decided "5":find "^decide: ")
    assert.truthy(decided "{}":find "^decide: a table is not an array with at least one rule")
    assert.truthy(decided '{ "cancel", "stop" }':find "^decide%[2%]: 'stop' is not")
    assert.truthy(decided "function(a, b, c) end":find "3 parameters")
    local policy = assert(policies.load [[return { comment = "c", decide = {
      function(action) end, function(action, machine) end, "keep" } }]])
    assert.equal(3, #policy.rules)
    assert.truthy(policy.takes_machine)
  end)

  it("believes no table that looks like a function of many lines", function()
    for _, lines in ipairs { "", "line = 1, last = 4000000000, parameters = 1",
                             "line = 5, last = 4, parameters = 1", "line = 1.5, last = 2",
                             "line = 'x', last = 'y', parameters = 1" } do
      local text = 'return { comment = "c", decide = { { ["function"] = true, %s } } }'
      assert.truthy(policies.problem(text:format(lines)):find "^decide%[1%]: a function is not")
    end
  end)

  it("takes a thousand tests, and guards of 64 KiB", function()
    local text = [[local list = {}
      for i = 1, %d do list[i] = %s end
      return { comment = "c", decide = "cancel", %s = %s }]]
    local a_test = "{ {}, expect = 'keep' }"
    assert(policies.load(text:format(1000, a_test, "tests", "list")))
    assert.equal("tests: more than 1000 tests",
      policies.problem(text:format(1001, a_test, "tests", "list")))
    assert.equal("guard.protect_tags: more than 65536 bytes", policies.problem(text:format(70,
      "('x'):rep(1000)", "guard", "{ protect_tags = list }")))
  end)

  it("takes over what a policy says", function()
    local policy = assert(policies.load [[return { comment = "c", name = "stale.v2",
      decide = "cancel", expires = "30m", select = { type = "Isolate", status = "Pending" },
      guard = { max = 5, protect_tags = "VIP", hours = "Sat-Sun 00:00-24:00 UTC" } }]])
    assert.equal("stale.v2", policy.name)
    assert.equal(1800, policy.expires)
    assert.equal("Pending", policy.select.status)
    assert.same({ max = 5, protect_tags = { "VIP" }, hours = "Sat-Sun 00:00-24:00 UTC" },
      policy.guard)
  end)

  it("tells a policy that can't be compiled or that raises", function()
    local policy, err = policies.load "return {"
    assert.is_nil(policy)
    assert.equal("policy", err.code)
    policy, err = policies.load "error 'no'"
    assert.is_nil(policy)
    assert.truthy(tostring(err):find "no$")
  end)
end)
