-- Each wait in doc/waits.md is reached by a test, which sees its message.

require "spec.support.policy"
local notify = require "mde.program.batch.notify"
local program = require "spec.support.program"
local stop = require "mde.program.batch.stop"
local system = require "mde.program.system"
local systems = require "spec.support.system"

local function read(path)
  local file <close> = assert(io.open(path))
  return file:read "a"
end

-- Each: the first cell of a row, the file of its test, and the name of the test (or its first words);
-- also the name of the test that compares the message, if that is another one.
local TESTS = {
  { "answer to a request", "unit/client/transport",
    "to the service has the API's address, the token and the client's timeouts" },
  { "repetition of a failed request", "unit/call/call",
    "is tried again after growing pauses when it never left" },
  { "end of HTTP 429", "unit/call/cancel", "does not wait for ever if every answer is 429" },
  { "slot of the quota", "unit/call/quota", "gives an hour's slots" },
  { "state after a lost answer", "unit/call/cancel",
    "gives up in the end, and reports the last known state" },
  { "second look for an action", "unit/call/reading_lag",
    "is not found after a second look, which is announced" },
  { "launch whose answer was lost", "unit/client/launch",
    "ends with the error, after three of them" },
  { "end of an action", "program/resume",
    "waits for the end of what was accepted, until the deadline" },
  { "service that fails", "unit/program/batch/outages", "costs little: " },
  { "request of another process that tries first", "unit/call/probe",
    "waits for a probe of a process that was killed, and says so" },
  { "reads of the canary", "unit/program/batch/canary",
    "fails if the service does not have what it confirmed" },
  { "release after cancels", "program/releases",
    "wait for the cancels on their own machine only" },
  { "all reads of a command", "unit/program/session/client",
    "ends after ten minutes, or --deadline" },
  { "data of a download", "program/download",
    "gives up at the deadline when the service asks to wait",
    "shows at a terminal how far it is, in its width" },
  { "values for completion", "unit/program/completion/known",
    "are read once a minute, in at most two seconds" },
  { "next round of `mde watch`", "program/watch", "continues after the service has failed" },
  { "next screen of `mde status --watch`", "program/status",
    "is redrawn with --watch until Ctrl-C, and says what that costs" },
  { "hours of a guard", "program/watch", "reports only outside of the hours of the guards" },
  { "token", "unit/auth/token",
    "is tried again with growing pauses after a transient failure" },
  { "token that another worker of nginx fetches", "unit/store/nginx",
    "is fetched by the other process if the first has died or failed" },
  { "code of `mde login`", "unit/auth/device_code", "reports other ends" },
  { "managed identity", "unit/auth/managed_identity",
    "is waited for while it is created, and during an update of its service" },
  { "Azure CLI", "unit/auth/azure_cli", "is not waited for longer than a minute" },
  { "`secret_command`", "unit/config/secret", "is the first line that the command prints" },
  { "locked database", "unit/store/sql/waiting",
    "names the holder within 5 s, and ends after 60 s, or another limit" },
  { "lost PostgreSQL server", "unit/store/sql/connection",
    "is given up after the limit, and the store stays unusable" },
  { "session that still holds the batch", "unit/store/sql/connection",
    "waits until the server misses the old session" },
  { "silent PostgreSQL server", "program/store_restart", "ends a command with an error" },
  { "locked audit log", "unit/program/audit/lock",
    "is waited for up to 60 s, or 10 minutes in a batch, with a note" },
  { "policy that computes", "program/worker",
    "says which, of which policy, at which action; what was decided before still comes" },
  { "policy that is silent", "program/worker", "that is silent is killed" },
  { "`notify`", "program/waits", "ends after 10 s, and kills the command of notify" },
  { "batch that is asked to stop", "program/waits",
    "ends after 10 s if a batch does not stop" },
  { "requests in flight, after Ctrl-C or a stop", "program/cancel",
    "stops sending and says what was not done" },
  { "command of `mde sim`", "program/sim",
    "leaves Ctrl-C to the command, and passes on a request to end" },
  { "requests to `mde sim --serve`", "program/sim",
    "serves until interrupted, and prints what to export" },
  { "answer to a question", "program/cancel", "says so when Ctrl-C is the answer to its question" },
  { "line at the prompt of `mde repl`", "program/repl",
    "asks at a terminal, and outlives Ctrl-C in a running chunk" },
  { "ids on standard input", "unit/program/input/ids",
    "may span blocks of the file, but no line is longer than a megabyte" },
  { "reader of the output", "program/cancel",
    "stops the sending when its reader has gone, and says so" },
}

