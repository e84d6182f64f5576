-- mde watch, against the simulator.

local program = require "spec.support.program"
local watch = require "spec.support.watch"

local function assert_said(text, ...)
  for _, part in ipairs { ... } do
    assert.truthy(text:find(part, 1, true), ("%q lacks %q"):format(text, part))
  end
end

local function kinds(run)
  local list = {}
  for i, event in ipairs(run.events) do
    if event.event ~= "stuck" then list[#list + 1] = event.event end
    assert.truthy(event.time:find "^%d+%-%d+%-%d+T.*Z$", i)
    assert.truthy(event.tenant)
  end
  return list
end

-- An incident whose service answers the first ten cancels with this error.
local function refusing(mistaken, status, code)
  return ([[{ mistaken = %d, history = 0, quota = false, arrange = function(service)
    local answer, refused = service.answer, 0
    function service:answer(request)
      if not request.path:find "/cancel$" or refused == 10 then return answer(self, request) end
      refused = refused + 1
      return { delay = 0, status = %d, headers = {},
               body = '{"error":{"code":"%s","message":"not now"}}' }
    end
  end }]]):format(mistaken, status, code)
end

describe("mde watch --once", function()
  it("reports only, where nothing is approved", function()
    local run = watch.rehearse "mde watch p.lua --once; echo \"was $?\""
    assert.same({ "started", "plan", "stopped" }, kinds(run))
    local plan = run.of.plan[1]
    assert.same({ 12, 12, "report", "nothing is approved" },
      { plan.decisions.cancel, plan.changes, plan.mode, plan.why })
    assert.equal(0, run.ledger.posts)
    assert_said(run.out, "was 0")
  end)

  it("carries out an approved plan, as a batch in the journal", function()
    local run = watch.rehearse [[
      mde watch p.lua --once --approve "$(hash p.lua)" --metrics m.prom; echo "was $?"
      mde watch p.lua --once --approve "$(hash p.lua | cut -c 1-20)"; echo "was $?"
      mde batch list --json; mde audit verify >&2; cat m.prom >&2]]
    assert.same({ "started", "plan", "applied", "stopped", "started", "plan", "stopped" },
      { table.unpack(kinds(run), 1, 7) })
    local applied = run.of.applied[1]
    assert.same({ cancelled = 12 }, applied.verdicts)
    assert.same({ 0, run.of.plan[1].plan }, { applied.left, applied.plan })
    assert.same({ 0, 12 }, { run.of.plan[2].changes, run.ledger.posts })
    assert_said(run.out, "was 0\n", '"batch":"' .. applied.batch, applied.plan, '"state":"done"')
    assert_said(run.err, "\nmde_watch_approved 1\n", "# TYPE mde_watch_outcomes_total counter\n",
      'mde_watch_outcomes_total{verdict="cancelled"} 12',
      'mde_watch_decisions_total{decision="cancel"} 12',
      'mde_watch_rounds_total{result="applied"} 1',
      'mde_watch_stuck_actions{type="LiveResponse"} 26', "mde_watch_live_response_slots 25\n",
      'mde_watch_quota_free{bucket="cancel",window="minute"}')
    assert.falsy(run.err:find("of 12 actions", 1, true))
  end)

  it("reports only where another hash is approved, with status 3", function()
    local run = watch.rehearse [[
      mde watch p.lua --once --approve 0123456789012345678901; echo "was $?"
      mde watch p.lua --once --approve 0123; echo "was $?"
      mde watch p.lua --once --approve zz23456789012345678901; echo "was $?"]]
    assert.equal(0, run.ledger.posts)
    assert.equal("report", run.of.plan[1].mode)
    local started = run.of.started[1]
    assert_said(started.why, "the policies' hash is " .. started.hash, "is approved")
    assert_said(run.out, "was 3\nwas 2\nwas 2\n")
    assert_said(run.err, "'0123' has 4 digits", "hexadecimal")
  end)

  it("refuses the whole round where it exceeds a guard", function()
    local run = watch.rehearse([[
      mde watch p.lua --once --approve "$(hash p.lua)" --metrics m.prom; echo "was $?"
      cat m.prom]], "{ mistaken = 21, history = 0 }")
    assert.same({ "started", "plan", "refused", "stopped" }, kinds(run))
    local refused = run.of.refused[1]
    assert.same({ "max", 21, 20 }, { refused.guard, refused.count, refused.limit })
    assert.equal(0, run.ledger.posts)
    assert_said(run.out, "was 3\n", 'mde_watch_refused_total{guard="max"} 1')
  end)

  it("reports only outside of the hours of the guards", function()
    local run = watch.rehearse [[
      day=$(LC_ALL=C date -u -d '+3 days' +%a)
      sed "s/max = 20/max = 20, hours = \"$day 00:00-24:00 UTC\"/" p.lua >q.lua
      mde watch q.lua --once --approve "$(hash q.lua)"; echo "was $?"]]
    assert.same({ "started", "plan", "stopped" }, kinds(run))
    assert_said(run.of.plan[1].why, "outside of the hours", "00:00-24:00 UTC", "until ")
    assert.equal(0, run.ledger.posts)
    assert_said(run.out, "was 0\n")
  end)

  it("takes what has changed as no failure", function()
    local run = watch.rehearse([[
      mde cancel --requestor soar@contoso.com -m other --yes --max 1 >/dev/null 2>&1
      mde watch p.lua --once --approve "$(hash p.lua)"; echo "was $?"]],
      "{ mistaken = 1, history = 0, oddities = { list_lags = 600 } }")
    assert.same({ changed = 1 }, run.of.applied[1].verdicts)
    assert_said(run.out, "was 0\n")
  end)

  it("makes no batch if nothing can be undone", function()
    local run = watch.rehearse([[
      printf 'return { comment = "x", guard = { max = 400 }, decide = "undo",
        select = { type = "RunAntiVirusScan", status = "Succeeded" } }' >q.lua
      mde watch q.lua --once --approve $(hash q.lua); mde batch list]],
      "{ mistaken = 0, history = 60 }")
    local plan = run.of.plan[1]
    assert.truthy(plan.decisions.undo > 0)
    assert.same({ 0, 0 }, { plan.changes, #run.of.applied })
    assert.falsy(run.out:find "BATCH")
  end)

  it("asks for nothing again that was accepted and is not final yet", function()
    local run = watch.rehearse([[approve=$(hash p.lua)
      mde watch p.lua --once --approve $approve; mde watch p.lua --once --approve $approve]],
      "{ mistaken = 3, history = 0, oddities = { cancel_takes = 1000 } }")
    assert.same({ accepted = 3 }, run.of.applied[1].verdicts)
    assert.same({ 1, 0, 3, 3 }, { #run.of.applied, run.of.plan[2].changes,
                                  run.of.plan[2].done_before, run.ledger.posts })
  end)

  local UNDO_TWICE = [[
    printf 'return { comment = "x", guard = { max = 400 }, select = { type = "Isolate",
      status = "Succeeded" }, decide = "undo" }' >q.lua
    approve=$(hash q.lua)
    mde watch q.lua --once --approve $approve; mde watch q.lua --once --approve $approve]]

  it("undoes nothing whose release is under way", function()
    local run = watch.rehearse(UNDO_TWICE, "{ mistaken = 0, history = 60 }")
    assert.truthy(run.of.plan[1].changes > 0)
    assert.same({ 0, 1 }, { run.of.plan[2].changes, #run.of.applied })
  end)

  it("undoes nothing twice, though the release has failed", function()
    local run = watch.rehearse(UNDO_TWICE, [[{ mistaken = 0, history = 60,
      arrange = function(service)
        service.launch_course = function() return { { 0, "Failed" } } end
      end }]])
    local first, second = run.of.plan[1], run.of.plan[2]
    assert.truthy(first.changes > 0)
    assert.same({ 0, first.changes }, { second.changes, second.done_before })
    assert.equal(1, #run.of.applied)
  end)

  it("says what is wrong with a policy before anything is asked", function()
    local run = watch.rehearse [[echo 'return {' >q.lua; mde watch q.lua --once; echo "was $?"]]
    assert.same({ 0, 0 }, { #run.events, run.ledger.requests })
    assert_said(run.out, "was 2\n")
    assert_said(run.err, "q.lua:2")
  end)

  it("does not replace anything but metrics by them", function()
    local run = watch.rehearse [[cp p.lua before; ln -s p.lua link
      for path in p.lua link; do mde watch p.lua --once --metrics $path >/dev/null; done
      cmp p.lua before && test -h link && echo same]]
    assert.equal("same\n", run.out, run.err)
  end)

  it("reports that a file of metrics cannot be written", function()
    local run = watch.rehearse [[mde watch p.lua --once --metrics no/m.prom; echo "was $?"]]
    assert_said(run.out, "was 4\n")
    assert_said(run.err, "no/m.prom")
  end)

  it("tells of what fails, with its status", function()
    local run = watch.rehearse [[
      AZURE_CLIENT_SECRET=wrong mde watch p.lua --once; echo "was $?"]]
    assert.same({ "started", "failed", "stopped" }, kinds(run))
    assert.equal("sign_in", run.of.failed[1].code)
    assert_said(run.out, "was 5\n")
  end)
end)

describe("mde watch", function()
  it("loads its policies again on SIGHUP, and reports only under another hash", function()
    local run = watch.rehearse [[
      cp p.lua good.lua; sed -i 's/"cancel"/"keep"/' p.lua
      start p.lua --every 1h --approve "$(hash p.lua)"; await '"event":"plan"'
      echo 'return {' >p.lua; kill -HUP $pid; await reload_failed
      cp good.lua p.lua; kill -HUP $pid; await '"event":"reloaded"'; await '"event":"plan"' 2
      kill $pid; finish; cat m.prom]]
    assert.same({ "started", "plan", "reload_failed", "reloaded", "plan", "stopped" }, kinds(run))
    local hash = run.of.started[1].hash
    assert.same({ true, true, false }, { run.of.started[1].approved,
      run.of.reload_failed[1].approved, run.of.reloaded[1].approved })
    assert.same({ hash, "policy" }, { run.of.reload_failed[1].hash, run.of.reload_failed[1].code })
    assert.are_not.equal(hash, run.of.reloaded[1].hash)
    assert.same({ 12, "report" }, { run.of.plan[2].changes, run.of.plan[2].mode })
    assert.same({ "TERM", 0 }, { run.of.stopped[1].signal, run.of.stopped[1].status })
    assert.equal(0, run.ledger.posts)
    assert_said(run.out, "was 0\n", "mde_watch_approved 0\n",
      'mde_watch_reloads_total{result="failed"} 1', 'mde_watch_reloads_total{result="loaded"} 1')
  end)

  it("keeps the approved policies if they are loaded again unchanged", function()
    local run = watch.rehearse [[
      start p.lua --every 1h --approve "$(hash p.lua)"; await '"event":"applied"'
      kill -HUP $pid; await '"event":"plan"' 2; kill $pid; finish]]
    assert.same({ "started", "plan", "applied", "reloaded", "plan", "stopped" }, kinds(run))
    assert.same({ true, "apply", 12 },
      { run.of.reloaded[1].approved, run.of.plan[2].mode, run.ledger.posts })
  end)

  -- Eight cancels go out, the others have to wait for a minute; the first one's answer is late.
  local SLOW = [[{ mistaken = 20, history = 0, quota = { per_minute = 10, per_hour = 1000 },
    oddities = { late = { operation = "cancel", nth = 1 }, late_by = 1 } }]]
  local START = [[start p.lua --every 1h --approve "$(hash p.lua)"
    wait_until '[ "$(cat $POSTED)" -ge 1 ]'; ]]

  it("on SIGTERM sends nothing more, waits for open calls, and reports the rest", function()
    local run = watch.rehearse(START .. "kill $pid; finish; mde batch list --json", SLOW)
    assert.same({ "started", "plan", "applied", "stopped" }, kinds(run))
    local applied, stopped = run.of.applied[1], run.of.stopped[1]
    assert.same({ "interrupted", "mde resume " .. applied.batch },
      { applied.stopped, applied.resume })
    assert.truthy(applied.left >= 12)
    assert.same({ cancelled = 20 - applied.left, unsent = applied.left }, applied.verdicts)
    assert.same({ applied.batch, applied.left, 130 },
      { stopped.batch, stopped.left, stopped.status })
    assert.equal(applied.verdicts.cancelled, run.ledger.posts)
    assert_said(run.out, "was 130\n", '"state":"open"')
  end)

  it("stops a batch whose policies are no longer those that are approved", function()
    local run = watch.rehearse(START .. [[
      sed -i 's/"cancel"/"keep"/' p.lua; kill -HUP $pid; await '"event":"plan"' 2
      kill $pid; finish]], SLOW)
    assert.same({ "started", "plan", "reloaded", "applied", "plan", "stopped" }, kinds(run))
    local applied = run.of.applied[1]
    assert.equal("the policies were changed", applied.stopped)
    assert.truthy(applied.left > 0)
    assert.equal(20, applied.left + applied.verdicts.cancelled)
    assert.equal("report", run.of.plan[2].mode)
    assert_said(run.out, "was 130\n")
  end)

  it("only reports after a person stopped its batch, until SIGHUP", function()
    local run = watch.rehearse((START:gsub("1h", "1s")) .. [[
      mde batch stop --all -m enough; await '"mode":"report"'
      kill -HUP $pid; await '"event":"reloaded"'; kill $pid; finish]], SLOW)
    local applied, plan = run.of.applied[1], run.of.plan[2]
    assert.truthy(applied.stopped:find "^stopped by .*: enough$", applied.stopped)
    assert.same({ "report", applied.stopped .. "; SIGHUP approves again" }, { plan.mode, plan.why })
    assert.is_true(run.of.reloaded[1].approved)
  end)

  it("closes a batch whose canary failed, and plans anew in the next round", function()
    local run = watch.rehearse([[sed -i 's/20/99/' p.lua
      start p.lua --every 1s --approve "$(hash p.lua)"; await '"event":"applied"' 2
      kill $pid; finish; mde batch list --json]], refusing(60, 400, "BadRequest"))
    local first, second = run.of.applied[1], run.of.applied[2]
    assert.same({ "canary: 10 of 10 ended refused", 50, { refused = 10, unsent = 50 } },
      { first.stopped, first.left, first.verdicts })
    assert.is_nil(first.resume)
    assert.same({ 60, { cancelled = 60 } }, { run.of.plan[2].changes, second.verdicts })
    assert_said(run.out, "was 0\n", '"state":"closed"', '"state":"done"')
  end)

  it("closes a batch whose first items were forbidden, and plans anew", function()
    local run = watch.rehearse([[start p.lua --every 1s --approve "$(hash p.lua)"
      await '"event":"applied"' 2; kill $pid; finish]], refusing(20, 403, "Forbidden"))
    local first, second = run.of.applied[1], run.of.applied[2]
    assert.equal("the first 3 items ended forbidden", first.stopped)
    assert.same({ first.left, { cancelled = first.left } },
      { run.of.plan[2].changes, second.verdicts })
    assert_said(run.out, "was 0\n")
  end)

  it("closes a batch of which a few items were forbidden, and plans anew", function()
    local run = watch.rehearse([[start p.lua --every 1s --approve "$(hash p.lua)"
      await '"event":"applied"' 2; kill $pid; finish]], refusing(1, 403, "Forbidden"))
    local first = run.of.applied[1]
    assert.same({ 1, { forbidden = 1 } }, { first.left, first.verdicts })
    assert.is_nil(first.resume)
    assert.equal(1, run.of.plan[2].changes)
  end)

  -- The clock is virtual: each command line of spec/support/screens.lua is a round.
  local function after_outage(operation)
    return watch.sh([[approve=$(sed -i s/20/60/ p.lua; hash p.lua)
      export INCIDENT='{ mistaken = 60, history = 0, oddities = { internal_error = {
        operation = "]] .. operation .. [[", after = 40, lasts = 1850 } } }'
      round="watch p.lua --once --approve $approve"; mkdir state
      mde run ]] .. program.quote(program.support) .. [[/screens.lua "$PWD/state" \
        $round ";" $round ";" batch list --json]])
  end

  it("closes a batch whose changes failed for 30 minutes, and plans anew", function()
    local run = after_outage "changes"
    local first, second = run.of.applied[1], run.of.applied[2]
    assert.same({ "the service failed for 30m", 20, { cancelled = 40, unknown = 20 } },
      { first.stopped, first.left, first.verdicts })
    assert.is_nil(first.resume)
    assert.same({ 20, { cancelled = 20 } }, { run.of.plan[2].changes, second.verdicts })
    assert_said(run.out, '"state":"closed"', '"state":"done"')
  end)

  it("closes a batch whose last items can't be read", function()
    local run = after_outage "api"
    local applied = run.of.applied[1]
    assert.same({ "the service answers no reads", 20 }, { applied.stopped, applied.left })
    assert.is_nil(applied.resume)
    assert_said(run.out, '"state":"closed"')
  end)

  it("ends with 130 on Ctrl-C", function()
    local run = program.at_terminal(200, { '"event":"plan"', "^C" }, "sh", "-c", [[
      echo 'return { comment = "x", decide = "keep" }' >p.lua
      exec mde sim mde watch p.lua --every 1h]])
    assert.equal(130, run.status, run.out)
    assert_said(run.out, '"signal":"INT"')
  end)

  it("continues when the network comes back", function()
    local run = watch.sh [[
      serve() { mde sim --serve "$@" >vars 2>simlog & sim=$!
        wait_until 'grep -q TENANT_ID vars && grep -q serving simlog'; . ./vars
        export XDG_STATE_HOME="$PWD"/state; }  # that of the simulator ends with it
      serve; port=${MDE_API_URL##*:}
      start p.lua --every 1s; await '"event":"plan"'
      kill $sim; wait $sim; await '"event":"failed"'
      serve --port $port; plans=$(grep -c '"event":"plan"' out)
      await '"event":"plan"' $((plans + 1)); kill $pid; finish; cat m.prom
      kill $sim; wait $sim]]
    assert.equal("connection", run.of.failed[1].code)
    assert.truthy(run.of.failed[1].again)
    assert_said(run.out, 'mde_watch_errors_total{code="connection"}', "was 0\n")
  end)

  it("tells that the service says to wait", function()
    local run = watch.rehearse([[
      start p.lua --every 1h --approve "$(hash p.lua)"; await too_many_requests
      kill $pid; finish]],
      [[{ mistaken = 12, history = 0,
          oddities = { throttled = { operation = "cancel" }, throttled_for = 600 } }]])
    local failed = run.of.failed[1]
    assert.same({ "too_many_requests", "cancel" }, { failed.code, failed.operation })
    assert.truthy(failed.again > 500)
    assert.equal("interrupted", run.of.applied[1].stopped)
    assert_said(run.out, "was 130\n")
  end)

  it("continues after the service has failed", function()
    local run = watch.rehearse([[
      start p.lua --every 1s --approve "$(hash p.lua)"; await '"event":"applied"'
      kill $pid; finish]], [[{ mistaken = 12, history = 0,
        oddities = { internal_error = { operation = "list", nth = { 1, 2, 3, 4, 5 } } } }]])
    assert.same({ "service", "list" }, { run.of.failed[1].code, run.of.failed[1].operation })
    assert_said(run.out, '"again":')
    assert.same({ cancelled = 12 }, run.of.applied[1].verdicts)
    assert_said(run.out, "was 0\n")
  end)

  it("continues after a policy that raised", function()
    local run = watch.rehearse [[
      printf 'return { comment = "x", select = { requestor = "soar@contoso.com" },
        decide = function(action) error "oh" end }' >q.lua
      start q.lua --every 1s; await '"event":"failed"' 2; kill $pid; finish]]
    assert.same({ "policy", "q" }, { run.of.failed[1].code, run.of.failed[1].policy })
    assert_said(run.out, "was 0\n")
  end)

  it("continues when the store works again", function()
    local run = watch.rehearse [[
      start p.lua --every 1s; await '"event":"plan"'
      mkfifo locked done
      lua5.4 -e 'local path = os.getenv "XDG_STATE_HOME" .. "/mde/mde.db"
        local c = require "DBI".Connect("SQLite3", path)
        c:autocommit(true)
        c:prepare "BEGIN EXCLUSIVE":execute()
        io.open("locked", "w"):close()
        io.open "done":read()' & locker=$!
      read -r _ <locked
      await '"code":"store"'; : >done; wait $locker
      plans=$(grep -c '"event":"plan"' out); await '"event":"plan"' $((plans + 1))
      kill $pid; finish]]
    assert.equal("store", run.of.failed[1].code)
    assert_said(run.out, "was 0\n")
  end)
end)
