-- The participants of spec.support.participants.

local clocks = require "mde.simulator.clock"
local engines = require "mde.simulator.engine"
local participants = require "spec.support.participants"
local services = require "mde.simulator.service"
local trouble = require "spec.support.trouble"
local world = require "spec.support.world"

local run, service, clock

local function new(options, run_options)
  if run then run:close() end
  local given = { clock = clocks.new(), quota = false,
                  latency = function(random) return random() * 3 end }
  for name, value in pairs(options or {}) do given[name] = value end
  service, clock = services.new(given), given.clock
  run = participants.new(service, clock, run_options)
end

local CANCELS = [[
local participant = require "spec.support.participant"
local given = ...
local client = participant.client { quota = { per_minute = 20, per_hour = 1000 } }
local began, last = participant.clock.wall(), 0
local report = client:cancel_all(given.ids, { comment = "by mistake", on_item = function(item)
  assert(participant.clock.monotonic() >= last)
  last = participant.clock.monotonic()
  participant.tell { id = item.id, verdict = item.verdict }
end })
report.seconds = participant.clock.wall() - began
return report]]

-- Three processes cancel fifty actions each, and `b` is killed in the midst of that.
local function incident()
  new()
  local ids = {}
  for i, name in ipairs { "a", "b", "c" } do
    ids[name] = world.add(service, 50, function(k) return { age = 60 + 10 * i + k } end)
    run:start(name, CANCELS, { ids = ids[name] })
  end
  assert.is_nil(run:go(function() return #run.named.b.told >= 25 end))
  run:kill "b"
  return run:go(), ids
end

local function count_cancelled(ids)
  local count = 0
  for _, id in ipairs(ids) do
    if service:status(id) == "Cancelled" then count = count + 1 end
  end
  return count
end

-- Waits until a command fails.
local function await_end(command)
  assert(os.execute(("unset LD_PRELOAD; timeout 20 sh -c 'while %s 2>&-; do sleep 0.05; done'")
    :format(command)))
end

describe("participants", function()
  after_each(function()
    if run then run:close() end
    run = nil
  end)

  it("cancel side by side in one time, and one is killed and goes on later", function()
    local results, ids = incident()
    for _, name in ipairs { "a", "c" } do
      assert.equal(0, results[name].status)
      assert.equal("", results[name].output)
      assert.same({ cancelled = 50 }, results[name].value.counts)
      assert.equal(50, #results[name].told)
      assert.is_true(results[name].value.seconds > 122 and results[name].value.seconds < 140)
      assert.equal(50, count_cancelled(ids[name]))
    end
    assert.equal(137, results.b.status)
    assert.is_nil(results.b.value)
    assert.equal(25, #results.b.told)
    local cancelled = count_cancelled(ids.b)
    assert.is_true(cancelled >= 25 and cancelled <= 35)
    local moments = service.ledger.moments
    for line = 2, #moments do assert.is_true(moments[line - 1] <= moments[line]) end

    run:start("b", CANCELS, { ids = ids.b })
    local counts = run:go().b.value.counts
    assert.equal(50, counts.cancelled + counts.already_cancelled)
    assert.equal(50, count_cancelled(ids.b))
  end)

  it("do the same each time", function()
    incident()
    local ledger = service.ledger
    incident()
    assert.same(ledger, service.ledger)
  end)

  it("have an engine as that of the simulator", function()
    local script = [[
local function use(engine, clock)
  local seen = {}
  local function note(...)
    seen[#seen + 1] = { clock.monotonic(), clock.wall(), engine:step(), ... }
  end
  local function start(path, options)
    local request = { method = "POST", body = "x\n\0\\y", headers = { Accept = "*/*" } }
    for name, value in pairs(options or {}) do request[name] = value end
    request.url = "https://login.microsoftonline.com" .. path
    return engine:start(request, {})
  end
  local function take(id)
    local response, err = engine:take(id)
    note(response and response.status or response, response and response.body,
      response and response.headers.date, response and response.seconds, err and err.code,
      err and err.sent)
    return response ~= false
  end
  note(engine:poll(0.25))
  note(engine:poll(7))
  local ids = {}
  for i = 1, 6 do ids[i] = start("/nowhere/" .. i) end
  ids[7] = start("/late", { timeout = 1.5 })
  ids[8] = start("/abandoned")
  note(engine:start({ url = "no URL" }, {}))
  take(ids[1])
  engine:abandon(ids[8])
  for i = 1, 7 do
    note(engine:poll(0))
    while not take(ids[i]) do note(engine:poll(1)) end
    if i == 3 then ids[9] = start "/again" engine:abandon(ids[9]) end
  end
  take(ids[8])
  take(ids[1])
  note(pcall(engine.start, engine, { url = "https://x/", colour = 1 }, {}))
  ids[10] = start "/last"
  note(engine:poll(1))
  engine:close()
  engine:close()
  for _, name in ipairs { "step", "poll", "take", "start" } do
    seen[#seen + 1] = select(2, pcall(engine[name], engine, 1)):match "the engine is closed"
  end
  return seen
end
]]
    local function fresh()
      new { latency = function(random) return random() * 0.5 end,
            oddities = { late = function(request) return request.path == "/late" end } }
    end
    fresh()
    local expected = load(script .. "return use(...)")(engines.new(service, 0.1), clock)
    fresh()
    run:start("a", script .. [[
local participant = require "spec.support.participant"
return use(participant.engine, participant.clock)]])
    local seen = run:go().a.value
    for i, line in ipairs(expected) do assert.same(line, seen[i]) end
    assert.equal(#expected, #seen)
    assert.is_true(#seen > 25)
  end)

  it("contend for real locks, and what they did last is known", function()
    new()
    local database = os.tmpname()
    assert(os.execute(("sqlite3 %s 'PRAGMA journal_mode = WAL' 'CREATE TABLE t(n)' "
      .. "'INSERT INTO t VALUES(0)' >%s.out"):format(database, database)))
    local count = [[
local participant = require "spec.support.participant"
local database = assert(require "DBI".Connect("SQLite3", ...))
database:autocommit(true)
local function query(sql)
  local statement = assert(database:prepare(sql))
  assert(statement:execute())
  local row = sql:find "^SELECT" and statement:fetch()
  statement:close()
  return row and row[1]
end
query "PRAGMA busy_timeout = 20000"
for i = 1, 40 do
  query "BEGIN IMMEDIATE"
  local n = query "SELECT n FROM t"
  query("UPDATE t SET n = " .. n + 1)
  query "COMMIT"
  participant.sleep(1)
end
return participant.clock.monotonic()]]
    for i = 1, 4 do run:start("c" .. i, count, database) end
    local results = run:go()
    for i = 1, 4 do assert.equal(1040, results["c" .. i].value) end
    local pipe = io.popen(("sqlite3 %s 'SELECT n FROM t'; rm %s*"):format(database, database))
    assert.equal("160\n", pipe:read "a")
    pipe:close()
  end)

  it("can be started and killed at a moment, and have trouble", function()
    new()
    local sleeper = [[
local participant = require "spec.support.participant"
participant.tell { name = participant.name, wall = participant.clock.wall(),
                   boot = participant.clock.boot() }
participant.sleep(...)
os.rename("/nonexistent/a", "/nonexistent/b")
return 2^53 + 1]]
    local now, wall, told = clock.monotonic(), clock.wall(), {}
    run.on_time = function(moment) told[#told + 1] = moment end
    run:start("a", sleeper, 3.5)
    clock.at(now + 2, function() run:start("b", sleeper, 100) end)
    clock.at(now + 2.5, function() run:start("c", sleeper, 1, trouble.environment "kill:1") end)
    clock.at(now + 60, function() run:kill "b" end)
    local results = run:go()
    assert.equal(now + 60, clock.monotonic())
    assert.same({ { name = "a", wall = wall, boot = "virtual" } }, results.a.told)
    assert.same({ { name = "b", wall = wall + 2, boot = "virtual" } }, results.b.told)
    assert.equal(2^53 + 1, results.a.value)
    assert.same({ 0, 137, 137 }, { results.a.status, results.b.status, results.c.status })
    assert.same({ wall, wall + 1, wall + 2, wall + 2.5, wall + 3, wall + 3.5, wall + 4 },
      table.move(told, 1, 7, 1, {}))
  end)

  it("that fail show why, and leave nothing behind", function()
    for script, message in pairs {
      ["local x <const> = ...\nprint 'once'\nerror 'alas'"] =
        "^a ended with status 1:\nonce\n.*a:3: alas\nstack traceback",
      ["local\n= 1"] = "^a ended with status 1:\n.*a:2: ",
      ["return\nprint"] = "^a ended with status 1:\n.*a function cannot be told",
      ["/nonexistent.lua"] = "^a ended with status 1:\n.*cannot open /nonexistent.lua",
    } do
      new()
      run:start("b", "local participant = require 'spec.support.participant'\nparticipant.sleep(9)")
      run:start("a", script)
      local ok, err = pcall(run.go, run)
      assert.is_false(ok)
      assert.matches(message, err)
      assert.is_nil(io.open(run.folder .. "/1.out"))
      assert.is_nil(os.execute("kill -0 " .. run.named.b.pid .. " 2>&-"))
    end
  end)

  it("that keep silent do not for ever", function()
    new(nil, { patience = 1 })
    run:start("a", "require 'spec.support.participant'.sleep(9)\n")
    run:go(function() return true end)
    run:start("b", "print 'on and on'\nio.stdout:flush()\nwhile true do end")
    await_end(("! grep -q on %s/2.out"):format(run.folder))
    local ok, err = pcall(run.go, run)
    assert.is_false(ok)
    assert.matches("^b kept silent for 1 s:\non and on\n", err)
  end)

  it("end with the process that started them", function()
    local pipe = io.popen(("exec lua5.4 - <<'END'\n%s\nEND"):format([[
local clocks, services = require "mde.simulator.clock", require "mde.simulator.service"
local clock = clocks.new()
local service = services.new { clock = clock }
local run = require "spec.support.participants".new(service, clock)
run:start("waits", "require 'spec.support.participant'.sleep(9)\n")
run:start("busy", "while true do end\n")
print(run.folder, run.named.waits.pid, run.named.busy.pid)
io.stdout:flush()
os.execute "kill -KILL $PPID"]]))
    local folder, waits, busy = pipe:read "a":match "(%S+)\t(%d+)\t(%d+)"
    pipe:close()
    await_end("kill -0 " .. waits)
    await_end("kill -0 " .. busy)
    await_end("[ -e " .. folder .. " ]")
  end)
end)
