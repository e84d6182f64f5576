-- A batch that is killed at any instant: nothing is lost, nothing is sent twice unseen.

local program = require "spec.support.program"
local random_numbers = require "mde.simulator.random"
local trouble = require "spec.support.trouble"

-- Kills a batch of `count` actions `kills` times, each time after some system calls (of
-- those that trouble.c counts), and resumes it in the end.
-- -> { status, out, err }: out is what the service was asked and the journal's events
local function torment(count, kills, seed)
  local random, steps = random_numbers.new(seed), {}
  for i = 1, kills do steps[i] = ("%d"):format(1 + math.floor(random() * 120)) end
  local environment = trouble.environment "kill:STEP":gsub("STEP", "'$step'")
  local script = ([[
    mde list --requestor soar@contoso.com --ids >ids 2>/dev/null
    killed=0
    for step in %s; do
      if mde batch show b >/dev/null 2>&1; then
        %s mde resume b --reserve 0 >out 2>err
      else
        step=$((step * 10))
        %s mde cancel - -m x --yes --max 3000 --batch b --reserve 0 <ids >out 2>err
      fi
      [ $? -eq 137 ] && killed=$((killed + 1))
    done
    echo "killed $killed"
    mde resume b --reserve 0 >out 2>err; echo "ended $?"
    mde resume b 2>&1
    mde audit verify
    echo REQUESTS; cat "$REQUESTS"
    echo EVENTS; lua5.4 %s/journal.lua "$XDG_STATE_HOME/mde/mde.db"]]):format(
    table.concat(steps, " "), environment, environment, program.quote(program.support))
  return program.rehearse(("{ mistaken = %d, history = 0, quota = false }"):format(count),
    "export MDE_QUOTA=off; " .. script)
end

-- The ids' posts and, for each but the first, whether the id was read since the one before.
local X4 = ("%x"):rep(4)
local ID = X4 .. X4 .. "%-" .. X4 .. "%-" .. X4 .. "%-" .. X4 .. "%-" .. X4 .. X4 .. X4

local function posts_of(requests)
  local posts, read = {}, {}
  for method, path in requests:gmatch "(%u+) (%S+)\n" do
    local posted = method == "POST" and path:match "/(%x+%-[%x%-]+)/cancel$"
    if posted then
      posts[posted] = posts[posted] or { count = 0, unread = 0 }
      local of = posts[posted]
      of.count = of.count + 1
      if of.count > 1 and not read[posted] then of.unread = of.unread + 1 end
      read[posted] = false
    elseif method == "GET" then
      for id in path:gmatch(ID) do
        read[id] = true
      end
    end
  end
  return posts
end

-- The ids' events: how often sent, how often ended, whether sent after it was settled.
local function events_of(text)
  local events = {}
  for id, kind, verdict in text:gmatch "%d+ (%S+) %d+ (%l+) (%S+)\n" do
    events[id] = events[id] or { sent = 0, ended = 0, again = false }
    local of = events[id]
    of[kind] = of[kind] + 1
    if kind == "sent" and of.verdict then of.again = true end
    of.verdict = verdict ~= "-" and verdict or of.verdict
  end
  return events
end

local function check(count, kills, seed)
  local run = torment(count, kills, seed)
  assert.equal(0, run.status, run.err)
  assert.truthy(run.out:find("ended 0\n", 1, true), run.out:sub(1, 2000) .. run.err)
  assert.truthy(run.out:find("This batch has no open items", 1, true))
  assert.truthy(run.out:find "%d+ lines, unbroken")
  local killed = tonumber(run.out:match "killed (%d+)")
  local posts = posts_of(run.out:match "REQUESTS\n(.-)EVENTS\n")
  local events, ids, twice = events_of(run.out:match "EVENTS\n(.*)$"), 0, 0
  for id, of in pairs(events) do
    ids = ids + 1
    local posted = posts[id] or { count = 0, unread = 0 }
    assert.truthy(of.verdict == "cancelled" or of.verdict == "already_cancelled", of.verdict)
    assert.is_false(of.again, id)                     -- sent after its outcome was known
    assert.is_true(posted.count >= 1, id)
    assert.is_true(posted.count <= of.sent, id)       -- no request without its intent
    assert.equal(0, posted.unread, id)                -- not again before it was read
    if posted.count > 1 then twice = twice + 1 end
  end
  assert.equal(count, ids)
  return killed, twice
end

