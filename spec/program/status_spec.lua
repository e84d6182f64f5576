-- mde status, against the simulator.

local cjson = require "cjson"
require "spec.support.policy"
local program = require "spec.support.program"
local program_run = require "mde.program"
local systems = require "spec.support.system"
local world = require "spec.support.world"

local function rehearse(script, options)
  return program.rehearse(options or "{ mistaken = 12, history = 20 }", script)
end

describe("mde status", function()
  it("shows what a loop of commands has used of the windows, and who", function()
    local run = rehearse [[
      for id in $(mde list --requestor soar@contoso.com --ids --limit 3 2>/dev/null); do
        mde cancel $id -m x >/dev/null 2>&1
      done
      mde status; mde status --json]]
    assert.equal(0, run.status, run.err)
    assert.truthy(run.out:find "cancel +minute +3 +97 +now +%S+@%S+ pid %d+: 1, ", run.out)
    assert.truthy(run.out:find "cancel +hour +3 +1497 ", run.out)
    local object = cjson.decode(run.out:match "\n({.-})\n")
    local first = object.windows[1]
    assert.same({ "client secret", "commercial", 0 }, { object.way, object.cloud,
      object.live_responses.in_progress })
    assert.same({ "cancel", "minute", 100, 3, 97, cjson.null, 3 }, {
      first.bucket, first.window, first.limit, first.used, first.free, first.next_slot,
      #first.holders })
  end)

  it("says when the next slot frees", function()
    local run = rehearse([[export MDE_QUOTA=2,1000
      set -- $(mde list --requestor soar@contoso.com --ids --limit 2 2>/dev/null)
      mde cancel $1 $2 -m x --yes --reserve 0 >/dev/null 2>&1; mde status --offline]])
    assert.truthy(run.out:find "cancel +minute +2 +0 +%d%d:%d%d:%d%d %S+ %(in [%dms ]+%)", run.out)
  end)

  it("shows batches that run or are open, also if the service does not answer", function()
    local run = rehearse([[
      mde cancel --requestor soar@contoso.com -m x --yes --max 12 --batch b --parallel 2 \
        >/dev/null 2>&1 & pid=$!
      wait_until '[ "$(cat $POSTED)" -ge 2 ]'
      mde status; kill -KILL $pid; wait $pid
      mde status --json; MDE_API_URL=http://127.0.0.1:1 mde status]],
      [[{ mistaken = 12, history = 0,
          oddities = { late = { operation = "cancel", nth = { 1, 2 } }, late_by = 900 } }]])
    assert.truthy(run.out:find
      "b +running +%d+s +%S+ pid %d+ +0 +12 +%d%d:%d%d %S+ +mde cancel ", run.out)
    assert.truthy(run.out:find '"batches":%[{[^}]*"state":"open"', run.out)
    assert.truthy(run.out:find "b +open +%d+s +%S+@%S+ +0 +12 +mde cancel [^\n]+\n$", run.out)
  end)

  it("is one screen: permissions, open actions, stuck ones, isolated machines", function()
    local run = rehearse([[mde status; mde status --json; mde status --offline >offline
      cat offline]], "{ mistaken = 12, history = 20 }")
    assert.equal(0, run.status, run.err)
    for _, text in ipairs { "\nYou can list actions, cancel, isolate and release machines, ",
      "\n61 open actions\n26  LiveResponse +Pending +%S+ +6h–1d\n12  Isolate  ",
      "\nstuck +26 LiveResponse open for longer than 2h, ",
      "\nlive response +0 of 25 sessions in progress, 26 pending\n",
      "\nisolated +%d+ machines?, and %d+ with an open isolation\n" } do
      assert.truthy(run.out:find(text), text .. run.out)
    end
    local object = cjson.decode(run.out:match "\n({.-})\n")
    assert.same({ 12, "soar@contoso.com" }, { object.open[2].count, object.open[2].requestor })
    assert.same({ "LiveResponse", 26, 7200 }, { object.stuck[1].type, object.stuck[1].count,
                                                object.stuck[1].limit })
    assert.truthy(object.isolated.isolated > 0)
    local offline = run.out:match ".*\n(tenant.*)$"
    assert.falsy(offline:find "signed in")
    assert.truthy(offline:find "cancel +minute")
  end)

  it("is redrawn with --watch until Ctrl-C, and says what that costs", function()
    local run = program.at_terminal(80, { "Ctrl-C. Each", "^C" }, program.path, "sim", "mde",
      "status", "--watch")
    assert.equal(0, run.status, run.out)
    local calls = run.out:gsub("%s+", " ")
      :match "every 2m until Ctrl%-C%. Each time takes (%d) calls: %d+ an hour%."
    assert.truthy(tonumber(calls) >= 2, run.out)
    assert.equal(2, rehearse "mde status --watch 3s".status)
  end)
end)

-- Runs `mde status --watch` in this process, under a virtual clock, with a signal
-- at the first request after `seconds`. -> exit status, standard output, standard error
local function watched(seconds)
  local is_watched, signals = false, 0
  local session, service, clock = world.new({}, {}, function(its_clock)
    return require "mde.store.sql.sqlite".open(nil, its_clock, "spec")
  end)
  local answer, moment = service.answer, clock.monotonic() + seconds
  function service:answer(request)
    if clock.monotonic() >= moment then
      assert(is_watched, "the signal ends the program")
      signals, moment = 1, math.huge
    end
    return answer(self, request)
  end
  session.close = function() end
  local own = systems.new({ HOME = "/none" }, { clock = clock,
    mde = { client = function() return session end },
    interrupt = {
      watch = function() is_watched, signals = true, 0 end,
      release = function() is_watched = false end,
      count = function() return signals end,
      blocking = function(f, ...) return f(...) end,
    } })
  own.process.pause = clock.advance
  local result = program_run({ "status", "--watch", "10s", "--store", "memory" }, own)
  return result, own.stdout.text, own.stderr.text
end

describe("Ctrl-C in mde status --watch", function()
  it("ends it during a later reading, and the last whole screen stays", function()
    local result, out, err = watched(15)
    assert.same({ 0, "" }, { result, err })
    assert.equal(2, select(2, out:gsub("until Ctrl%-C", "")), out)
    assert.equal(2, select(2, out:gsub("open actions", "")), out)
  end)

  it("ends it during the first reading with 130", function()
    assert.same({ 130, "", "" }, { watched(0) })
  end)
end)
