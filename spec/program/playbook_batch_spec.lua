-- mde.batch in playbooks and at the prompt, against the simulator.

local program = require "spec.support.program"

-- Runs a shell script with the playbook `text` as $playbook, against an incident.
local function rehearse(text, script, options)
  return program.rehearse(options or "{ mistaken = 30, history = 0, quota = false }",
    ("cat >../playbook <<'END'\n%s\nEND\nplaybook=../playbook; %s"):format(text, script))
end

-- A playbook that cancels isolations, with more options of mde.batch, and prints what it returns.
local function cancels(more, before)
  return ([[%s
    local client = assert(mde.client())
    local report, err = mde.batch { change = "cancel", comment = "INC1", name = "b",
      client = client, targets = client:actions { requestor = "soar@contoso.com" }, %s }
    print(report and report.batch, report and report.counts.cancelled, err and err.code,
      report and report.status, report and report.open)]]):format(before or "", more)
end

local UNATTENDED = "yes = true, max = 50"

local function assert_has(text, ...)
  for _, part in ipairs { ... } do
    assert(text:find(part, 1, true), ("'%s' is not in:\n%s"):format(part, text))
  end
end

describe("mde.batch", function()
  it("keeps a journal and an audit log, and shows the summary", function()
    local run = rehearse(cancels(UNATTENDED), [[mde run $playbook; echo "was $?"
      mde batch list --json; mde audit verify
      grep -c '"verdict":"cancelled"' $XDG_STATE_HOME/mde/audit.jsonl]])
    assert.truthy(run.out:find "^b\t30\tnil\t0\t0\nwas 0\n", run.out .. run.err)
    assert_has(run.out, '"batch":"b","state":"done","done":30,"count":30', "\n30\n", "unbroken",
      '"command":"mde run ')
    assert_has(run.err, "30 of 30 actions in ", "Batch b: mde batch show b")
    assert.equal(30, run.ledger.posts)
  end)

  it("sends nothing without agreement", function()
    for more, code in pairs { [""] = "refused", ["yes = true"] = "invalid_argument",
                              ["yes = true, max = 20"] = "refused",
                              ["max = 0.5"] = "invalid_argument",
                              ["comment = ' '"] = "invalid_argument",
                              ["canary = 'x'"] = "invalid_argument",
                              ["change = 'offboard'"] = "invalid_argument" } do
      local run = rehearse(cancels(more), "exec mde run $playbook")
      assert.same({ 0, ("nil\tnil\t%s\tnil\tnil\n"):format(code), 0 },
        { run.status, run.out, run.ledger.posts }, more .. run.err)
    end
    local run = rehearse("assert(mde.batch { change = 'cancel', comment = 'x', targets = {"
      .. "'5382f7ea-7557-4ab7-9782-d50480024a4e', '5382f7ea-7557-4ab7-9782-d50480024a4f' } })",
      "exec mde run $playbook")
    assert.same({ 3, 0 }, { run.status, run.ledger.posts })
    assert_has(run.err, "mde: 2 machine actions, and no terminal to ask at; nothing was sent.")
  end)

  it("refuses two files for one name in the library", function()
    local run = rehearse("print(mde.batch { change = 'upload', yes = true, max = 9,"
      .. " targets = { 'a/x.ps1', 'b/x.ps1' } })",
      "mkdir a b; echo 1 >a/x.ps1; echo 2 >b/x.ps1; exec mde run $playbook")
    assert_has(run.out, "nil\tmde.batch: two files are named 'x.ps1': 'b/x.ps1' and 'a/x.ps1'")
    assert.equal(0, run.ledger.posts, run.err)
  end)

  it("raises where it was called if an option is unknown", function()
    local run = rehearse("mde.batch { change = 'cancel', value = 'x' }", "exec mde run $playbook")
    assert.equal(1, run.status)
    assert_has(run.err, "playbook:1: mde.batch: unknown option 'value'")
  end)

  it("obeys the guards of the profile, and --override", function()
    local script = [[cat >$XDG_CONFIG_HOME.lua <<END
      return { profiles = { contoso = { tenant = "$AZURE_TENANT_ID", guard = { max = 5 },
        client_id = "$AZURE_CLIENT_ID", client_secret = "$AZURE_CLIENT_SECRET",
        api_url = "$MDE_API_URL", authority = "$AZURE_AUTHORITY_HOST" } } }
END
      chmod 600 $XDG_CONFIG_HOME.lua; export MDE_CONFIG=$XDG_CONFIG_HOME.lua
      mde -p contoso run $playbook; ]]
    local run = rehearse(cancels(UNATTENDED), script .. "mde run $playbook")
    assert.equal(("nil\tnil\trefused\tnil\tnil\n"):rep(2), run.out, run.err)
    assert.equal(0, run.ledger.posts)
    run = rehearse(cancels(UNATTENDED .. ", override = { 'max' }"), script .. [[
      grep -c '"what":"batch overridden"' $XDG_STATE_HOME/mde/audit.jsonl]])
    assert.truthy(run.out:find "^b\t30\tnil\t0\t0\n1\n$", run.out .. run.err)
  end)

  it("gives mde run the exit status of the batches", function()
    local forbidden = "{ mistaken = 3, history = 0, roles = { 'Machine.Read.All' } }"
    local run = rehearse(cancels(UNATTENDED), "exec mde run $playbook", forbidden)
    assert.same({ 5, "b\tnil\tnil\t5\t3\n" }, { run.status, run.out }, run.err)
    run = rehearse(cancels(UNATTENDED) .. "\nos.exit(7)", "exec mde run $playbook", forbidden)
    assert.equal(7, run.status)
  end)

  it("is resumed after the program was killed", function()
    local run = rehearse(cancels(UNATTENDED .. [[, on_item = function()
      ended = (ended or 0) + 1
      if ended == 7 then os.execute "kill -9 $PPID" end
    end]]), [[mde run $playbook; echo "was $?"; mde resume b >/dev/null; echo "was $?"
      mde batch show b --verdict cancelled | grep -c .
      grep -c '"verdict":"cancelled"' $XDG_STATE_HOME/mde/audit.jsonl]])
    assert.equal("was 137\nwas 0\n30\n30\n", run.out, run.err)
    assert.equal(30, run.ledger.posts)
  end)

  it("raises an error of on_item after the requests in flight have ended", function()
    local run = rehearse(cancels(UNATTENDED .. ", on_item = function() error('broken', 0) end"),
      "mde run $playbook; echo was $?; mde batch list --json; exec mde resume b >/dev/null")
    assert_has(run.out, "was 1\n", '"state":"open"')
    assert_has(run.err, "mde: broken\n")
    assert.same({ 0, 30 }, { run.status, run.ledger.posts })
  end)

  it("can be resumed elsewhere after an error while the playbook goes on", function()
    local more = UNATTENDED .. ", on_item = function() error('broken', 0) end"
    local run = rehearse(("pcall(function() %s end)\nos.execute 'mde resume b >/dev/null'")
      :format(cancels(more)), "exec mde run $playbook")
    assert.same({ 0, 30 }, { run.status, run.ledger.posts }, run.err)
  end)

  it("may wait in a coroutine, whose host yields", function()
    local run = rehearse([[
      local plain, yields, status = require "mde.host.plain", 0, nil
      local host = { name = "own" }
      function host.wait(...)
        coroutine.yield()
        return plain.wait(...)
      end
      local thread = coroutine.wrap(function()
        local client = assert(mde.client { host = host })
        local report = assert(mde.batch { change = "cancel", comment = "x", client = client,
          targets = client:actions { requestor = "soar@contoso.com" }, yes = true, max = 50 })
        status = report.status
        print(report.counts.cancelled)
      end)
      repeat
        thread()
        yields = yields + 1
      until status
      print(yields > 3)]], [[mde run $playbook; echo "was $?"]])
    assert.equal("30\ntrue\nwas 0\n", run.out, run.err)
    assert.equal(30, run.ledger.posts)
  end)

  it("is one at a time", function()
    local run = rehearse(cancels(UNATTENDED .. [[, on_item = function()
      said = said or print(select(2, mde.batch { change = "cancel", comment = "x",
        targets = {} })) or true
    end]]), "exec mde run $playbook")
    assert_has(run.out, "mde.batch: another batch is running\n")
    assert.equal(0, run.status)
  end)

  it("carries out every other change, and has nothing to do without targets", function()
    local run = rehearse([[
      local client = assert(mde.client())
      local machines = client:list_machines { name = "ber-*" }
      local function batch(change, targets, options)
        options = options or {}
        options.change, options.targets, options.client = change, targets, client
        options.yes, options.max, options.comment = true, 99, "INC1"
        local report = assert(mde.batch(options))
        local verdict, count = next(report.counts)
        print(change, verdict, count, report.status)
      end
      local two = { machines[1], machines[2].id }
      batch("add_tag", two, { value = "x" })
      batch("set_value", two, { value = "High" })
      batch("scan", { machines[1].computerDnsName:upper() }, { type = "Quick" })
      batch("upload", { arg[0] }, { description = "itself" })
      batch("delete_file", { "playbook" })
      local path = "/api/machines/" .. two[2] .. "/runAntiVirusScan"
      batch("request", {
        { method = "POST", path = path, body = { Comment = "x", ScanType = "Quick" } },
        { method = "POST", path = path, body = { Comment = "y", ScanType = "Full" } } })
      batch("cancel", {})]], "mde run $playbook && mde batch show $(date -u +%F).6")
    assert.equal(0, run.status, run.err)
    assert_has(run.out, "add_tag\tdone\t2\t0\n", "set_value\tdone\t2\t0\n",
      "scan\tlaunched\t1\t0\n", "upload\tdone\t1\t0\n", "delete_file\tdone\t1\t0\n",
      "request\tdone\t2\t0\n", "cancel\tnil\tnil\t0\n", "/runAntiVirusScan #2\n")
    assert_has(run.err, "Nothing to change")
  end)

  it("asks at the terminal", function()
    for answer, text in pairs { ["y^M"] = "b\t30\tnil\t0\t0", ["n^M"] = "nil\tnil\trefused" } do
      local run = rehearse(cancels "", ([[pty=%s; TERM=xterm $pty 100 "[y/N] " '%s' -- \
        mde run $playbook]]):format(program.pty(), answer))
      assert_has(run.out, "Cancel 30 machine actions in ")
      assert_has(run.out:gsub(" +", "\t"), (text:gsub("\t+", "\t")))
    end
  end)

  it("stops at Ctrl-C, which ends the playbook", function()
    local run = rehearse(cancels(UNATTENDED .. ", on_item = print") .. "\nprint 'went on'", ([[
      export MDE_QUOTA=2,9; pty=%s; TERM=xterm $pty 100 "next slot" "^C" -- mde run $playbook
      echo "was $?"]]):format(program.pty()))
    assert_has(run.out, "Interrupted: `mde resume b` continues it.", "was 130\n")
    assert.falsy(run.out:find("went on", 1, true))
    assert.falsy(run.out:find("traceback", 1, true), run.out)
  end)

  it("works at the prompt", function()
    local run = program.sh("exec $mde sim --quota off mde repl", [[
pending = client:list { status = "Pending" }
mde.batch { change = "cancel", comment = "x", targets = pending, yes = true, max = 999 }.status
]])
    assert.equal("0\n", run.out, run.err)
  end)
end)
