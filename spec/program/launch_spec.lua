-- mde launch, isolate and unisolate, against the simulator.

local cjson = require "cjson"
local program = require "spec.support.program"

local A, B, C = "ber-srv-5720.corp.contoso.com", "syd-lt-4329.corp.contoso.com",
                "nyc-lt-5085.corp.contoso.com"
local SHA1 = "87662bc3d60e4200ceaf7aae249d1c343f4b83c9"
local GUID = "%x+%-%x+%-%x+%-%x+%-%x+"

-- The options of an incident that is small.
local function with(options)
  return "{ mistaken = 0, history = 0, " .. options .. " }"
end

-- Runs a script in which $A, $B and $C are names of machines; what is launched has
-- Succeeded at once. `options`: more of the incident's.
local function rehearse(script, options)
  return program.rehearse(with("launch_course = function() return { { 0, 'Succeeded' } } end, "
    .. (options or "")),
    ("A=%s B=%s C=%s; %s; s=$?; echo \"launches: $(grep -c POST./api/machines/ $REQUESTS)\""
      .. " >&2; exit $s"):format(A, B, C, script))
end

-- The output before the count of launches, and that count.
local function said(run)
  local text, count = run.err:match "^(.*)launches: (%d+)\n$"
  return text, tonumber(count)
end

-- It was refused with this status and text, and nothing was launched.
local function assert_refused(status, script, text)
  local run = rehearse(script)
  local err, count = said(run)
  assert.same({ status, "", 0 }, { run.status, run.out, count }, err)
  assert.truthy(err:find(text, 1, true), err)
end

