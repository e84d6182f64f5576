-- mde show of a machine, and its waiting, against the simulator. Actions: list_spec.lua.

local cjson = require "cjson"
local program = require "spec.support.program"

local MACHINE = "syd-lt-3185.corp.contoso.com"  -- its isolation waits by mistake

local function rehearse(script, options)
  return program.rehearse(options or "{ history = 0 }", script:gsub("%$M", MACHINE))
end

local FIND = "id=$(mde list --machine $M --ids 2>/dev/null); "

describe("mde show MACHINE", function()
  it("shows the machine, and its actions, the newest first", function()
    local run = rehearse [[mde launch scan $M -m "$(printf 'a\033[31mb')" >/dev/null
      mde show syd-lt-3185]]
    assert.same({ 0, "" }, { run.status, run.err })
    local machine, actions = run.out:match "^(.-\n)\nOpen actions\n(AGE .*)$"
    assert.truthy(machine:find("^" .. MACHINE:gsub("%p", "%%%0") .. ", Windows10 22H2, Active,"))
    assert.truthy(machine:find "\nseen +20%S+ %S+ %S+ %(%d+%a ago%)\n")
    assert.truthy(machine:find "\nstate +isolating since 20[^(]+%(%d+m ago%) by soar@contoso.com: ")
    assert.truthy(actions:find "^AGE +TYPE +STATUS +BY +COMMENT +ID\n", actions)
    assert.truthy(actions:find "\n%d+s +RunAntiVirusScan .*\n%d+m +Isolate +Pending +soar@",
      actions)
    assert.falsy(run.out:find "\27")
  end)

  it("shows them as JSON, an object a line", function()
    local run = rehearse "mde show $M --json"
    local machine, action, rest = run.out:match "^(.-)\n(.-)\n(.*)$"
    assert.same({ 0, "" }, { run.status, rest })
    assert.equal(MACHINE, cjson.decode(machine).computerDnsName)
    assert.equal(cjson.decode(machine).id, cjson.decode(action).machineId)
    local state = cjson.decode(machine).states[1]
    assert.same({ "isolating", "soar@contoso.com", cjson.decode(action).id },
      { state.state, state.by, state.action })
  end)

  it("says where there are more, or none", function()
    local run = rehearse [[mde launch scan $M -m x >/dev/null; mde show $M --limit 1
      mde show par-lt-1011.corp.contoso.com --limit 1 >/dev/null
      mde show ber-srv-5720.corp.contoso.com]]
    assert.equal(0, run.status)
    assert.truthy(run.err:find("There are more; --limit is 1.", 1, true), run.err)
    assert.truthy(run.out:find("state          unknown: no action on it is known", 1, true))
  end)

  it("ends with 1 for one that is not there, with 3 for a name that two have", function()
    local run = rehearse "mde show nobody"
    assert.same({ "", 1 }, { run.out, run.status })
    run = rehearse "mde show par-lt-1011"
    assert.same({ "", 3 }, { run.out, run.status })
    assert.truthy(run.err:find("give the id of one, or its full name", 1, true), run.err)
  end)

  it("refuses wrong use before anything is asked", function()
    local id = "5382f7ea-7557-4ab7-9782-d50480024a4e"
    for arguments, text in pairs {
      [MACHINE .. " --wait"] = "--wait works only with the id of an action",
      [MACHINE .. " --limit 0"] = "'0' is not a whole number above 0",
      [id .. " --limit 3"] = "--limit works only with a machine",
      ["''"] = "'' is not a machine's id",
      [""] = "missing ID|MACHINE",
      [id .. " --wait --deadline soon"] = "'soon'",
    } do
      local run = rehearse("mde show " .. arguments)
      assert.same({ "", 2, 0 }, { run.out, run.status, run.ledger.requests }, arguments)
      assert.truthy(run.err:find(text, 1, true), run.err)
    end
  end)

  it("shows the risks and a pending opposite", function()
    local run = rehearse [[mde launch isolate ber-srv-5720 -m x --yes >/dev/null 2>&1
      mde show ber-srv-5720]]
    assert.equal(0, run.status, run.err)
    assert.truthy(run.out:find("\nrisks          It is a server: ", 1, true), run.out)
    assert.truthy(run.out:find("It was not seen for ", 1, true))
    assert.truthy(run.out:find("If it is a Hyper-V host, ", 1, true))
  end)

  it("says that a cancelled isolation may have begun, until a release succeeds", function()
    local run = rehearse([[mde cancel --machine $M -m x --yes --max 1 >/dev/null 2>&1; mde show $M
      mde unisolate $M -m x --yes >/dev/null; mde show $M; mde show 00000000]],
      [[{ mistaken = 312, history = 0, launch_course = function()
        return { { 0, "Succeeded" } } end }]])
    assert.equal(1, select(2, run.out:gsub("%f[%w]If the isolation %x+ had begun when it was"
      .. " cancelled, the machine may still be isolated%. To release it:\n +mde unisolate "
      .. MACHINE:gsub("%p", "%%%0") .. " %-m REASON\n", "")), run.out)
    assert.equal("mde: the service knows no machine '00000000'\n"
      .. "No known action has an id that begins with 00000000.\n", run.err)
  end)

  it("fits the terminal", function()
    for _, columns in ipairs { 160, 70 } do
      local run = program.at_terminal(columns, {}, "env", "NO_COLOR=1", program.path, "sim", "mde",
        "show", MACHINE)
      local row = run.out:match "\n(%d+m +Isolate[^\r]+)\r\n$"
      local id = columns == 160 and " %x+%-%x+%-%x+%-%x+%-%x+$" or " %x%x%x%x%x%x%x%x$"
      assert.truthy(row and row:find(id) and utf8.len(row) <= columns, run.out)
      assert.falsy(run.out:find "\27")
    end
  end)
end)

describe("mde show ID --wait", function()
  it("waits for the end, and ends with 0 where that is Succeeded", function()
    local run = rehearse([[
      id=$(mde launch scan $M -m x --json | sed 's/.*"action":"\([^"]*\).*/\1/')
      mde show $id --wait]], [[{ mistaken = 312, history = 0, launch_course = function()
        return { { 0, "Succeeded" } } end }]])
    assert.same({ 0, "" }, { run.status, run.err })
    assert.truthy(run.out:find("\nstatus: Succeeded\n", 1, true))
  end)

  it("ends with 1 otherwise, and shows how the action stands", function()
    local run = rehearse(FIND .. "mde cancel $id -m x >/dev/null 2>&1; mde show $id --wait --json")
    assert.equal(1, run.status)
    assert.equal("Cancelled", cjson.decode(run.out).status)
    run = rehearse(FIND .. "mde show $id --wait --deadline 0.01s --json")
    assert.equal(1, run.status)
    assert.equal("Pending", cjson.decode(run.out).status)
    local problem = cjson.decode(run.err)
    assert.equal("deadline", problem.code)
    assert.truthy(problem.message:find "^the action is still Pending after ", run.err)
  end)

  it("shows at a terminal that it waits, until Ctrl-C", function()
    local run = program.at_terminal(80, { "waiting for the end of the action", "^C" },
      program.path, "sim", "sh", "-c", (FIND:gsub("%$M", MACHINE)) .. "mde show $id --wait")
    assert.equal(130, run.status, run.out)
    assert.truthy(run.out:find("interrupted while waiting for the action", 1, true), run.out)
  end)

  it("ends with 1 for an action that is not there", function()
    local run = rehearse "mde show 5382f7ea-7557-4ab7-9782-d50480024a4e --wait"
    assert.same({ "", 1 }, { run.out, run.status })
  end)
end)
