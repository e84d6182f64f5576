-- A store that fails before anything is sent, or midway.

local program = require "spec.support.program"
local trouble = require "spec.support.trouble"

local INCIDENT = "{ mistaken = 12, history = 0 }"
local CANCEL = "mde cancel --requestor soar@contoso.com -m x --yes --max 12 --batch b"

-- Runs a script against an incident; nothing was sent, the exit status is 4, and the
-- messages have these texts.
local function assert_refused(script, ...)
  local run = program.rehearse(INCIDENT, script)
  assert.same({ 4, 0, "" }, { run.status, run.ledger.posts, run.out }, run.err)
  for _, text in ipairs { ... } do
    assert.truthy(run.err:find(text, 1, true), ("%q lacks %q"):format(run.err, text))
  end
end

describe("a store that can't be used", function()
  it("because its folder may not be written, ends with 4 before anything is sent", function()
    local denied = trouble.environment "denied:/":gsub("'denied:/'", '"denied:$XDG_STATE_HOME"')
    assert_refused(denied .. " " .. CANCEL, "mde: the store: cannot use",
      "Permission denied", "--store memory")
    assert_refused("mkdir -p $XDG_STATE_HOME/mde; : >$XDG_STATE_HOME/mde/held; " .. CANCEL,
      "cannot use", "mde/held")
  end)

  it("because it is damaged, ends with 4 and says what to do", function()
    assert_refused("mkdir -p $XDG_STATE_HOME/mde; seq 9999 >$XDG_STATE_HOME/mde/mde.db; " .. CANCEL,
      "mde.db", "not a database", "Move it away")
    assert_refused([[
      mde batch list 2>/dev/null
      sqlite3 $XDG_STATE_HOME/mde/mde.db 'PRAGMA wal_checkpoint(TRUNCATE)' >/dev/null
      lua5.4 -e 'local f = io.open(os.getenv "XDG_STATE_HOME" .. "/mde/mde.db", "r+")
        f:seek("set", 4096); f:write(("\255"):rep(100000))'
      ]] .. CANCEL, "mde.db", "malformed")
  end)

  it("because the disk is full, ends with 4 before anything is sent", function()
    for _, first in ipairs { 1, 3, 8, 20 } do
      local full = trouble.environment("full:" .. first .. ":/")
        :gsub("'(full:%d+:)/'", '"%1$XDG_STATE_HOME"')
      assert_refused(full .. " " .. CANCEL, "mde: the store")
    end
  end)

  it("because the disk is full, does not stop commands that only read", function()
    local plan = ("plan %s/policies/stale_live_response.lua"):format(program.examples)
    for _, command in ipairs { "list", "machines", "status", plan,
                               "api GET /api/machineactions" } do
      for _, first in ipairs { 1, 6, 20, 30, 40 } do
        local full = trouble.environment("full:" .. first .. ":/")
          :gsub("'(full:%d+:)/'", '"%1$XDG_STATE_HOME"')
        local run = program.rehearse(INCIDENT, full .. " mde " .. command .. " --json")
        assert.equal(0, run.status, run.err)
        assert.truthy(run.out:find "^{.*}", run.out)
        assert.truthy(run.err:find("continues without the store", 1, true), run.err)
      end
    end
  end)

  it("because the disk is full, does not stop commands that read the journal", function()
    local full = trouble.environment "full:1:/":gsub("'(full:%d+:)/'", '"%1$XDG_STATE_HOME"')
    local run = program.rehearse(INCIDENT, CANCEL .. " >/dev/null 2>&1 && " .. full .. [[
 sh -c 'mde batch list && mde batch show b && mde batch report b && mde audit verify &&
        mde undo b -n']])
    assert.equal(0, run.status, run.err)
    for _, text in ipairs { "\nb ", "12 of 12 done", "unbroken" } do
      assert.truthy((run.out .. run.err):find(text, 1, true), text .. run.out .. run.err)
    end
  end)

  it("is not needed with --store memory", function()
    local run = program.rehearse(INCIDENT,
      "HOME= XDG_STATE_HOME= mde cancel --requestor soar@contoso.com -m x --yes --max 12"
      .. " --store memory && [ ! -e $XDG_STATE_HOME ]")
    assert.same({ 0, 12 }, { run.status, run.ledger.posts }, run.err)
    assert.truthy(run.err:find("this batch is not kept", 1, true), run.err)
  end)

  it("is asked for by a URL whose password is not shown", function()
    for _, script in ipairs {
      "mde --store 'postgresql://dana:sesame@127.0.0.1:9/mde?connect_timeout=5' batch list",
      "MDE_STORE='postgresql://dana:sesame@127.0.0.1:9/mde' mde status",
      "mde --store 'mysql://dana:sesame@127.0.0.1:9/mde' batch list",
    } do
      local run = program.rehearse(INCIDENT, script)
      assert.truthy(run.status == 4 or run.status == 2, run.err)
      assert.falsy(run.err:find "sesame", run.err)
    end
  end)
end)

describe("a store that another program locks", function()
  local LOCK = [[
    mde batch list 2>/dev/null
    mkfifo locked done
    lua5.4 -e 'local path = os.getenv "XDG_STATE_HOME" .. "/mde/mde.db"
      local c = require "DBI".Connect("SQLite3", path)
      c:autocommit(true)
      c:prepare "BEGIN EXCLUSIVE":execute()
      io.open("locked", "w"):close()
      io.open "done":read()' & holder=$!
    read -r _ <locked
    ]]

  it("is waited for, and the program is named", function()
    local run = program.rehearse(INCIDENT, LOCK .. CANCEL .. [[ >out 2>err & pid=$!
      wait_until 'grep -q "locked by lua5.4, pid $holder on" err'
      : >done; wait $pid; echo "was $?"; grep free err]])
    assert.equal("was 0\nThe store is free again.\n", run.out, run.err)
    assert.equal(12, run.ledger.posts)
  end)

  it("is not waited for after a signal", function()
    local run = program.rehearse(INCIDENT, LOCK .. [[
      cat >x.lua <<'END'
        require "mde.interrupt".watch()
        local done, raised = pcall(require "mde.program.session.store".open, {})
        io.stderr:write(tostring(raised), "\n")
        os.exit(done and 0 or 4)
END
      mde run x.lua 2>err & pid=$!
      wait_until 'grep -q "is locked by" err'
      before=$(date +%s%N); kill $pid; wait $pid; echo "was $?"
      echo "took $((($(date +%s%N) - before) / 1000000))"; : >done; wait; cat err]])
    assert.truthy(run.out:find "was 4\n", run.out .. run.err)
    assert.is_true(tonumber(run.out:match "took (%d+)") < 20000, run.out)
  end)

  it("ends a blocking call when a signal comes", function()
    local run = program.rehearse(INCIDENT, [[
      cat >x.lua <<'END'
        local interrupt = require "mde.interrupt"
        interrupt.watch()
        print(interrupt.blocking(math.max, 1, 3))
        print(pcall(interrupt.blocking, error, "x"))
        interrupt.blocking(os.execute, "echo >ready; read -r x <never")
END
      mkfifo ready never
      mde run x.lua & pid=$!
      read -r _ <ready; kill $pid; wait $pid; echo "was $?"; : >never]])
    assert.equal("3\nfalse\tx\nwas 143\n", run.out, run.err)
  end)
end)

describe("an audit log that another program locks", function()
  it("keeps no other process from the store", function()
    local run = program.rehearse(INCIDENT, [[
      mkdir -p $XDG_STATE_HOME/mde; mkfifo locked done
      cat >lock.lua <<'END'
        local log = require "mde.file".log(os.getenv "XDG_STATE_HOME" .. "/mde/audit.jsonl")
        assert(log:lock())
        io.open("locked", "w"):close()
        io.open "done":read()
END
      mde run lock.lua & holder=$!
      read -r _ <locked
      ]] .. CANCEL .. [[ >out 2>err & pid=$!
      wait_until 'grep -q "audit log is locked" err'
      mde list --ids >ids; echo "was $?"
      : >done; wait $pid; echo "was $?"; grep -c cancelled out]])
    assert.equal("was 0\nwas 0\n12\n", run.out, run.err)
    assert.falsy(run.err:find("is locked", 1, true), run.err)
    assert.equal(12, run.ledger.posts)
  end)
end)

describe("a database that is removed or replaced while it is used", function()
  it("ends the batch with 4 before more is sent", function()
    for _, change in ipairs { 'rm "$db"', 'cp "$db" copy; mv copy "$db"' } do
      local run = program.rehearse("{ mistaken = 12, history = 0, oddities = { late = "
        .. "{ operation = 'cancel', nth = { 3 } }, late_by = 1 } }", [[
        db=$XDG_STATE_HOME/mde/mde.db
        ]] .. CANCEL .. [[ --parallel 1 >out 2>err & pid=$!
        wait_until '[ "$(cat $POSTED)" -ge 3 ]'
        ]] .. change .. [[; wait $pid; echo "was $?"; cat err]])
      assert.truthy(run.out:find "was 4", run.out .. run.err)
      assert.truthy(run.out:find("was removed or replaced while it was open", 1, true), run.out)
      assert.is_true(run.ledger.posts < 12)
    end
  end)
end)

describe("a disk that fills up midway", function()
  it("stops the batch cleanly, and a resume ends it", function()
    local stopped = 0
    for first = 40, 130, 5 do
      local full = trouble.environment("full:" .. first .. ":/")
        :gsub("'(full:%d+:)/'", '"%1$XDG_STATE_HOME"')
      local run = program.rehearse(INCIDENT, full .. " " .. CANCEL .. [[ --parallel 1 >out 2>err
        echo "was $?"; cat err; mde resume b >out 2>&1 || mde batch show b
        mde batch show b --json; mde audit verify
        grep '"what":"cancel"' "$XDG_STATE_HOME/mde/audit.jsonl" | grep -o '"id":"[^"]*"' \
          | sort | uniq -d | sed 's/^/logged twice: /']])
      local status = tonumber(run.out:match "was (%d+)")
      if not run.out:find('"verdict"', 1, true) then
        assert.equal(4, status)
      else
        assert.equal(12, select(2, run.out:gsub('"verdict":"%l*cancelled"', "")), run.out)
        assert.truthy(run.out:find "%d+ lines, unbroken", run.out)
        assert.falsy(run.out:find "logged twice", run.out)
        assert.falsy(run.out:find "within a transaction", run.out)
        assert.equal(0, run.ledger.twice)
        if status ~= 0 then
          stopped = stopped + 1
          assert.equal(4, status, run.out)
          assert.truthy(run.out:find("mde resume", 1, true), run.out)
          local ended = run.out:match "(%d+) of 12 actions in "
          assert.equal(run.out:match "\ncancelled +(%d+)\n" or ended, ended, run.out)
        end
      end
    end
    assert.is_true(stopped > 2, stopped)
  end)
end)
