-- The store in PostgreSQL.

local clocks = require "mde.simulator.clock"
local participants = require "spec.support.participants"
local postgresql = require "spec.support.postgresql"
local services = require "mde.simulator.service"

local function output(command)
  local pipe = assert(io.popen(command))
  local text = pipe:read "a"
  pipe:close()
  return text
end

-- Waits until a command fails.
local function await_end(command)
  assert(os.execute(("unset LD_PRELOAD; timeout 20 sh -c 'while %s 2>&-; do sleep 0.05; done'")
    :format(command)))
end

describe("a server of PostgreSQL", function()
  local server

  setup(function() server = postgresql.start() end)

  teardown(function() server:stop() end)

  it("takes statements, and says what is wrong with one", function()
    assert.equal("mde|mde\n2\n",
      server:psql "SELECT current_user, current_database(); SELECT 1 + 1")
    server:psql "CREATE TABLE it(s text); INSERT INTO it VALUES('''\\$x')"
    assert.equal("'\\$x\n", server:psql "SELECT s FROM it")
    local ok, err = pcall(server.psql, server, "SELECT 1; SELECT nonsense")
    assert.is_false(ok)
    assert.matches("psql: 1\n.*nonsense", err)
  end)

  it("refuses what does not exist by its name", function()
    local open = require "mde.store.sql.postgresql".open
    local function refused(url)
      local done, err = pcall(open, url, clocks.new(), "x", {})
      assert.same({ false, "store" }, { done, err.code })
      return err.message
    end
    assert.matches("the database 'nodb' does not exist",
      refused((server.url:gsub("/mde%?", "/nodb?"))))
    assert.matches("the role 'bob' does not exist",
      refused((server.url:gsub("user=mde", "user=bob"))))
    assert.matches("Connection refused", refused "postgresql://mde:x@127.0.0.1:1/mde")
    server:psql "CREATE ROLE carl LOGIN PASSWORD 'right'"
    output(([[cd %s/data && { echo "local all carl scram-sha-256"; cat pg_hba.conf; } >hba &&
      cat hba >pg_hba.conf]]):format(server.folder))
    server:psql "SELECT pg_reload_conf()"
    local carl = server.url:gsub("user=mde", "user=carl")
    await_end(('%s/psql -XwqAt -d "%s" -c "SELECT 1"'):format(server.bin, carl))
    assert.matches("requires a password, and the URL has none", refused(carl))
    assert.matches("the role 'carl' or its password is wrong", refused(carl .. "&password=wrong"))
  end)

  it("shows no part of a password that makes a URL malformed", function()
    local open = require "mde.store.sql.postgresql".open
    for _, place in ipairs {
      "mde:100%zzecret@127.0.0.1:1/mde", "mde:zzecret/1@127.0.0.1:1/mde",
      "mde:1@zzecret@127.0.0.1:1/mde", "mde:zz?ecret@127.0.0.1:1/mde",
      "mde:zzecret@[::1]a/mde", "127.0.0.1:1/mde?user=mde&password=100%zzecret",
      "127.0.0.1:1/mde?user=mde&password=1@zzecret",
    } do
      local done, err = pcall(open, "postgresql://" .. place, clocks.new(), "x", {})
      assert.same({ false, "store" }, { done, err.code })
      assert.not_matches("zz", err.message)
    end
  end)

  it("is connected to by its URL", function()
    local connection = assert(require "DBI".Connect("PostgreSQL", server.url))
    local statement = assert(connection:prepare "SELECT current_setting('listen_addresses')")
    assert(statement:execute())
    assert.equal("", statement:fetch()[1])
    connection:close()
  end)

  it("has the virtual time of processes", function()
    local clock = clocks.new()
    local service = services.new { clock = clock, quota = false }
    local run <close> = participants.new(service, clock)
    run.on_time = postgresql.virtual_clock(server, clock)
    for name, pause in pairs { a = 0.75, b = 0.123456 } do
      run:start(name, [[
local participant = require "spec.support.participant"
local given = ...
local connection = assert(require "DBI".Connect("PostgreSQL", given.url))
local function ask(sql)
  local statement = assert(connection:prepare(sql))
  assert(statement:execute())
  return statement:fetch()
end
ask "SELECT set_config('search_path', 'mde, pg_catalog', false)"
for _ = 1, 20 do
  local seconds = ask "SELECT extract(epoch FROM clock_timestamp())::text"[1]
  local difference = tonumber(seconds) - participant.clock.wall()
  assert(math.abs(difference) < 2e-6, difference)
  participant.sleep(given.pause)
end
return true]], { url = server.url, pause = pause })
    end
    local results = run:go()
    assert.is_true(results.a.value and results.b.value)
    assert.matches("^2026%-01%-23 20:00:15", server:psql "SELECT mde.clock_timestamp()")
  end)

  it("ends, and leaves nothing", function()
    local other = postgresql.start()
    local pid = output(("head -n 1 %s/data/postmaster.pid"):format(other.folder)):match "%d+"
    assert.is_true(#other.folder + #"/.s.PGSQL.5432" < 107)
    other:stop()
    other:stop()
    await_end("kill -0 " .. pid)
    assert.is_nil(io.open(other.folder))
  end)

  it("ends when who started it is killed", function()
    local folder, pid = output [[exec lua5.4 - <<'END'
local server = require "spec.support.postgresql".start()
for line in io.lines(server.folder .. "/data/postmaster.pid") do
  print(server.folder, line)
  break
end
io.stdout:flush()
os.execute "kill -KILL $PPID"
END]]:match "(%S+)\t(%d+)"
    await_end("kill -0 " .. pid)
    await_end("[ -e " .. folder .. " ]")
  end)
end)
