-- mde cancel, against the simulator.

local cjson = require "cjson"
local program = require "spec.support.program"

local UNKNOWN = "5382f7ea-7557-4ab7-9782-d50480024a4e"
-- A script against a small incident of `mistaken` actions (default 12).
local function rehearse(script, input, options)
  return program.rehearse(options or "{ mistaken = 12, history = 20 }", script, input)
end

local function count(text, pattern)
  local _, times = text:gsub(pattern, "")
  return times
end

-- The messages have these texts; "3 unsent" stands for that line of the table.
local function assert_said(run, ...)
  for _, text in ipairs { ... } do
    local number, verdict = text:match "^(%d+) ([%l_]+)$"
    local found = number and run.err:find(("\n%s +%s[ \n]"):format(verdict, number))
                  or run.err:find(text, 1, true)
    assert.truthy(found, ("%q lacks %q"):format(run.err, text))
  end
end

-- The command was refused with this status, said these texts, and sent nothing.
local function assert_refused(status, run, ...)
  assert.same({ status, "", 0 }, { run.status, run.out, run.ledger.posts })
  assert_said(run, ...)
end

describe("mde cancel", function()
  it("cancels one action by id without asking", function()
    local run = rehearse [[
      id=$(mde list --requestor soar@contoso.com --limit 1 --ids 2>/dev/null)
      mde cancel $id -m "by mistake" && mde show $id]]
    assert.equal(0, run.status, run.err)
    assert.truthy(run.out:find "^cancelled +%x+%-%S+ %S+%.contoso%.com\n", run.out)
    assert.truthy(run.out:find("\nstatus: Cancelled\n", 1, true))
    assert.truthy(run.out:find("\ncancellationComment: by mistake\n", 1, true))
    assert.equal(1, run.ledger.posts)
    assert_said(run, "If the cancelled isolation had begun")
    assert.falsy(run.err:find("Batch", 1, true))
  end)

  it("cancels the actions that filters choose, each once, after showing them", function()
    local run = rehearse [[
      mde cancel --requestor soar@contoso.com -m "SOAR misfire" --yes --max 12 &&
      mde list --requestor soar@contoso.com --ids]]
    assert.equal(0, run.status, run.err)
    assert.equal(12, count(run.out, "cancelled  "))
    assert.equal(12, count(run.out, "\n"))
    assert.same({ posts = 12, twice = 0 }, { posts = run.ledger.posts, twice = run.ledger.twice })
    assert_said(run, "12  Isolate  Pending  soar@contoso.com", "12 of 12 actions")
  end)

  it("has nothing to do when nothing matches", function()
    local run = rehearse "mde cancel --requestor nobody@contoso.com -m x --yes --max 9"
    assert.same({ 0, "" }, { run.status, run.out })
    assert_said(run, "Without --requestor nobody@contoso.com, ",
      "\nNothing to change: no action matches.\n")
    run = rehearse("mde cancel - -m x", "# nothing\n\n")
    assert.same({ 0, "",
      "Nothing to change: standard input has no id of an action to cancel.\n" },
      { run.status, run.out, run.err })
  end)

  it("requires a comment", function()
    assert_refused(2, rehearse("mde cancel " .. UNKNOWN), "a comment is required", "mde help")
    assert_refused(2, rehearse("mde cancel -m '  ' " .. UNKNOWN), "a comment is required")
  end)

  it("does not take filters, ids and - together, nor none", function()
    assert_refused(2, rehearse "mde cancel -m x", "which actions?")
    assert_refused(2, rehearse("mde cancel -m x --type Isolate " .. UNKNOWN), UNKNOWN)
    assert_refused(2, rehearse("mde cancel -m x - " .. UNKNOWN), "- must be the only argument")
    assert_refused(2, rehearse "mde cancel -m x '' --yes", "''")
  end)

  it("sends nothing with --dry-run, which needs no comment", function()
    local run = rehearse "mde cancel --requestor soar@contoso.com -n"
    assert.same({ 0, 0 }, { run.status, run.ledger.posts })
    assert.equal(10, count(run.out,
      "would cancel  %x%S+  %S+%.contoso%.com +Isolate +Pending +soar@contoso%.com\n"))
    assert.truthy(run.out:find("\n… and 2 more; --json shows all\n", 1, true), run.out)
    assert.equal(12, count(rehearse "mde cancel --requestor soar@contoso.com -n --json".out,
      '"verdict":"unsent"'))
    assert_said(run, "12 machine actions would be cancelled; nothing was sent")
    run = rehearse("mde cancel -n " .. UNKNOWN)
    assert.same({ 0, 0 }, { run.status, run.ledger.requests })
    assert_said(run, "1 machine action would be cancelled, unless unknown to the service or ended")
    run = rehearse "mde cancel --requestor soar@contoso.com -n --max 11"
    assert.same({ 3, 0 }, { run.status, run.ledger.posts })
  end)
end)