describe("a batch that is killed", function()
  it("at 200 instants ends with each action cancelled, and none posted again unseen", function()
    if program.path:find("/asan/", 1, true) then return pending "takes too long" end
    local killed = check(2000, 200, 1)
    assert.is_true(killed >= 195, killed)
  end)

  it("is whole after a few", function()
    check(40, 12, 2)
  end)
end)

-- {{ Isolations while answers are lost

-- Kills a batch that isolates `count` machines `kills` times, and resumes it in the end.
-- -> { status, out, err }: out is the effects of launches per machine, the journal's events and the
-- audit log
local function torment_launches(count, kills, seed)
  local most = 10 * count / kills
  local random, steps = random_numbers.new(seed), {}
  for i = 1, kills do steps[i] = ("%d"):format(1 + math.floor(random() * most)) end
  local environment = trouble.environment "kill:STEP":gsub("STEP", "'$step'")
  local script = ([[
    export MDE_QUOTA=off; mde machines --seen-within 900d --ids 2>/dev/null | head -n %d >ids
    killed=0; wc -l <ids
    for step in %s; do
      if mde batch show b >/dev/null 2>&1; then
        %s mde --timeout 1 resume b --reserve 0 --parallel 2 >out 2>err
      else
        step=$((step * 10))
        %s mde --timeout 1 isolate - -m x --yes --max %d --batch b --parallel 2 <ids >out 2>err
      fi
      [ $? -eq 137 ] && killed=$((killed + 1))
    done
    echo "killed $killed"
    for i in 1 2 3; do mde --timeout 1 resume b --reserve 0 --parallel 50 >out 2>err; done
    mde audit verify; mde batch report b --csv >report
    grep -v ',launched,\|,existing,' report >&2
    echo EFFECTS; grep '^POST /api/machines/' $REQUESTS | cut -d/ -f4 | sort | uniq -c
    echo EVENTS; lua5.4 %s/journal.lua "$XDG_STATE_HOME/mde/mde.db"
    echo AUDIT; grep '"what":"isolate"' "$XDG_STATE_HOME/mde/audit.jsonl"
    echo ACTIONS; mde list --all --type Isolate --json 2>/dev/null]]):format(count,
    table.concat(steps, " "), environment, environment, count, program.quote(program.support))
  return program.rehearse([[{ mistaken = 0, history = 0, quota = false, oddities = {
    lost_after = { chance = 0.1, operation = "isolate" },
    bad_gateway = { chance = 0.1, operation = "isolate" } } }]], script)
end

-- The machines' audit lines: id -> array of verdicts
local function audit_of(text)
  local lines = {}
  for line in text:gmatch "[^\n]+" do
    local id, verdict = line:match '"id":"(%x+)"', line:match '"verdict":"([%l_]+)"'
    lines[id] = lines[id] or {}
    table.insert(lines[id], verdict)
  end
  return lines
end

-- A colleague has isolated some of them, with another scope too.
local GOOD = { launched = true, existing = true, refused = true }

local function check_launches(count, kills, seed)
  local run = torment_launches(count, kills, seed)
  assert.equal(0, run.status, run.err)
  local killed = tonumber(run.out:match "killed (%d+)")
  local events = events_of(run.out:match "EVENTS\n(.*)AUDIT\n")
  local lines = audit_of(run.out:match "AUDIT\n(.*)ACTIONS\n")
  local actions, ids = {}, 0
  local shown = {}
  for line in run.out:match("ACTIONS\n(.*)$"):gmatch "[^\n]+" do
    local id = line:match '"machineId":"(%x+)"'
    shown[id] = shown[id] or {}
    table.insert(shown[id], line)
    actions[id] = (actions[id] or 0) + 1
  end
  for id, of in pairs(events) do
    ids = ids + 1
    assert.truthy(GOOD[of.verdict], run.err)
    assert.is_false(of.again, id)        -- sent after its verdict was known
    assert.equal(1, actions[id], table.concat(shown[id], "\n"))  -- launched once
    local final = 0
    for _, verdict in ipairs(lines[id] or {}) do
      if GOOD[verdict] then final = final + 1 end
    end
    assert.equal(1, final, id)
  end
  assert.equal(count, ids)
  assert.truthy(run.out:find "%d+ lines, unbroken", run.out:sub(1, 2000))
  return killed
end

describe("isolations that are killed while answers are lost", function()
  local kills = tonumber(os.getenv "MDE_KILLS") or 10

  it("are launched once per machine, with a final audit line", function()
    if program.path:find("/asan/", 1, true) then return pending "takes too long" end
    local killed = check_launches(kills > 100 and 300 or 40, kills, 3)
    assert.is_true(killed >= kills * 0.5, killed)
  end)
end)

-- }}
