-- PostgreSQL that stops in the middle of a batch, and comes back or does not.

local postgresql = require "spec.support.postgresql"
local program = require "spec.support.program"

-- The tenth and eleventh answer come late: time to stop the server.
local INCIDENT = "{ mistaken = 60, history = 0, oddities = { late = { operation = 'cancel',"
  .. " nth = { 10, 11 } }, late_by = 1 } }"

-- Runs a cancel of all, and `meanwhile` once some were posted. `$pid` is the command's.
local function run(server, meanwhile)
  return program.rehearse(INCIDENT, ([[
    export MDE_STORE=%s
    mde cancel --requestor soar@contoso.com -m x --yes --max 60 --batch b --parallel 2 \
      >out 2>err & pid=$!
    wait_until '[ "$(cat $POSTED)" -ge 10 ]'
    %s
    wait $pid; echo "was $?"; cat err; mde batch show b; mde audit verify]]):format(
    program.quote(server.url), meanwhile))
end

describe("PostgreSQL", function()
  local server

  before_each(function() server = postgresql.start() end)

  after_each(function() server:stop() end)

  it("may stop and start again during a batch, which ends complete one POST an item", function()
    local result = run(server, server:control "stop" .. [[
      wait_until 'grep -q "does not answer" err'
      ]] .. server:control "start")
    assert.truthy(result.out:find("was 0\n", 1, true), result.out .. result.err)
    assert.truthy(result.out:find("does not answer: trying again, for at most 10m", 1, true),
      result.out)
    assert.truthy(result.out:find("The store is back.", 1, true), result.out)
    assert.same({ 60, 0 }, { result.ledger.posts, result.ledger.twice })
    assert.truthy(result.out:find("unbroken", 1, true), result.out)
  end)

  it("may stay away, and the batch can be resumed after a signal", function()
    local result = run(server, server:control "stop" .. [[
      wait_until 'grep -q "does not answer" err'
      kill $pid; wait $pid; echo "first $?"
      ]] .. server:control "start" .. [[
      mde resume b >out 2>more & pid=$!]])
    assert.truthy(result.out:find("first 130\n", 1, true), result.out .. result.err)
    assert.truthy(result.out:find("was 0\n", 1, true), result.out .. result.err)
    assert.same({ 60, 0 }, { result.ledger.posts, result.ledger.twice })
  end)

  it("may end the session of a batch that is then closed, and gets its last verdicts", function()
    local result = run(server, ([[
      kill -STOP $pid
      %s/psql -Xq -d %s >sessions -c "SELECT pg_terminate_backend(pid, 5000)
        FROM pg_stat_activity WHERE application_name LIKE '%% pid $pid%%'"
      mde batch close b -m "done by hand" 2>closed; cat closed
      kill -CONT $pid]]):format(program.quote(server.bin), program.quote(server.url)))
    assert.truthy(result.out:find("Batch b is closed; ", 1, true), result.out .. result.err)
    assert.truthy(result.out:find("Stopped by %S+: done by hand%. Nothing more"), result.out)
    assert.truthy(result.out:find("was 130\n", 1, true), result.out)
    assert.equal(result.ledger.posts, tonumber(result.out:match "cancelled +(%d+)"), result.out)
    assert.is_true(result.ledger.posts < 60)
    assert.truthy(result.out:find("unbroken", 1, true), result.out)
  end)
end)

describe("a PostgreSQL server that is silent", function()
  local server

  setup(function() server = postgresql.start() end)

  teardown(function() server:stop() end)

  -- Runs Lua code that has a `store`. `halt()` stops the server's process of its session, and bounds
  -- waits by a second; `session()` asks which one it has.
  local function run_silent(code)
    return program.sh(([[
      export MDE_STORE=%s
      cat >x.lua <<'END'
        local waits = require "mde.store.sql.waiting"
        local store = require "mde.program.session.store".open {}
        local function session() return (store.database:row "SELECT pg_backend_pid()") end
        local halted = session()
        io.open("halted", "w"):write(halted):close()
        local function halt()
          assert(os.execute("kill -STOP " .. halted))
          waits.limit = 1
        end
        %s
END
      mde run x.lua; echo "was $?"; kill -CONT $(cat halted)]]):format(
      program.quote(server.url), code))
  end

  it("ends a command with an error", function()
    local result = run_silent "halt(); session()"
    assert.equal("was 4\n", result.out, result.err)
    assert.truthy(result.err:find("the store postgresql:///mde: no answer for 1 s\n", 1, true),
      result.err)
  end)

  it("is left for another session during a batch", function()
    local result = run_silent [[
      halt()
      store.database.world.limit = 600
      print(session() ~= halted)]]
    assert.equal("true\nwas 0\n", result.out, result.err)
    assert.equal("The store postgresql:///mde does not answer: trying again, for at most 10m.\n"
      .. "The store is back.\n", result.err)
  end)

  it("is not waited for at the end of a command", function()
    local result = run_silent "halt()"
    assert.equal("was 0\n", result.out, result.err)
  end)
end)