describe("the guard rails of mde cancel", function()
  it("refuse more than one action without a terminal or --yes", function()
    assert_refused(3, rehearse("mde cancel - -m x",
      UNKNOWN .. "\n" .. UNKNOWN:gsub("^5", "6")), "2 machine actions, and no terminal", "--yes")
    assert_refused(3, rehearse "mde cancel --requestor soar@contoso.com -m x", "12 machine actions")
    assert_refused(3, rehearse(
      "mde cancel --requestor soar@contoso.com -m x", nil, "{ mistaken = 1, history = 0 }"),
      "1 machine action, and no terminal")
  end)

  it("refuse --yes with filters but without --max, before anything is asked", function()
    local run = rehearse "mde cancel --type Isolate -m x --yes"
    assert_refused(2, run, "--max N")
    assert.equal(0, run.ledger.requests)
  end)

  it("refuse more than --max", function()
    assert_refused(3, rehearse "mde cancel --requestor soar@contoso.com -m x --yes --max 11",
      "more than 11 machine actions", "--max is 11", "nothing was sent")
    assert_refused(3, rehearse("mde cancel - -m x --yes --max 1",
      UNKNOWN .. "\n" .. UNKNOWN:gsub("^5", "6")), "2 machine actions", "--max is 1")
  end)

  local function at_terminal(answer, script)
    return program.at_terminal(160, { "[y/N] ", answer }, program.path, "sim", "sh", "-c",
      script or "mde cancel --requestor soar@contoso.com -m x")
  end

  it("ask at the terminal, naming tenant and count", function()
    local run = at_terminal "y^M"
    assert.equal(0, run.status, run.out)
    assert.truthy(run.out:find("Cancel 312 machine actions in the simulation misfire"
      .. " (tenant 7d0b3b4e-6e1f-4c43-9d5a-2f8d4a1c9b60)? [y/N] ", 1, true))
    assert.truthy(run.out:find("cancelled    312", 1, true))
  end)

  it("ask there although ids and results go through pipes", function()
    local run = at_terminal("yes^M", [[
      mde list --requestor soar@contoso.com --limit 2 --ids | mde cancel - -m x | cat]])
    assert.truthy(run.out:find("Cancel 2 machine actions", 1, true))
    assert.truthy(run.out:find("2 of 2 actions", 1, true))
  end)

  it("take anything but yes for no", function()
    for _, answer in ipairs { "n^M", "^M", "yup^M", "^D" } do
      local run = at_terminal(answer)
      assert.equal(3, run.status, answer)
      assert.truthy(run.out:find("not confirmed; nothing was sent", 1, true), run.out)
      assert.falsy(run.out:find("cancelled  ", 1, true))
    end
  end)

  it("send nothing when the question is interrupted", function()
    local run = at_terminal("^C", "mde cancel --requestor soar@contoso.com -m x; echo \"was $?\"")
    assert.falsy(run.out:find("cancelled  ", 1, true))
  end)
end)

