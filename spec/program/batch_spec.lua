-- mde batch, and the batch that mde cancel makes, against the simulator.

local cjson = require "cjson"
local program = require "spec.support.program"

local function rehearse(script, options)
  return program.rehearse(options or "{ mistaken = 12, history = 20 }", script)
end

local function assert_said(text, ...)
  for _, part in ipairs { ... } do
    assert.truthy(text:find(part, 1, true), ("%q lacks %q"):format(text, part))
  end
end

local CANCEL = "mde cancel --requestor soar@contoso.com -m x --yes --max 12"

describe("the batch of mde cancel", function()
  it("has the name that was given, and says what it is", function()
    local run = rehearse(CANCEL .. [[ --batch incident-4711 >/dev/null 2>&1
      mde batch list; mde batch list --json; mde batch show incident-4711 --verdict cancelled
      mde batch show incident-4711 --verdict open; echo end
      mde --store memory batch list]])
    assert.equal(0, run.status, run.err)
    assert_said(run.out, "incident-4711  done     12  12  ", '"comment":"x"',
      '"command":"' .. CANCEL .. ' --batch incident-4711"')
    assert.equal(12, select(2, run.out:gsub("cancelled  +%x", "")))
    assert_said(run.err, "Batch incident-4711 is done: 12 of 12 done. By ", "No batch is in memory")
  end)

  it("must have a good name, and a new one", function()
    local run = rehearse("mde cancel -m x --batch ../x 5382f7ea-7557-4ab7-9782-d50480024a4e")
    assert.same({ 2, 0 }, { run.status, run.ledger.posts })
    run = rehearse(CANCEL .. " --batch b >/dev/null 2>&1; " .. CANCEL .. " --batch b")
    assert.same({ 2, 12 }, { run.status, run.ledger.posts })
    assert_said(run.err, "batch 'b' exists (see `mde batch show b`): choose another name")
  end)

  it("goes from the newest or from the oldest", function()
    for order, first in pairs { newest = "head", oldest = "tail" } do
      local run = rehearse(("%s --order %s --parallel 1 --json | head -n 1; mde list --all"
        .. " --requestor soar@contoso.com --ids | %s -n 1"):format(CANCEL, order, first))
      local cancelled, id = run.out:match '"id":"([%x-]+)".-\n([%x-]+)\n$'
      assert.equal(id, cancelled)
    end
  end)

  it("says so if no item has the verdict", function()
    local run = rehearse(CANCEL .. " --batch b >/dev/null 2>&1\nmde batch show b --verdict unknown")
    assert.same({ 0, "" }, { run.status, run.out })
    assert_said(run.err, "No item is unknown.\nBatch b is done: 12 of 12 done.")
  end)

  it("refuses options that do not go together", function()
    for script, text in pairs {
      ["mde cancel -m x --order oldest 5382f7ea-7557-4ab7-9782-d50480024a4e"] =
        "--order works only with",
      [CANCEL .. " --deadline 5s"] = "--deadline requires --wait",
      [CANCEL .. " --progress xml"] = "'xml' is not a form of progress: json",
      [CANCEL .. " --reserve 95"] = "'95' is not a whole number from 0 to 90",
      ["mde batch show"] = "which batch?", ["mde batch list b"] = "list takes no batch",
      ["mde batch show b --verdict no"] = "'no' is not one of",
      ["mde batch list --verdict open"] = "--verdict works only with show",
      ["mde batch show x"] = "no batch 'x'",
      ["mde batch close b"] = "close requires a reason", ["mde batch stop"] = "which batch?",
      ["mde batch stop b --all"] = "--all takes no batch",
      ["mde batch list --all"] = "--all works only with stop",
      ["mde batch show b -m x"] = "-m works only with stop and close",
      ["mde resume b --join"] = "--join continues every open batch",
    } do
      local run = rehearse(script)
      assert.same({ 2, 0 }, { run.status, run.ledger.posts }, script)
      assert_said(run.err, text)
    end
  end)

  it("tells its progress as JSON, or once a minute in a pipe", function()
    local run = rehearse(CANCEL .. " --progress json 2>progress; cat progress")
    local last
    for line in run.out:gmatch "({[^\n]*})\n" do last = line end
    local told = cjson.decode(last)
    assert.same({ 12, 12, { cancelled = 12 }, 12 },
      { told.done, told.total, told.verdicts, told.per_minute })
    run = rehearse(CANCEL)
    assert.falsy(run.err:find("/12  ", 1, true))
  end)

  it("shows a terminal one line that is redrawn, as wide as that is", function()
    for _, columns in ipairs { 100, 40 } do
      local run = program.at_terminal(columns, {}, program.path, "sim", "mde", "cancel",
        "--requestor", "soar@contoso.com", "-m", "x", "--yes", "--max", "400")
      assert.equal(0, run.status, run.out)
      local lines = 0
      for line in run.out:gmatch "\r([^\r\n]*)\27%[K" do
        lines = lines + 1
        assert.is_true(utf8.len(line) < columns, line)
        assert.truthy(line == "" or line:find "^%d+/312  ", line)
      end
      assert.is_true(lines >= 2)
      assert.falsy(run.out:find "cancelled +%x%x%x%x%x%x%x%x%-")
    end
  end)
end)