-- The rows of the tables: cells.
local function rows()
  local list = {}
  for line in read "doc/waits.md":gmatch "[^\n]+" do
    local cells = {}
    for cell in line:gmatch "|([^|]*)" do cells[#cells + 1] = cell:match "^%s*(.-)%s*$" end
    if cells[1] and cells[1] ~= "waits for" and not cells[1]:find "^%-" then
      assert.equal(6, #cells, line)  -- the last one is behind the table
      list[#list + 1] = cells
    end
  end
  return list
end

-- The source of a test whose name begins so.
local function source_of(test, name)
  local path = ("spec/%s_spec.lua"):format(test[2])
  local text = read(path)
  local first = text:find('("' .. name, 1, true)
  assert(first, path .. " has no test: " .. name)
  return text:sub(first, (text:find("\n  end)\n", first, true)))
end

-- A message as a pattern for any numbers and durations, names in quotes, and omissions.
local function pattern_of(message)
  return (message:gsub("%p", "%%%0"):gsub("…", ".-"):gsub("^ID", "%%x[%%x-]+")
    :gsub("%d[%d%%.]*%d", "0"):gsub("%d[hms]?", "%%d[%%d.hms ]*"):gsub("%%'%l+%%'", "'[^']*'"))
end

-- The source of a test, with its texts as they are printed.
local function plain(source)
  return (source:gsub('"%s*%.%.%s*"', ""):gsub("%%d%+?", "0"):gsub("%%([-.()+*?])", "%1"))
end

-- Row -> incident, script in which `virtual` is mde under a virtual clock; `columns` of a terminal. It
-- prints the message, and its exit status is that of the row.
local MISTAKEN = "--requestor soar@contoso.com"
local RUNS = {
  ["repetition of a failed request"] = { "oddities = { unavailable = { operation = 'api' } }",
    "virtual list" },
  ["end of HTTP 429"] = { "oddities = { throttled = true }", "virtual list" },
  ["slot of the quota"] = { "oddities = { cut_pages = 1 }",
    "virtual list " .. MISTAKEN .. " --deadline 30s" },
  ["second look for an action"] = { "",
    "virtual cancel 3fa85f64-5717-4562-b3fc-2c963f66afa6 -m x" },
  ["end of an action"] = { "", "virtual show --wait $(virtual list --ids --limit 1)",
    columns = 100 },
  ["service that fails"] = { "oddities = { unavailable = { operation = 'cancel' } }",
    "virtual cancel -m x --yes --max 200 " .. MISTAKEN },
  ["all reads of a command"] = { "oddities = { late = { operation = 'list' }, late_by = 900 }",
    "virtual list --deadline 30s" },
  ["hours of a guard"] = { "", [[
    printf 'return { comment = "x", select = { requestor = "soar@contoso.com" },
      guard = { max = 150, hours = "20:00-20:01 UTC" }, decide = "cancel" }' >p.lua
    virtual plan p.lua -o plan >shown
    virtual apply plan --approve $(sed -n '$s/.*:"\(.*\)"}/\1/p' plan)]] },
  ["token"] = { "oddities = { unavailable = { operation = 'token' } }", "virtual list" },
}

local function run(case)
  return program.sh(([[
    export TERM=xterm INCIDENT=%s
    cat >script <<'END'
      virtual() { "$mde" run %s/screens.lua "$PWD/state" "$@"; }
      %s
END
    exec %s sh script]]):format(
    program.quote("{ mistaken = 150, history = 0, " .. case[1] .. " }"), program.support, case[2],
    case.columns and program.pty() .. " " .. case.columns .. " --" or ""))
end

describe("a wait in doc/waits.md", function()
  it("has a bound, and a test by its name that has its message", function()
    local tests = {}
    for _, test in ipairs(TESTS) do tests[test[1]] = test end
    for _, row in ipairs(rows()) do
      local name, bound = row[1], row[2]
      local test = assert(tests[name], name .. " has no test")
      tests[name] = nil
      assert(bound ~= "", name .. " has no bound")
      local source = source_of(test, test[3])
      if test[4] then source = source_of(test, test[4]) end
      local messages = RUNS[name] and "" or row[4]
      for message in messages:gmatch "`([^`]+)`" do
        assert(plain(source):find(pattern_of(message)), name .. " has no test of: " .. message)
      end
    end
    assert.is_nil((next(tests)))
  end)

  for _, row in ipairs(rows()) do
    local case = RUNS[row[1]]
    if case then
      it("is announced: " .. row[1], function()
        local result = run(case)
        local shown = result.out .. result.err
        assert.truthy(shown:find(pattern_of(row[4]:match "`([^`]+)`")), shown)
        assert.equal(tonumber(row[5]), result.status, shown)
      end)
    end
  end
end)

-- Calls f(own) in a program whose pauses take virtual time. -> seconds that it took
local function timed(process, f)
  local own = systems.new({})
  for name, value in pairs(process) do own.process[name] = value end
  own.process.pause = own.clock.advance
  local began = own.clock.monotonic()
  system.run(own, function() f(own) end)
  return own.clock.monotonic() - began
end

describe("a wait for another process", function()
  it("ends after 10 s, and kills the command of notify", function()
    local status
    local process = {
      feed = function()
        status = nil
        return 4712
      end,
      wait = function() return status end,
      kill_group = function() status = 137 end,
    }
    for finish, message in pairs {
      [notify.test] = "notify: logger took longer than 10 s.\n",
      [notify.finish] = "notify: logger took longer than 10 s; the event is kept and passed on"
        .. " later.\n",
    } do
      local seconds = timed(process, function(own)
        local function claim()
          own.clock.advance(0.05)
          return 1, "{}\n"
        end
        system.state.store = { journal = { claim_notice = claim }, database = {} }
        notify.use { name = "contoso", notify = { "logger" } }
        finish()
        assert.equal(message, own.stderr.text)
      end)
      assert.equal(137, status)
      assert.is_true(seconds >= 10 and seconds < 10.1, seconds)
    end
  end)

  it("ends after 10 s if a batch does not stop", function()
    local batch = { name = "b", count = 2 }
    function batch.holder() return "dana@soc1 pid 7 (ab12)" end
    function batch.ask_stop() end
    function batch.counts() return {}, 1, 1 end
    local seconds = timed({}, function(own)
      assert.equal(1, stop.ask({ batch }, "b"))
      assert.truthy(own.stderr.text:find("Batch b has not stopped yet: it may wait for requests"
        .. " in flight.", 1, true), own.stderr.text)
    end)
    assert.is_true(seconds >= 10 and seconds < 10.5, seconds)
  end)
end)
