-- mde resume and audit verify, against the simulator.

local program = require "spec.support.program"

local OTHERS = require "spec.support.token"("6382f7ea-7557-4ab7-9782-d50480024a4e",
  "5382f7ea-7557-4ab7-9782-d50480024a4e")

local function rehearse(script, options)
  return program.rehearse(options or "{ mistaken = 12, history = 20 }", script)
end

local function assert_said(text, ...)
  for _, part in ipairs { ... } do
    assert.truthy(text:find(part, 1, true), ("%q lacks %q"):format(text, part))
  end
end

local CANCEL = "mde cancel --requestor soar@contoso.com -m x --yes --max 12"

-- A batch of which two cancels are in flight, late, when it is interrupted twice.
local INTERRUPT = [[
  { ]] .. CANCEL .. [[ --batch b --parallel 2 >out 2>err & echo $! >pid; wait $!
    echo "was $?" >was; } &
  wait_until '[ "$(cat $POSTED)" -ge 2 ]'
  kill "$(cat pid)"; wait_until 'grep -q Interrupted err'; kill "$(cat pid)"
  wait; cat was; tail -n 1 err; ]]
local LATE = [[{ mistaken = 12, history = 0,
  oddities = { late = { operation = "cancel", nth = { 1, 2 } }, late_by = 900 } }]]