-- A batch b whose first two cancels are answered late.
local LATE = [[{ mistaken = 12, history = 0,
  oddities = { late = { operation = "cancel", nth = { 1, 2 } }, late_by = 3 } }]]
local BEGIN = CANCEL .. [[ --batch b --parallel 2 >out 2>err & pid=$!
  wait_until '[ "$(cat $POSTED)" -ge 2 ]'
]]

describe("mde batch stop", function()
  it("stops a batch from another process, which awaits its requests in flight", function()
    local run = rehearse(BEGIN .. [[
      mde batch stop b -m 'wrong list'; echo "stop $?"
      wait $pid; echo "batch $?"; cat err; mde batch report b | grep wrong
      mde batch stop b; mde batch stop --all; mde resume b | grep -c cancelled]], LATE)
    assert_said(run.out, "stop 0\nbatch 130\n", "Stopped by ",
      ": wrong list. Nothing more is sent; mde waits for requests in flight.",
      ": wrong list: `mde resume b` continues it.", "stopped ", "\n10\n")
    assert_said(run.err, "Batch b: asked ", " to stop.\nBatch b has stopped: 2 of 12 done.\n"
      .. "`mde resume b` continues it; `mde batch close b -m REASON` ends it for good.",
      "No process runs batch b.\nNo process runs a batch.")
    assert.equal(12, run.ledger.posts)
  end)

end)

-- Long pauses of a batch b: how it begins, what the simulator does, the items that are done, and
-- the requests that were sent. That two seconds are enough is shown by the spec of
-- mde.program.batch.stop under a virtual clock.
local PAUSES = {
  ["a quota pause"] = { "export MDE_QUOTA=4,100\n" .. BEGIN, "{ mistaken = 12, history = 0 }",
    "3 of 12", 3 },
  ["the canary"] = { CANCEL:gsub("12$", "60") .. [[ --batch b >out 2>err & pid=$!
      wait_until '[ "$(cat $POSTED)" -ge 10 ]'
    ]], "{ mistaken = 60, history = 0, oddities = { list_lags = 1000 } }", "10 of 60", 10 },
  ["a breaker's pause"] = { CANCEL .. [[ --batch b >out 2>err & pid=$!
      wait_until 'grep -q "trying again in" err'
    ]], [[{ mistaken = 12, history = 0,
      oddities = { internal_error = { operation = "changes" } } }]], "0 of 12", 12 },
}