describe("mde launch", function()
  it("launches each kind, with the examples of its help", function()
    for _, arguments in ipairs {
      'isolate $A -m INC1', 'Isolate $A -m INC1 --scope selective', 'unisolate $A -m x',
      'restrict $A -m x', 'unrestrict $A -m x', 'collect $A -m x',
      'scan $A $B --scope Full -m "After clean-up" --wait --yes',
      'quarantine $A --sha1 ' .. SHA1 .. ' -m "INC0048211"',
      [[live-response $A --run triage.ps1 --args "-Case 7" --get 'C:\Temp\triage.zip' -m INC1]],
      [[live-response $A --put a.exe --run a.ps1 --args=-x --run b.ps1 -m INC1]],
    } do
      local run = rehearse("mde launch " .. arguments)
      assert.equal(0, run.status, arguments .. run.err)
      assert.truthy(run.out:find("^%l+ +%x+ " .. A:gsub("%p", "%%%0")), run.out)
    end
  end)

  it("says in one word that machines are isolated, or released", function()
    local run = rehearse "mde isolate $A -m INC1 && mde unisolate $A -m INC1"
    assert.same({ 0, "" }, { run.status, (said(run)) })
    local pattern = ("launched +%%x+ %s %%(%%a+ %s Succeeded%%)\n"):format(
      A:gsub("%p", "%%%0"), GUID)
    assert.truthy(run.out:find("^" .. pattern .. pattern .. "$"), run.out)
  end)

  it("takes each machine once, by id, name or short name", function()
    local run = rehearse [[mde isolate $A ber-srv-5720 $B --yes -m x
      id=$(mde show $A --json | sed -n '1s/.*"id":"\([0-9a-f]*\)".*/\1/p')
      mde unisolate $A $id -m x]]
    assert.equal(0, run.status, run.err)
    assert.equal(3, select(2, said(run)))
  end)

  it("shows one JSON object a machine, with and without --wait", function()
    for _, wait in ipairs { "", "--wait" } do
      local run = rehearse("mde launch scan $A $B -m x --yes --json " .. wait)
      local first, second, rest = run.out:match "^(.-)\n(.-)\n(.*)$"
      assert.same({ 0, "" }, { run.status, rest })
      local verdict = wait == "" and "launched" or "succeeded"
      local keys = {}
      for key in first:gmatch '"([%w_]+)":' do keys[#keys + 1] = key end
      assert.same({ "tenant", "id", "machine", "verdict", "action", "type", "status", "code",
                    "error", "active_action_id", "request_id", "batch" }, keys)
      local item = cjson.decode(second)
      assert.same({ B, verdict, "RunAntiVirusScan", cjson.null },
        { item.machine, item.verdict, item.type, item.error })
    end
  end)

  it("waits for the end, and shows each machine once, in a pipe too", function()
    local run = rehearse "mde launch collect $A $B -m x --yes --wait --parallel 1"
    local lines = ""
    for _, name in ipairs { A, B } do
      lines = lines .. ("succeeded +%%x+ %s %%(%%a+ %s Succeeded%%)\n"):format(
        name:gsub("%p", "%%%0"), GUID)
    end
    assert.truthy(run.out:find("^" .. lines .. "$"), run.out)
  end)

  it("ends with 1 if the action did not succeed in time", function()
    local run = program.rehearse(with "",
      "mde launch scan " .. A .. " -m x --wait --deadline 0.01s")
    assert.equal(1, run.status, run.err)
    assert.truthy(run.out:find "^accepted [^\n]+ Pending%)\n$", run.out)
    run = program.rehearse(with "launch_course = function() return { { 0, 'Failed' } } end",
      "mde launch scan " .. A .. " -m x --wait")
    assert.equal(1, run.status)
    assert.truthy(run.out:find "^failed [^\n]+ Failed%)\n$", run.out)
  end)

  it("reports an open action as existing, as asked unless its scope differs", function()
    local run = program.rehearse(with "", "mde isolate " .. A .. " -m x >/dev/null;"
      .. "mde isolate " .. A
      .. " -m y; mde isolate " .. A .. " -m y --scope Selective")
    assert.equal(1, run.status, run.err)
    assert.truthy(run.out:find "^existing [^\n]+ Pending by [^\n,]+%)\nrefused [^\n]+", run.out)
    assert.truthy(run.out:find("has scope Full, not Selective)\n", 1, true), run.out)
  end)

  it("says which action is in the way, and how to be rid of it", function()
    local run = program.rehearse(with "oddities = { duplicate_as = 'error' }",
      ("mde isolate %s -m x >/dev/null; mde isolate %s -m y"):format(A, A))
    assert.equal(1, run.status)
    local id = run.out:match("active action id: (" .. GUID .. ")")
    assert.truthy(run.out:find "^refused " and id, run.out)
    assert.truthy(run.err:find("or mde cancel " .. id, 1, true), run.err)
  end)
end)

describe("the checks of mde launch", function()
  it("refuse wrong use before anything is asked", function()
    for arguments, text in pairs {
      ["isolate"] = "which machines?",
      ["scan --tag a $A -m x"] = "cannot be combined",
      ["scan --tag a -m x --yes"] = "requires --max",
      ["scan - -m x --yes"] = "requires --max", ["bogus $A -m x"] = "'bogus' cannot be launched",
      ["isolate $A"] = "a comment is required", ["isolate $A -m ' '"] = "a comment is required",
      ["scan $A -m x --scope selective"] = "--scope: 'selective' is not Quick or Full",
      ["collect $A -m x --scope full"] = "collect has no option --scope",
      ["isolate $A -m x --sha1 " .. SHA1] = "isolate has no option --sha1",
      ["isolate $A -m x --run a"] = "has no option --put, --run or --get",
      ["quarantine $A -m x --sha1 12"] = "quarantine requires --sha1, 40",
      ["live-response $A -m x"] = "live-response requires --put, --run or --get",
      ["live-response $A -m x --args -x --run a"] = "--args must follow its --run",
      ["live-response $A -m x --get a --run b"] = "--run comes after --get",
      ["live-response $A -m x --run ''"] = "--run: a name is missing",
      ["isolate $A -m \"$(printf 'a\\377b')\""] = "comment",
      ["isolate $A -m x --deadline 5s"] = "--deadline requires --wait",
      ["investigate $A -m x"] = "mde launch scan MACHINE --scope Full",
      ["startInvestigation $A -m x"] = "mde launch scan MACHINE --scope Full",
      ["offboard $A $B -m x"] = "one machine at a time",
    } do
      local run = program.sh(("A=%s B=%s; mde launch %s"):format(A, B, arguments))
      assert.same({ 2, "" }, { run.status, run.out }, arguments .. run.err)
      assert.truthy(run.err:find(text, 1, true), run.err)
    end
  end)

  it("refuse a machine that is none, or more than one", function()
    assert_refused(1, "mde isolate $A nobody -m x --yes", "no machine 'nobody'")
    assert_refused(2, "mde isolate $A '' -m x --yes", "'' is not a machine's id or DNS name")
    assert_refused(2, "mde isolate 'ber-*' -m x", "'ber-*' is not a machine's id or DNS name")
    assert_refused(3, "mde isolate par-lt-1011 -m x", "is the name of 2 machines")
  end)

  it("ask about more than one machine, and always before a final action", function()
    assert_refused(3, "mde isolate $A $B -m x", "2 machines, and no terminal")
    assert_refused(3, "mde isolate $A $B -m x --yes --max 1", "--max is 1; nothing was sent")
    assert_refused(3, "mde launch offboard $A -m x --yes", "confirmed at a terminal only")
  end)

  it("send nothing with -n, which needs no comment", function()
    local run = rehearse "mde launch isolate $A $B -n"
    assert.same({ 0, "Dry run: 2 machines would be changed; nothing was sent.\n" },
      { run.status, (said(run)) })
    assert.truthy(run.out:find
      "^would launch isolate on  %x+  %S+\nwould launch isolate on [^\n]*\n$", run.out)
    run = rehearse "mde launch isolate $A -n --json"
    assert.equal("unsent", cjson.decode(run.out).verdict)
    assert_refused(3, "mde launch isolate $A $B -n --max 1", "--max is 1")
  end)

  it("end with 5 if a permission is missing", function()
    local run = rehearse("mde isolate $A -m x", "roles = { 'Machine.Read.All' }")
    assert.equal(5, run.status, run.err)
    assert.truthy(run.out:find "^forbidden .*Machine.Isolate", run.out)
    run = rehearse("mde isolate $A -m x", "roles = { 'Machine.Isolate' }")
    assert.same({ 5, "" }, { run.status, run.out })
  end)
end)

describe("mde launch in trouble", function()
  it("finds a launch whose answer was lost, and sends it once", function()
    local run = rehearse("mde isolate $A -m x", [[oddities = { lost_after = { nth = 1,
      operation = "isolate" } }]])
    assert.same({ 0, 1 }, { run.status, select(2, said(run)) })
    assert.truthy(run.out:find "^launched ", run.out)
  end)

  it("launches no more if the output cannot be written, and reports what it did", function()
    for _, json in ipairs { "", "--json" } do
      local run = rehearse("mde isolate $A $B $C -m x --yes --parallel 1 >/dev/full " .. json
        .. "; s=$?; mde batch show $(date -u +%Y-%m-%d).1 >&2; (exit $s)")
      local err, count = said(run)
      assert.same({ 4, 1 }, { run.status, count })
      assert.truthy(err:find("launched +%x+ " .. A:gsub("%p", "%%%0") .. " ."), err)
      assert.truthy(err:find("unsent +%x+ " .. C:gsub("%p", "%%%0")), err)
    end
  end)

  it("launches no more if its output is closed", function()
    local run = rehearse [[{ trap "" PIPE; while printf x; do :; done 2>/dev/null
      mde isolate $A $B -m x --yes --parallel 1; echo "status $?" >&2; } | :]]
    local err, count = said(run)
    assert.equal(1, count)
    assert.truthy(err:find("unsent +1") and err:find("status 1", 1, true), err)
  end)

  it("continues with the others if one is refused", function()
    local run = rehearse("mde launch scan $A $B $C -m x --yes --parallel 1", [[
      oddities = { disallowed = { nth = 2, operation = "scan" } }]])
    assert.same({ 1, 3 }, { run.status, select(2, said(run)) })
    assert.truthy(run.out:find "^launched .*\nforbidden .*\nlaunched .*\n$", run.out)
  end)
end)

describe("mde launch at a terminal", function()
  local function at_terminal(dialogue, script, columns)
    return program.at_terminal(columns or 240, dialogue, program.path, "sim", "sh", "-c", script)
  end

  it("asks, naming machines and tenant", function()
    local script = ("mde isolate %s %s -m x"):format(A, B)
    local run = at_terminal({ "[y/N] ", "y^M" }, script)
    assert.equal(0, run.status, run.out)
    assert.truthy(run.out:find(("Launch isolate on 2 machines (%s, %s) in the simulation"
      .. " misfire (tenant 7d0b3b4e-")
      :format(A, B), 1, true), run.out)
    run = at_terminal({ "[y/N] ", "n^M" }, script)
    assert.equal(3, run.status)
    assert.truthy(run.out:find("not confirmed; nothing was sent", 1, true))
  end)

  it("wants the name of a machine that is to be offboarded, --yes or not", function()
    local script = ("mde launch offboard %s -m x --yes"):format(A)
    assert.equal(0, at_terminal({ "to offboard it: ", A .. "^M" }, script).status)
    for _, answer in ipairs { "y^M", "^M", "^D" } do
      local run = at_terminal({ "to offboard it: ", answer }, script)
      assert.equal(3, run.status, run.out)
      assert.truthy(run.out:find("nothing was sent", 1, true), run.out)
    end
  end)

  it("shows that it waits, and stops waiting with Ctrl-C", function()
    local run = at_terminal({ "2/min", "^C" },
      ("mde launch scan %s %s -m x --yes --wait"):format(A, B))
    assert.equal(130, run.status, run.out)
    local _, times = run.out:gsub("\naccepted  +%x", "")
    assert.equal(2, times)
  end)

  it("sends nothing more after Ctrl-C", function()
    local run = program.rehearse(with [[oddities = { late = { nth = 1, operation = "isolate" },
      late_by = 0.3 }]], ([[
      mde isolate %s %s -m x --yes --parallel 1 & pid=$!
      wait_until 'grep -q isolate $REQUESTS'
      kill -TERM $pid; wait $pid; s=$?; grep -c isolate $REQUESTS; exit $s]]):format(A, B))
    assert.equal(130, run.status, run.err)
    assert.truthy(run.out:find "^launched .*\nunsent .*\n1\n$", run.out .. run.err)
    assert.truthy(run.err:find("waiting for requests in flight", 1, true), run.err)
    assert.truthy(run.err:find "unsent +1", run.err)
  end)

  it("waits for the quota no longer after Ctrl-C", function()
    local run = rehearse([[
      ids=$(mde api GET '/api/machines?$top=11' | grep -o '"id":"[0-9a-f]*"' | cut -d '"' -f 4)
      mde launch live-response $ids --run a.ps1 -m x --yes --reserve 0 & pid=$!
      wait_until '[ "$(grep -ci runliveresponse $REQUESTS)" -ge 10 ]'
      kill -TERM $pid; wait $pid]])
    local err, count = said(run)
    assert.same({ 130, 10 }, { run.status, count }, err)
    local _, launched = run.out:gsub("launched  ", "")
    local _, others = run.out:gsub("unsent  ", "")
    assert.same({ 10, 1 }, { launched, others })
  end)

  it("abandons open requests at a second Ctrl-C", function()
    local run = program.rehearse(with [[oddities = { late = { nth = 1, operation = "isolate" } }]],
      ([[
      mde isolate %s %s -m x --yes --parallel 1 2>err & pid=$!
      wait_until 'grep -q isolate $REQUESTS'
      kill -TERM $pid; wait_until 'grep -q Interrupted err'
      kill -TERM $pid; wait $pid; s=$?; cat err >&2; exit $s]]):format(A, B))
    assert.equal(130, run.status, run.err)
    assert.truthy(run.out:find "^unknown +%x+ [^\n]+\nunsent [^\n]+\n$", run.out .. run.err)
  end)
end)
