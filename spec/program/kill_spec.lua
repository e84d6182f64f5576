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