describe("mde batch stop of another process or host", function()
  local postgresql = require "spec.support.postgresql"
  local server

  setup(function() server = postgresql.start() end)
  teardown(function() server:stop() end)

  -- Stops a batch in a pause, on another host if `url` names the store, and closes it.
  local function check(pause, url)
    if url then server:psql "DROP SCHEMA IF EXISTS mde CASCADE" end
    local other = url and "XDG_STATE_HOME=$PWD/other " or ""
    local run = rehearse((url and "export MDE_STORE=" .. program.quote(url) or "") .. "\n"
      .. pause[1] .. ([[
      OTHER mde batch stop --all -m 'from afar'; echo "stop $?"
      wait $pid; echo "batch $?"; cat err
      OTHER mde batch close b -m x 2>/dev/null; echo "close $?"
      OTHER mde audit verify]]):gsub("OTHER ", other), pause[2])
    assert_said(run.out, "stop 0\nbatch 130\n", ": from afar: `mde resume b` continues it.",
      "close 0\n", url and "\n1 line, unbroken" or " lines, unbroken")
    assert_said(run.err, ("Batch b has stopped: %s done."):format(pause[3]))
    assert.is_true(run.ledger.posts <= pause[4], run.ledger.posts)
  end

  for name, pause in pairs(PAUSES) do
    it("takes effect during " .. name, function() check(pause) end)

    it(("takes effect during %s, on PostgreSQL"):format(name), function()
      check(pause, server.url)
    end)
  end
end)

describe("mde batch stop while the store is locked", function()
  it("takes effect once the store is free, and nothing is sent meanwhile", function()
    local run = rehearse("export MDE_QUOTA=4,100\n" .. BEGIN .. [[
      mkfifo hold
      { echo 'BEGIN IMMEDIATE;'; cat; echo 'COMMIT;'; } <hold |
        sqlite3 $XDG_STATE_HOME/mde/mde.db & locker=$!
      exec 3>hold
      mde batch stop b 3>&- & stopper=$!
      wait_until 'grep -q "is locked by" err'
      exec 3>&-; wait $locker; wait $stopper; echo "stop $?"; wait $pid; echo "batch $?"]],
      LATE)
    assert_said(run.out, "stop 0\nbatch 130\n")
    assert.is_true(run.ledger.posts <= 4, run.ledger.posts)
  end)
end)

describe("mde batch close", function()
  it("ends a batch for good, once no process runs it", function()
    local run = rehearse(BEGIN .. [[
      mde batch close b -m 'by hand'; echo "was $?"
      mde batch stop b 2>/dev/null; wait $pid; mde batch close b -m 'by hand'; echo "was $?"
      mde batch close b -m again; mde batch list; mde batch list --json
      mde batch show b >/dev/null
      mde batch report b | sed -n '1p;/^closed/p'; mde batch report b --json | head -n 1
      mde batch report b --html | grep -c 'by hand'
      mde resume b; mde resume; mde audit verify
      grep -c '"what":"batch closed".*"comment":"by hand"' $XDG_STATE_HOME/mde/audit.jsonl]], LATE)
    assert_said(run.out, "was 3\nwas 0\n", "b      closed (by hand)     2  12  ",
      '"state":"closed"', '"closed":"by hand"',
      "Batch b: closed, nothing open\nclosed       by hand",
      '"state":"closed","created"', "unbroken")
    assert.truthy(run.out:find "\n1\n$", run.out)
    assert_said(run.err, " runs batch b; stop it first: mde batch stop b",
      "Batch b is closed; 10 of 12 items were open.", "Batch b was closed before (by hand).",
      "Batch b is closed (by hand): 2 of 12 done.", "This batch has no open items")
    assert.equal(2, run.ledger.posts)
  end)

  it("has nothing to close of a batch that is done", function()
    local run = rehearse(CANCEL .. " --batch b >/dev/null 2>&1; mde batch close b -m x")
    assert.equal(0, run.status)
    assert_said(run.err, "Batch b is done: nothing to close.")
  end)
end)
