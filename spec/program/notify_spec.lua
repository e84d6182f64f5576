-- A profile's `notify`: its command gets an event of each change, at least once.

local cjson = require "cjson"
local program = require "spec.support.program"
local random_numbers = require "mde.simulator.random"
local trouble = require "spec.support.trouble"

-- Runs a script with a profile whose `notify` is the shell command.
local function with_notify(command, script)
  local profile = ("client_secret = 's3cret~contoso', notify = { 'sh', '-c', %q }"):format(command)
  return program.with_tenants(("{ contoso = { actions = 6, profile = %q } }"):format(profile),
    script)
end

local APPEND = "cat >>$XDG_STATE_HOME/events"

-- The events in a text, in their order.
local function events_of(text)
  local list = {}
  for line in text:gmatch '({"id":[^\n]*})\n' do list[#list + 1] = cjson.decode(line) end
  return list
end

local function kinds_of(events)
  local kinds = {}
  for i, event in ipairs(events) do kinds[i] = event.event end
  return table.concat(kinds, " ")
end

local CANCEL = "mde cancel --type Isolate -m 'x y' --yes --max 6 --batch b"
local SHOW = "cat $XDG_STATE_HOME/events"
-- As if the minute for which a process claims an event were over.
local UNCLAIM = 'sqlite3 $XDG_STATE_HOME/mde/mde.db "UPDATE notices SET claimed = NULL"\n'

describe("notify", function()
  it("gets an event on standard input when a batch begins and ends", function()
    local run = with_notify(APPEND, CANCEL .. " >/dev/null; " .. SHOW)
    assert.equal(0, run.status, run.err)
    local events = events_of(run.out)
    assert.equal("begun ended", kinds_of(events))
    local ended = events[2]
    assert.same({ "contoso", "b", "x y", 6, 0, { cancelled = 6 } },
      { ended.profile, ended.batch, ended.comment, ended.items, ended.open, ended.verdicts })
    assert.truthy(ended.command:find "^mde cancel " and ended.who:find "@" and ended.time)
    assert.are_not.equal(events[1].id, ended.id)
  end)

  it("gets a stop and the refusal of a guard", function()
    local run = with_notify(APPEND, [[
      printf '%s' 'return { comment = "x", decide = "cancel" }' >p.lua
      mde plan p.lua -o plan >/dev/null 2>&1
      hash=$(tail -n 1 plan | sed 's/.*"\([0-9a-f]*\)"}/\1/')
      ]] .. CANCEL .. [[ --parallel 1 >/dev/full
      sed -i "s/tenant = /guard = { max = 1 }, tenant = /" $XDG_CONFIG_HOME/mde/config.lua
      mde plan p.lua; mde apply plan --approve $hash; ]] .. SHOW)
    local events = events_of(run.out)
    assert.equal("begun stopped refused", kinds_of(events), run.err)
    assert.same({ "output failed", 5 }, { events[2].reason, events[2].open })
    assert.truthy(events[3].command:find "^mde apply plan ")
    assert.truthy(events[3].message:find "guard max of the profile contoso: ")
  end)

  it("gets the end of a batch that is closed", function()
    local run = with_notify(APPEND, CANCEL .. [[ --parallel 1 >/dev/full
      mde batch close b -m 'by hand'; ]] .. SHOW)
    local events = events_of(run.out)
    assert.equal("begun stopped closed", kinds_of(events), run.err)
    assert.same({ "contoso", "b", "by hand", 6, { cancelled = 1 } }, { events[3].profile,
      events[3].batch, events[3].reason, events[3].items, events[3].verdicts })
  end)

  it("of mde watch is read again on SIGHUP", function()
    local run = with_notify("cat >>$XDG_STATE_HOME/former", [[
      sed -i "s/tenant = /guard = { max = 1 }, tenant = /" $XDG_CONFIG_HOME/mde/config.lua
      printf '%s' 'return { comment = "x", decide = "cancel" }' >p.lua
      hash=$(mde test p.lua 2>&1 >/dev/null | sed -n 's/.*approve: //p')
      mde watch p.lua --approve $hash --every 1s >out & pid=$!
      until grep -q refused $XDG_STATE_HOME/former; do sleep 0.05; done
      sed -i 's/former/events/; s/max = 1/max = 2/' $XDG_CONFIG_HOME/mde/config.lua
      kill -HUP $pid; until grep -q refused $XDG_STATE_HOME/events; do sleep 0.05; done
      kill $pid; wait $pid; ]] .. SHOW)
    local events = events_of(run.out)
    assert.equal("refused", kinds_of(events), run.out .. run.err)
    assert.truthy(events[1].message:find "max", events[1].message)
  end)

  it("gets what was overridden", function()
    local run = with_notify(APPEND, [[
      sed -i "s/tenant = /guard = { max = 1 }, tenant = /" $XDG_CONFIG_HOME/mde/config.lua
      ]] .. CANCEL .. "; " .. CANCEL .. " --override max >/dev/null; " .. SHOW)
    local events = events_of(run.out)
    assert.equal("refused begun overridden ended", kinds_of(events), run.err)
    assert.truthy(events[3].reason:find "^max: .* Reason: x y$", events[3].reason)
  end)

  it("gets a refusal of mde watch once", function()
    local run = with_notify(APPEND, [[
      sed -i "s/tenant = /guard = { max = 1 }, tenant = /" $XDG_CONFIG_HOME/mde/config.lua
      printf '%s' 'return { comment = "x", decide = "cancel" }' >p.lua
      hash=$(mde test p.lua 2>&1 >/dev/null | sed -n 's/.*approve: //p')
      mde watch p.lua --approve $hash --every 1s >out & pid=$!
      until [ "$(grep -c '"refused"' out)" -ge 2 ]; do sleep 0.05; done
      kill $pid; wait $pid; ]] .. SHOW)
    local events = events_of(run.out)
    assert.equal("refused", kinds_of(events), run.out .. run.err)
    assert.same({ "max", "contoso" }, { events[1].guard, events[1].profile })
  end)

  it("gets from mde watch which actions are stuck", function()
    local run = program.rehearse("{ mistaken = 2, history = 0 }", [[
      mkdir -p $XDG_CONFIG_HOME/mde; cat >$XDG_CONFIG_HOME/mde/config.lua <<END
return { profiles = { contoso = {
  tenant = "$AZURE_TENANT_ID", client_id = "$AZURE_CLIENT_ID",
  client_secret = "$AZURE_CLIENT_SECRET", api_url = "$MDE_API_URL",
  authority = "$AZURE_AUTHORITY_HOST", notify = { "sh", "-c", "]] .. APPEND .. [[" },
} } }
END
      chmod 600 $XDG_CONFIG_HOME/mde/config.lua
      printf '%s' 'return { comment = "x", decide = "keep" }' >p.lua
      mde -p contoso watch p.lua --once >/dev/null; ]] .. SHOW)
    local events = events_of(run.out)
    assert.equal("stuck", kinds_of(events), run.out .. run.err)
    assert.equal("26 LiveResponse are open for too long", events[1].message)
  end)

  it("gets an event again later, if it failed", function()
    local run = with_notify("[ -e ok ] && " .. APPEND, CANCEL .. [[ >/dev/null; echo "was $?"
      touch ok; mde list >/dev/null; ]] .. UNCLAIM .. "mde list >/dev/null;" .. SHOW)
    assert.truthy(run.out:find "^was 0\n", run.out .. run.err)
    assert.truthy(run.err:find("notify: sh ended with status 1; the event is kept and passed on"
      .. " later.", 1, true), run.err)
    local events = events_of(run.out)
    assert.equal(2, #events)
    local _, count = run.err:gsub("notify:", "")
    assert.equal(1, count)
  end)

  it("is tested by mde status", function()
    local run = with_notify("cat; exit $(cat code)", [[echo 0 >code
      mde status --test-notify; echo "was $?"; echo 7 >code; mde status --test-notify
      echo "was $?"; sed -i "s/, notify = {[^}]*}//" $XDG_CONFIG_HOME/mde/config.lua
      mde status --test-notify; echo "was $?"]])
    assert.equal("was 0\nwas 4\nwas 2\n", run.out, run.err)
    assert.equal("test", events_of(run.err)[1].event)
    assert.truthy(run.err:find("notify: sh ended with status 0.\n", 1, true))
    assert.truthy(run.err:find("notify: sh ended with status 7.\n", 1, true))
    assert.truthy(run.err:find("the profile has no `notify`", 1, true))
  end)

  it("goes to a webhook or to the system's log in the examples", function()
    for name, said in pairs {
      webhook = "curl .*%-%-fail .*%-%-data%-binary @%- .*{\"id\":",
      syslog = "logger %-%-tag mde .*{\"id\":",
    } do
      local run = program.sh(([[
        mkdir bin; for name in curl logger; do
          printf '#!/bin/sh\necho "%%s" "$@"; cat' $name >bin/$name; chmod +x bin/$name
        done
        cp %s/notify/%s.lua config.lua; export MDE_CONFIG=config.lua
        PATH=$PWD/bin:$PATH mde -p contoso status --test-notify]]):format(
          program.quote(program.examples), name))
      assert.equal(0, run.status, run.err)
      assert.truthy(run.err:find(said), run.err)
    end
  end)

  it("must be an array of words", function()
    local run = program.with_tenants([[{ contoso = { profile = "notify = { 1 }" } }]],
      "mde profiles")
    assert.equal(2, run.status)
    assert.truthy(run.err:find("profiles.contoso.notify: must be an array of words", 1, true))
  end)
end)

-- Kills

-- Begins batches b1, b2, … and resumes them, and kills the processes after some system calls, until
-- that many were killed.
-- -> { status, out, err }: out has the number of kills, the journal's events of batches, and those
-- that were passed on
local function torment(kills, seed)
  local random, steps = random_numbers.new(seed), {}
  for i = 1, 3 * kills do steps[i] = ("%d"):format(1 + math.floor(random() * 170)) end
  local environment = trouble.environment "kill:STEP":gsub("STEP", "'$step'")
  return with_notify(APPEND, ([[
    killed=0 n=0
    for step in %s; do
      [ $killed -lt %d ] || break
      n=$((n + 1)); name=b$((n / 4))
      if mde batch show $name >/dev/null 2>&1; then
        %s mde resume $name >/dev/null 2>&1
      else
        %s mde cancel $(mde list --all --ids --limit 3) -m x --yes --batch $name >/dev/null 2>&1
      fi
      [ $? -eq 137 ] && killed=$((killed + 1))
    done
    echo "killed $killed"
    database=$XDG_STATE_HOME/mde/mde.db
    while [ "$(sqlite3 $database 'SELECT count(*) FROM notices')" != 0 ]; do
      %s
      mde list >/dev/null 2>&1
    done
    sqlite3 $database "SELECT 'noted ' || name || ' ' || kind FROM events JOIN batches
      ON batch = batches.number WHERE position = 0"
    ]]):format(table.concat(steps, " "), kills, environment, environment, UNCLAIM) .. SHOW)
end

local function check(kills)
  local run = torment(kills, 1)
  local noted, passed, seen = {}, {}, {}
  for name, kind in run.out:gmatch "noted (%S+) (%l+)\n" do
    local key = name .. " " .. kind
    noted[key] = (noted[key] or 0) + 1
  end
  local events, again = events_of(run.out), 0
  for _, event in ipairs(events) do
    if seen[event.id] then again = again + 1
    else
      local key = event.batch .. " " .. event.event
      passed[key], seen[event.id] = (passed[key] or 0) + 1, true
    end
  end
  assert.truthy(next(noted), run.out .. run.err)
  assert.same(noted, passed)
  return tonumber(run.out:match "killed (%d+)"), #events, again
end

describe("notify of a process that is killed", function()
  -- MDE_KILLS=100 for the whole trial.
  it("gets each event at least once", function()
    local kills = tonumber(os.getenv "MDE_KILLS" or 12)
    local killed, passed, again = check(kills)
    assert.equal(kills, killed)
    if os.getenv "MDE_KILLS" then
      io.stderr:write(("%d kills: %d events passed on, %d of them again\n"):format(killed, passed,
        again))
    end
  end)
end)