describe("ids from standard input", function()
  it("may have blank lines, comments, CRLF, a mark, other case and be JSON Lines", function()
    local run = rehearse [[
      mde list --requestor soar@contoso.com --json >actions.$$
      set -- $(mde list --requestor soar@contoso.com --ids)
      { printf '\357\273\277%s\r\n\r\n# comment\n  %s  # why\n' $1 $2; echo $3 | tr a-f A-F
        tail -n 9 actions.$$; printf %s $2; } | mde cancel - -m x --yes --max 99
      rm actions.$$]]
    assert.equal(0, run.status, run.err)
    assert.equal(12, run.ledger.posts)
    assert.equal(0, run.ledger.twice)
    assert_said(run, "1 machine action was given twice", "12 of 12 actions")
  end)

  it("are refused whole when one line is malformed", function()
    local bad = { "x", UNKNOWN .. "0", "{" .. UNKNOWN, '{"id":7}', '{"no":"id"}', "[1]",
                  UNKNOWN .. " " .. UNKNOWN, "{" .. UNKNOWN .. "}", "id,type" }
    for _, line in ipairs(bad) do
      assert_refused(2, rehearse("mde cancel - -m x --yes --max 99",
        UNKNOWN .. "\n\n" .. line .. "\n"),
        "line 3: '" .. line:sub(1, 60) .. "'", "nothing was sent")
    end
  end)

  it("are not read without end when there is no line", function()
    local run = rehearse("head -c 3000000 /dev/zero | mde cancel - -m x --yes --max 99")
    assert_refused(2, run, "line 1 is longer than")
  end)

  it("end with 4 when they can't be read", function()
    assert_refused(4, rehearse "mde cancel - -m x --yes --max 99 </", "cannot read the ids")
  end)

  it("stay small in memory by the hundred thousand", function()
    if program.path:find("/asan/", 1, true) then return pending "a sanitizer needs memory" end
    local run = program.sh([[
      lua5.4 -e 'for i = 1, 1e5 do print(("%08x-7557-4ab7-9782-d50480024a4e"):format(i)) end' |
      MDE_TOKEN=x exec $mde run /proc/self/fd/3 3<<'END'
        local status = require "mde.program" { "cancel", "-", "-n", "--json" }
        for line in io.lines "/proc/self/status" do
          local kilobytes = line:match "^VmHWM:%s*(%d+)"
          if kilobytes then io.stderr:write("peak ", kilobytes, "\n") end
        end
        os.exit(status)
END]])
    assert.equal(0, run.status, run.err)
    assert.equal(100000, count(run.out, "\n"))
    assert.truthy(tonumber(run.err:match "peak (%d+)") < 26 * 1024, run.err)
  end)
end)

describe("a million ids from standard input", function()
  it("are in the journal soon, and not in memory", function()
    if program.path:find("/asan/", 1, true) then return pending "a sanitizer needs memory" end
    local run = program.sh([[
      lua5.4 -e 'for i = 1, 1e6 do print(("%08x-7557-4ab7-9782-d50480024a4e"):format(i)) end' |
      MDE_TOKEN=x exec $mde run /proc/self/fd/3 3<<'END'
        local status = require "mde.program" {
          "cancel", "-", "-m", "x", "--yes", "--max", "999999" }
        for line in io.lines "/proc/self/status" do
          local kilobytes = line:match "^VmHWM:%s*(%d+)"
          if kilobytes then io.stderr:write("peak ", kilobytes, "\n") end
        end
        io.stderr:write("cpu ", os.clock(), "\n")
        os.exit(status)
END]])
    assert.equal(3, run.status, run.err)
    assert_said(run, "1000000 machine actions, and --max is 999999; nothing was sent")
    assert.is_true(tonumber(run.err:match "peak (%d+)") < 64 * 1024, run.err)
    assert.is_true(tonumber(run.err:match "cpu ([%d.]+)") < 25, run.err)
  end)
end)

