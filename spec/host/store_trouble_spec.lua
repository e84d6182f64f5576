-- What mde does when its store can't be used: before anything is sent, or midway.

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

  it("because another program locks it, ends with 4", function()
    assert_refused([[
      mde batch list 2>/dev/null
      mkfifo locked done
      lua5.4 -e 'local path = os.getenv "XDG_STATE_HOME" .. "/mde/mde.db"
        local c = require "DBI".Connect("SQLite3", path)
        c:autocommit(true)
        c:prepare "BEGIN EXCLUSIVE":execute()
        io.open("locked", "w"):close()
        io.open "done":read()' &
      read -r _ <locked
      ]] .. CANCEL .. "; status=$?; : >done; wait; exit $status", "mde.db", "locked",
      "another program")
  end)

  it("because the disk is full, ends with 4 before anything is sent", function()
    for _, first in ipairs { 1, 3, 8, 20 } do
      local full = trouble.environment("full:" .. first .. ":/")
        :gsub("'(full:%d+:)/'", '"%1$XDG_STATE_HOME"')
      assert_refused(full .. " " .. CANCEL, "mde: the store")
    end
  end)

  it("is not needed with --store memory", function()
    local run = program.rehearse(INCIDENT,
      "HOME= XDG_STATE_HOME= mde cancel --requestor soar@contoso.com -m x --yes --max 12"
      .. " --store memory && [ ! -e $XDG_STATE_HOME ]")
    assert.same({ 0, 12 }, { run.status, run.ledger.posts }, run.err)
    assert.truthy(run.err:find("nothing of this batch is kept", 1, true), run.err)
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

describe("a disk that fills up midway", function()
  it("stops the batch cleanly, and a resume ends it", function()
    local stopped = 0
    for first = 40, 130, 5 do
      local full = trouble.environment("full:" .. first .. ":/")
        :gsub("'(full:%d+:)/'", '"%1$XDG_STATE_HOME"')
      local run = program.rehearse(INCIDENT, full .. " " .. CANCEL .. [[ --parallel 1 >out 2>err
        echo "was $?"; cat err; mde resume b >out 2>&1 || mde batch show b
        mde batch show b --json; mde audit verify]])
      local status = tonumber(run.out:match "was (%d+)")
      if not run.out:find('"verdict"', 1, true) then
        assert.equal(4, status)
      else
        assert.equal(12, select(2, run.out:gsub('"verdict":"%l*cancelled"', "")), run.out)
        assert.truthy(run.out:find "%d+ lines, unbroken", run.out)
        assert.equal(0, run.ledger.twice)
        if status ~= 0 then
          stopped = stopped + 1
          assert.equal(4, status, run.out)
          assert.truthy(run.out:find("mde resume", 1, true), run.out)
        end
      end
    end
    assert.is_true(stopped > 2, stopped)
  end)
end)