describe("mde resume", function()
  it("reads back requests that were in flight and continues; the last line had said how", function()
    local run = rehearse(INTERRUPT .. [[
      mde resume b; mde batch show b --json; mde batch list --json]], LATE)
    assert.equal(0, run.status, run.err)
    assert_said(run.out, "was 130\nInterrupted: `mde resume b` continues it.\n")
    assert_said(run.err, "Batch b: 12 of 12 items open. x", "12 of 12 actions")
    assert.equal(12, run.ledger.posts)
    assert.equal(0, run.ledger.twice)
    assert.equal(12, select(2, run.out:gsub('"verdict":"cancelled"', "")))
    assert_said(run.out, '"state":"done","done":12,"count":12')
  end)

  it("has nothing to do when all is done, or nothing was begun", function()
    local run = rehearse("mde resume")
    assert.same({ 0, "" }, { run.status, run.out })
    assert_said(run.err, "There is no open batch to resume")
    run = rehearse(CANCEL .. " --batch b >/dev/null 2>&1; mde resume b; mde resume")
    assert.same({ 0, 12 }, { run.status, run.ledger.posts })
    assert_said(run.err, "This batch has no open items",
      "There is no open batch to resume")
  end)

  it("has nothing to do for items that the service refused for good", function()
    local run = rehearse(CANCEL .. " --batch b --json; echo was $?; mde resume b; mde batch list",
      [[{ mistaken = 3, history = 0, arrange = function(service)
        local answer = service.answer
        function service:answer(request)
          if not request.path:find "/cancel$" then return answer(self, request) end
          return { delay = 0, status = 400, headers = {},
                   body = '{"error":{"code":"BadRequest","message":"not these"}}' }
        end
      end }]])
    assert.equal(3, select(2, run.out:gsub('"verdict":"refused"', "")))
    assert_said(run.out, "was 1\n", "done")
    assert_said(run.err, "This batch has no open items", "mde batch show b --verdict refused")
  end)

  it("has items to send whose request was refused before the batch stopped", function()
    local run = rehearse(CANCEL .. [[ --batch b >out 2>err; grep -c ^unsent out
      mde batch show b | grep -c ^unsent; mde resume b; cat err]], [[{
        mistaken = 12, history = 0, oddities = { revoked_token = {
          operation = "cancel",
          nth = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18 } } } }]])
    local printed, shown = run.out:match "^(%d+)\n(%d+)\n"
    assert.equal(printed, shown, run.out)
    assert.falsy(run.out:find("., such as", 1, true), run.out)
  end)

  it("refuses a batch that is not there, is held, or is another's", function()
    local run = rehearse("mde resume nonsense")
    assert.equal(2, run.status)
    assert_said(run.err, "there is no batch 'nonsense'")
    run = rehearse([[
      ]] .. CANCEL .. [[ --batch b --parallel 2 >out 2>err & pid=$!
      wait_until '[ "$(cat $POSTED)" -ge 2 ]'
      mde batch list; mde resume b; echo "was $?"; mde resume; mde resume --join
      kill -KILL $pid; wait
      MDE_TOKEN=]] .. OTHERS .. [[ mde resume b; echo "was $?"]], LATE)
    assert_said(run.out, "running", "was 3\n", "was 2\n")
    assert_said(run.err, " runs batch ", "There is no open batch to resume",
      "is of tenant and application")
  end)

  it("knows a batch of an older mde by the name that was configured then", function()
    local run = rehearse(INTERRUPT .. [[
      sqlite3 $XDG_STATE_HOME/mde/mde.db "UPDATE batches
        SET tenant = NULL, application = 'contoso.com/' || substr(application, 38)"
      mde resume b; echo "was $?"
      AZURE_TENANT_ID=contoso.com mde resume b --parallel 1 >/dev/full; echo "was $?"
      mde resume b >/dev/null; echo "was $?"]],
      (LATE:gsub("}$", ", sign_in = { domain = 'contoso.com' } }")))
    assert_said(run.out, "was 2\nwas 4\nwas 0\n")
    assert_said(run.err, "batch b is of tenant and application contoso.com/")
    assert.equal(12, run.ledger.posts)
  end)

  it("resumes every batch that no process runs", function()
    local run = rehearse([[
      set -- $(mde list --requestor soar@contoso.com --ids)
      for name in a b c; do
        before=$(cat $POSTED)
        { mde cancel $1 $2 -m x --yes --batch $name >out 2>err & echo $! >pid; wait; } 2>/dev/null &
        shift 2
        wait_until '[ "$(cat $POSTED)" -gt $before ]'
        kill -KILL $(cat pid); wait; rm pid
        mde batch list >&2
      done
      mde resume --join --json; mde batch list]],
      [[{ mistaken = 12, history = 0,
          oddities = { late = { operation = "cancel", nth = { 1, 2, 3 } }, late_by = 900 } }]])
    assert.equal(0, run.status, run.err)
    assert.equal(3, select(2, run.out:gsub("done +2 +2 ", "")), run.out .. run.err)
  end)

  it("waits for the end of what was accepted, until the deadline", function()
    local run = rehearse(CANCEL .. " --wait",
      "{ mistaken = 12, history = 0, oddities = { cancel_takes = 1 } }")
    assert.equal(0, run.status, run.err)
    assert.equal(12, select(2, run.out:gsub("cancelled  ", "")))
    run = rehearse(CANCEL .. [[ --batch b --wait --deadline 1s; echo was $?
      mde resume b --wait --deadline 1s]],
      "{ mistaken = 12, history = 0, oddities = { cancel_takes = 900 } }")
    assert.equal(1, run.status)
    assert_said(run.out, "accepted", "was 1\n")
    assert_said(run.err, "look again later: mde resume ")
    assert.same({ 12, 0 }, { run.ledger.posts, run.ledger.twice })
    run = rehearse(CANCEL, "{ mistaken = 12, history = 0, oddities = { cancel_takes = 900 } }")
    assert.equal(0, run.status)
  end)

  it("sends again what was forbidden, once it is allowed", function()
    local run = rehearse("mde cancel -m x --batch b $(mde list --ids --limit 1 2>/dev/null)",
      [[{ mistaken = 1, history = 0, roles = { "Machine.Read.All" } }]])
    assert.equal(5, run.status)
    assert_said(run.err, "grant a permission; then mde resume b\n",
      "\nAny of these permissions suffices: Machine.CollectForensics, ")
  end)