describe("the report of mde cancel", function()
  it("is one JSON object an action, with --json", function()
    local run = rehearse("mde cancel - -m x --yes --json --parallel 1 --max 2 <<END\n"
      .. "$(mde list --requestor soar@contoso.com --limit 1 --ids 2>/dev/null)\n" .. UNKNOWN
      .. "\nEND")
    assert.equal(1, run.status)
    local first, second = run.out:match "^(.-)\n(.-)\n$"
    local cancelled, missing = cjson.decode(first), cjson.decode(second)
    local keys = {}
    for key in first:gmatch '"([%w_]+)":' do keys[#keys + 1] = key end
    assert.same({ "tenant", "id", "machine", "verdict", "status", "code", "error", "request_id",
                  "batch" }, keys)
    assert.equal("7d0b3b4e-6e1f-4c43-9d5a-2f8d4a1c9b60", cancelled.tenant)
    assert.same({ "cancelled", "Cancelled", cjson.null },
      { cancelled.verdict, cancelled.status, cancelled.error })
    assert.same({ UNKNOWN, "not_found", "string" },
      { missing.id, missing.verdict, type(missing.request_id) })
    assert_said(run, "cancelled      1", "not_found      1")
    for line in run.err:gmatch "[^\n]+" do
      if not line:find "^peak" then assert.truthy(cjson.decode(line), line) end
    end
  end)

  it("tells those that had ended from those cancelled, and ends with 1", function()
    local run = rehearse [[
      { mde list --requestor soar@contoso.com --limit 1 --ids
        mde list --status Succeeded --limit 1 --ids; } 2>/dev/null |
        mde cancel - -m x --yes --max 99]]
    assert.equal(1, run.status)
    assert.truthy(run.out:find "already_final +%S+ %S+ %(Succeeded%)\n", run.out)
    assert_said(run, "1 cancelled", "1 already_final", "there was nothing to cancel")
  end)

  it("warns of isolations only where this call cancelled some", function()
    local run = rehearse [[
      id=$(mde list --requestor soar@contoso.com --limit 1 --ids 2>/dev/null)
      mde cancel $id -m one >/dev/null 2>&1; mde cancel $id -m two]]
    assert.falsy(run.err:find("Isolations", 1, true))
  end)

  it("does not fail for an action that was cancelled before", function()
    local run = rehearse [[
      id=$(mde list --requestor soar@contoso.com --limit 1 --ids 2>/dev/null)
      mde cancel $id -m one >/dev/null 2>&1; mde cancel $id -m two]]
    assert.equal(0, run.status, run.err)
    assert.truthy(run.out:find "^already_cancelled ", run.out)
  end)

  it("ends with 5 when a permission lacks, or the sign-in is refused", function()
    local run = rehearse("mde cancel -m x $(mde list --ids --limit 1 2>/dev/null)", nil,
      [[{ mistaken = 1, history = 0, roles = { "Machine.Read.All" } }]])
    assert.equal(5, run.status)
    assert.truthy(run.out:find "^forbidden ", run.out)
    run = rehearse([[
      mde list --requestor soar@contoso.com --ids |
      AZURE_CLIENT_SECRET=wrong mde cancel - -m x --yes --max 99 --parallel 2]])
    assert.equal(5, run.status, run.err)
    assert.equal(0, run.ledger.posts)
    assert_said(run, "the client secret is wrong")
    assert.equal("", run.out)
  end)

  it("is refused if nothing could be verified, unless --unverified is given", function()
    local blind = [[{ mistaken = 1, history = 0, roles = { "Machine.Isolate" } }]]
    local run = rehearse("mde cancel -m x " .. UNKNOWN, nil, blind)
    assert.equal(5, run.status, run.err)
    assert_said(run, "can't read machine actions", "--unverified")
    assert.equal(0, run.ledger.posts)
    run = rehearse("mde cancel --unverified -m x " .. UNKNOWN, nil, blind)
    assert.equal(2, run.ledger.posts)
    assert.truthy(run.out:find "^not_found ", run.out)
    assert_said(run, UNKNOWN .. ": not found; checking again in 10 s")
  end)

  it("ends with 4 when the service fails", function()
    local run = rehearse("MDE_TOKEN=x MDE_API_URL=http://127.0.0.1:9 mde cancel -m x " .. UNKNOWN)
    assert.equal(4, run.status, run.err)
    assert.truthy(run.out:find "^unsent ", run.out)
  end)

  it("stops the sending when it can't be written, and ends with 4", function()
    local run = rehearse [[
      mde cancel --requestor soar@contoso.com -m x --yes --max 12 --parallel 1 --json >/dev/full]]
    assert.equal(4, run.status)
    assert.truthy(run.ledger.posts < 12, run.ledger.posts)
    assert_said(run, "No space left on device", "unsent", "mde resume 20")
  end)

  it("stops the sending when its reader has gone, and says so", function()
    local run = rehearse [[
      { trap "" PIPE; while printf x; do :; done 2>/dev/null
        mde cancel --requestor soar@contoso.com -m x --yes --max 12 --parallel 1
        echo "was $?" >&2; } | :]]
    assert.truthy(run.ledger.posts < 12, run.ledger.posts)
    assert_said(run, "unsent", "was 1\n")
    assert.falsy(run.err:find("cannot write", 1, true))
  end)
end)

describe("Ctrl-C in mde cancel", function()
  it("stops sending and says what was not done", function()
    local run = program.at_terminal(100, { "3 cancelled", "^C" },
      program.path, "sim", "--quota", "3,1000", "mde", "cancel", "--requestor", "soar@contoso.com",
      "-m", "x", "--yes", "--max", "400")
    assert.equal(130, run.status, run.out)
    assert.truthy(run.out:find("Interrupted: sending stops; waiting for requests in flight."
      .. " Ctrl-C again stops at once.", 1, true), run.out)
    assert.truthy(run.out:find "\ncancelled +3%s.*\nunsent +309 +mde resume ", run.out)
    assert.truthy(run.out:find("3 of 312 actions in", 1, true), run.out)
    assert.truthy(run.out:find "Interrupted: `mde resume [%d%.-]+` continues it%.%s*$", run.out)
  end)

  it("leaves at once the second time, and says what is not known", function()
    local run = rehearse([[
      mde list --requestor soar@contoso.com --ids >ids.$$
      { mde cancel - -m x --yes --max 99 --parallel 2 \
        <ids.$$ >out.$$ 2>err.$$ & echo $! >pid.$$; wait $!
        echo "was $?" >&2; } &
      wait_until '[ "$(cat $POSTED)" -ge 2 ]'
      kill "$(cat pid.$$)"
      wait_until 'grep -q Interrupted err.$$'
      kill "$(cat pid.$$)"
      wait; cat out.$$; cat err.$$ >&2; rm ids.$$ out.$$ err.$$ pid.$$]], nil,
      [[{ mistaken = 12, history = 0,
          oddities = { late = { operation = "cancel" }, late_by = 900 } }]])
    assert.equal(2, run.ledger.posts)
    assert.equal(2, count(run.out, "unknown  +%x"), run.out)
    assert.equal(10, count(run.out, "unsent  +%x"))
    assert_said(run, "was 130", "2 unknown", "10 unsent")
  end)

  it("takes a machine by a short name, and refuses one that several have", function()
    local run = rehearse [[
      name=$(mde list --requestor soar@contoso.com --json --limit 1 2>/dev/null |
        sed 's/.*"computerDnsName":"\([^."]*\).*/\1/')
      mde cancel --machine $name --requestor soar@contoso.com -m x --yes --max 5; echo "was $?"
      mde list --machine $name.nowhere; echo "was $?"
      mde cancel --machine par-lt-1011 -m x -n; echo "was $?"]]
    assert.truthy(run.out:find "cancelled +%x+%-.*was 0\nwas 0\nwas 3\n", run.out .. run.err)
    assert_said(run, "There is no machine '", "is the name of 2 machines")
  end)

  it("says so when Ctrl-C is the answer to its question", function()
    local run = program.at_terminal(80, { "[y/N]", "\3" }, program.path, "sim", "mde", "cancel",
      "--requestor", "soar@contoso.com", "-m", "x")
    assert.truthy(run.out:find("interrupted; nothing was sent", 1, true), run.out)
  end)
end)

describe("a cancelled isolation whose status was not read", function()
  it("may have begun, which one sentence says", function()
    local run = program.rehearse("{ mistaken = 2, history = 0 }", [[
      mde list --requestor soar@contoso.com --ids --limit 2 2>/dev/null >ids
      mde cancel $(head -n 1 ids) -m x >/dev/null
      sed q ids | mde cancel - -m x --yes --max 1 >/dev/null]])
    assert.truthy(run.err:find "^If the cancelled isolation had begun, its machine may still be"
      .. " isolated; to release it:\n   mde unisolate [%w-]+%.corp%.contoso%.com %-m REASON\n$",
      run.err)
  end)
end)
