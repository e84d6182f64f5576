-- mde test, as people run it.

local cjson = require "cjson"
local program = require "spec.support.program"

-- Writes policies { name -> text } where the script runs, and runs it.
local function sh(files, script)
  local parts = {}
  for name, text in pairs(files) do
    parts[#parts + 1] = ("mkdir -p %s; printf %%s %s > %s"):format(
      program.quote(name:match "^(.*)/" or "."), program.quote(text), program.quote(name))
  end
  return program.sh(table.concat(parts, "\n") .. "\n" .. script)
end

local GOOD = [[return {
  comment = "c", select = { type = "Isolate", older_than = "4h" },
  decide = function(action, machine)
    if machine:tagged "VIP" then return keep "VIP" end
    if action.requestor == "soar@contoso.com" then return cancel "misfired" end
  end,
  tests = {
    { { requestor = "soar@contoso.com" }, expect = "cancel" },
    { { requestor = "soar@contoso.com" }, tags = { "VIP" }, expect = "keep", name = "a VIP" },
  },
}]]

describe("mde test", function()
  it("runs the tests, aligned, and ends with 0", function()
    local run = sh({ ["good.lua"] = GOOD }, "mde test good.lua")
    local summary, hash =
      run.err:match "^(.-\n)Hash of the policies, for mde watch %-%-approve: (%x+)\n$"
    assert.equal(64, #hash)
    run.err = summary
    assert.same({ status = 0, err = "1 policy, 2 tests: 2 passed, 0 failed\n",
      out = "good.lua\n  ok    test 1  cancel 'misfired'\n  ok    a VIP   keep 'VIP'\n" }, run)
  end)

  it("ends with 1 when a test fails, and says what was expected and what is", function()
    local run = sh({ ["bad.lua"] = GOOD:gsub('expect = "keep"', 'expect = "undo"') },
      "mde test bad.lua")
    assert.equal(1, run.status)
    assert.truthy(run.out:find("FAIL  a VIP   expected undo, got keep 'VIP'", 1, true),
      run.out)
    assert.truthy(run.err:find("1 passed, 1 failed", 1, true))
  end)

  it("ends with 1 when the policy raises or exceeds a limit, and says where", function()
    local run = sh({ ["raises.lua"] = [[return { comment = "c",
      decide = function(action)
        if action.type == "Isolate" then return keep(action.nothing.there) end
        if action.type == "Offboard" then while true do end end
        return keep "k"
      end,
      tests = { { { type = "Isolate" }, expect = "keep" },
                { { type = "LiveResponse" }, expect = "keep" },
                { { type = "Offboard" }, expect = "keep" } } }]] }, "mde test raises.lua")
    assert.equal(1, run.status)
    assert.truthy(run.out:find "FAIL  test 1  [^\n]*raises.lua:3: attempt to index a nil value",
      run.out)
    assert.truthy(run.out:find("ok    test 2  keep 'k'", 1, true), run.out)
    assert.truthy(run.out:find "FAIL  test 3  [^\n]*exceeds the time limit of 1 s", run.out)
  end)

  it("ends with 2 for a file that is no policy, gives the reason, and tries the others", function()
    local run = sh({ ["a.lua"] = 'return { comment = "c" }', ["good.lua"] = GOOD,
                     ["z.lua"] = "return {" }, "mde test a.lua good.lua z.lua none.lua")
    assert.equal(2, run.status)
    assert.truthy(run.out:find("a.lua: decide: missing", 1, true), run.out)
    assert.truthy(run.out:find("a VIP", 1, true))
    assert.truthy(run.out:find("z.lua:1: unexpected symbol near <eof>", 1, true), run.out)
    assert.truthy(run.out:find("none.lua: No such file", 1, true), run.out)
    assert.truthy(run.err:find("4 policies, 2 tests", 1, true))
  end)

  it("runs NAME_test.lua beside it, however it is called for", function()
    local files = { ["p/x.lua"] = 'return { comment = "c", decide = "cancel" }',
                    ["p/x_test.lua"] = 'return { { {}, expect = "cancel", name = "beside" } }' }
    local run = sh(files, "mde test p/*.lua")
    assert.equal("p/x.lua\n  ok    beside  cancel\n", run.out)
    assert.equal(0, run.status)
    assert.equal(run.out, sh(files, "mde test p/x_test.lua").out)
    files["p/x_test.lua"] = 'return { { {}, expct = "cancel" } }'
    run = sh(files, "mde test p/x.lua")
    assert.equal(2, run.status)
    assert.truthy(run.out:find("p/x_test.lua: tests[1].expct: unknown", 1, true), run.out)
  end)

  it("warns of fields that there are not, and of lines that no test has reached", function()
    local run = sh({ ["w.lua"] = [[return { comment = "c",
      decide = function(action)
        if action.requester == "x" then
          return cancel "y"
        end
        return keep "z"
      end,
      tests = { { { staus = "Pending" }, expect = "keep" } } }]] }, "mde test w.lua")
    assert.equal(0, run.status)
    assert.truthy(run.out:find("warning: test 1: an action has no field staus (status?)", 1, true))
    assert.truthy(run.out:find("warning: line 3: an action has no field requester", 1, true))
    assert.truthy(run.out:find("lines of decide that no test reached: 4\n", 1, true), run.out)
    run = sh({ ["w.lua"] = 'return { comment = "c", decide = "keep" }' }, "mde test w.lua")
    assert.truthy(run.out:find "warning: there are no tests")
  end)

  it("gives JSON, one object a policy", function()
    local run = sh({ ["good.lua"] = GOOD, ["a.lua"] = "return 5" },
      "mde test --json good.lua a.lua")
    assert.equal(2, run.status)
    assert.equal("", run.err)
    local first, second = run.out:match "^(.-)\n(.-)\n$"
    first, second = cjson.decode(first), cjson.decode(second)
    assert.equal("good", first.name)
    assert.same({ name = "a VIP", expect = "keep", got = "keep", reason = "VIP", passed = true },
      first.tests[2])
    assert.truthy(second.error:find "a table")
  end)

  it("shows nothing that a terminal would obey", function()
    local run = sh({ ["t.lua"] = [[return { comment = "c",
      decide = function() return cancel "\27[2Jred\nforged" end,
      tests = { { {}, expect = "cancel", name = "\27]0;x\7" } } }]] }, "mde test t.lua")
    assert.falsy(run.out:find "\27")
    assert.truthy(run.out:find("forged", 1, true))
    assert.equal(2, select(2, run.out:gsub("\n", "")))
  end)

  it("prints no more than a policy may have it print", function()
    local run = sh({ ["wide.lua"] = [[local tests = {}
      for i = 1, 1000 do tests[i] = { {}, expect = "cancel", name = "n" .. i } end
      tests[1].name = ("x"):rep(100)
      return { comment = "c", decide = "cancel", tests = tests }]],
      ["long.lua"] = [[local tests = {}
      for i = 1, 2000 do tests[i] = { {}, expect = "cancel" } end
      tests[1].name = ("x"):rep(400000)
      return { comment = "c", decide = "cancel", tests = tests }]] }, "mde test wide.lua long.lua")
    assert.equal(2, run.status)
    assert.is_true(#run.out < 100000, #run.out)
    assert.truthy(run.out:find "long.lua: tests%[1%].name: longer than 4096 bytes", run.out)
  end)
end)