end)

-- Two open batches, b and c, of which nothing was sent.
local TWO = [[
  for name in b c; do
    mde cancel $(mde list --requestor soar@contoso.com --ids --limit 3 2>/dev/null) -m x --yes \
      --batch $name --parallel 1 >/dev/full 2>&1
  done
]]

-- Runs a script at a terminal, against an incident; see program.at_terminal.
local function at_terminal(dialogue, script)
  return program.at_terminal(120, dialogue, program.path, "run",
    program.support .. "/rehearse.lua", "{ mistaken = 12, history = 0 }", "sh", "-c", script)
end

describe("mde resume without a name", function()
  it("shows a single open batch and asks", function()
    for answer, state in pairs { ["y\n"] = "b +done +3 +3 ", ["n\n"] = "b +open +1 +3 " } do
      local run = at_terminal({ "Resume b in ", answer }, TWO .. [[
        mde batch close c -m x 2>/dev/null; mde resume; echo "was $?"; mde batch list]])
      assert.truthy(run.out:find "BATCH +STATE +AGE +BY +OPEN +OF +COMMAND", run.out)
      assert.truthy(run.out:find "b +open +%d+s +%S+ +2 +3 +mde cancel ", run.out)
      assert_said(run.out, answer == "y\n" and "was 0" or "not confirmed")
      assert.truthy(run.out:find(state), run.out)
    end
  end)

  it("asks which of several, by number or name; Enter resumes none", function()
    for answer, states in pairs {
      ["1\n"] = "c +done .*b +open ", ["b\n"] = "c +open .*b +done ",
      ["\n"] = "none was chosen.*c +open .*b +open ", ["7\n"] = "'7' is none of these batches",
    } do
      local run = at_terminal({ "[1-2, NAME, Enter: none] ", answer }, TWO .. [[
        mde resume; mde batch list | sort -r]])
      assert.truthy(run.out:find "1 +c +open .*\n2 +b +open ", run.out)
      assert.truthy(run.out:find(states), run.out)
    end
  end)

  it("shows them and needs a name where no terminal is", function()
    local run = rehearse(TWO .. "mde resume")
    assert.equal(3, run.status)
    assert_said(run.err, "2 batches are open, and no terminal to ask at; nothing was sent."
      .. " Name one: mde resume NAME")
    assert.truthy(run.err:find "1 +c +open .*\n2 +b +open ", run.err)
  end)
end)

-- A plan's batch of which one item was done, and its end is past: $hash is the plan's.
local PLANNED = [[
  config=$XDG_CONFIG_HOME/mde/config.lua; cp $config before
  guard() { sed "s/tenant = /guard = { $1 }, tenant = /" before >$config; }
  printf '%s' 'return { comment = "x", select = { type = "Isolate" }, decide = "cancel" }' >p.lua
  mde plan p.lua -o plan >/dev/null 2>&1
  hash=$(tail -n 1 plan | sed 's/.*"\([0-9a-f]*\)"}/\1/')
  mde apply plan --approve $hash --batch b --parallel 1 >/dev/full 2>&1
]]
local EXPIRE = [[cat >expire.lua <<'END'
local path = os.getenv "XDG_STATE_HOME" .. "/mde/mde.db"
local database = assert(require "DBI".Connect("SQLite3", path))
assert(assert(database:prepare "UPDATE batches SET expires = expires - 3600"):execute())
database:commit()
END
  mde run expire.lua
]]

local function with_plan(script)
  return program.with_tenants("{ contoso = { actions = 6 } }", PLANNED .. script)
end

describe("mde resume of a plan's batch", function()
  it("continues without a question while the plan holds", function()
    local run = with_plan [[mde resume b | grep -c cancelled; mde batch list]]
    assert.truthy(run.out:find "^5\nBATCH.-\nb +done +6 +6 ", run.out .. run.err)
  end)

  it("wants the hash again when the plan has expired and no person is there", function()
    local run = with_plan(EXPIRE .. [[mde resume b; echo "was $?"
      mde resume b --approve 1234567890123456789012; echo "was $?"
      mde resume b --approve 12; echo "was $?"
      mde resume b --approve $hash | grep -c cancelled]])
    assert.equal("was 3\nwas 3\nwas 2\n5\n", run.out, run.err)
    assert_said(run.err, "the plan expired ", "; 5 of 6 items are open, and no terminal to ask at;"
      .. " nothing was sent. --approve ", "batch b is of the plan ")
  end)

  it("judges by the service's clock whether the plan has expired", function()
    local run = program.rehearse([[{ mistaken = 6, history = 0, arrange = function(service)
      local answer, ahead = service.answer, 0
      function service:answer(request)
        if request.path:find "/cancel$" then ahead = 7200 end
        local given = answer(self, request)
        given.headers.date = os.date("!%a, %d %b %Y %H:%M:%S GMT", os.time() + ahead)
        return given
      end
    end }]], PLANNED:gsub("^.-\n.-\n", "") .. [[mde resume b; echo "was $?"]])
    assert.equal("was 3\n", run.out, run.err)
    assert_said(run.err, "the plan expired 1h")
  end)

  it("asks once at a terminal", function()
    for answer, said in pairs { ["y\n"] = "b      done", ["n\n"] = "not confirmed" } do
      local run = program.at_terminal(80, { "? [y/N] ", answer }, "sh", "-c",
        ("mde run %s/tenants.lua '{ contoso = { actions = 6 } }' sh -c %s"):format(
          program.support, program.quote(PLANNED .. EXPIRE .. "mde resume b; mde batch list")))
      assert.equal(1, select(2, run.out:gsub("The plan expired ", "")), run.out)
      assert_said(run.out, said)
    end
  end)

  it("is refused by guards that were tightened since", function()
    local run = with_plan [[
      for guard in "max = 5" "protect_types = 'Isolate'" "max_share = 0.5"; do
        guard "$guard"; mde resume b; echo "was $?"
      done
      guard "max = 6"; mde resume b | grep -c cancelled]]
    assert.equal("was 3\nwas 3\nwas 3\n5\n", run.out, run.err)
    assert_said(run.err, "guard max of the profile contoso: 6 changes; the limit is 5",
      "guard protect_types of the profile contoso: 5 are protected",
      "guard max_share of the profile contoso")
  end)

  it("is refused alone: --join continues the others", function()
    local run = with_plan [[
      mde list --ids >ids 2>/dev/null
      mde cancel $(head -n 3 ids) -m x --yes --batch c --parallel 1 >/dev/full 2>&1
      guard "max = 5"; mde resume --join >out; echo "was $?"; mde batch list]]
    assert.truthy(run.out:find "^was 3\n.*\nb +open.*\nc +done +3 +3 ", run.out .. run.err)
    assert_said(run.err, "Batch b: guard max of the profile contoso")
  end)
end)

describe("mde audit verify", function()
  it("finds the log of what was done whole, and what was done to it", function()
    local run = rehearse(CANCEL .. [[ >/dev/null 2>&1; log=$XDG_STATE_HOME/mde/audit.jsonl
      mde audit verify; cp $log copy; mde audit verify copy
      sed -i '5s/cancelled/not_found/' $log; mde audit verify; echo "was $?"
      head -n 9 copy >$log; mde audit verify; echo "was $?"
      mde audit verify --json; mde audit verify /nonexistent; echo "was $?"
      grep -c '"what":"cancel"' copy; grep -ci -e bearer -e secret copy]])
    assert_said(run.out, "14 lines, unbroken, up to 20", "was 1\n", "was 4\n",
      '"ok":false', "\n12\n0\n")
    assert_said(run.err, "line 5 was changed", "the log was cut: it ends at line 9")
  end)
end)
