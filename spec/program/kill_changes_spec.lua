-- Launches and undos that are killed at any instant while answers are lost.

local cjson = require "cjson"
local program = require "spec.support.program"
local random_numbers = require "mde.simulator.random"
local trouble = require "spec.support.trouble"
local verdicts = require "mde.service.verdicts"

-- The whole trial has 200 kills of 300 items: MDE_KILLS=200.
local KILLS = tonumber(os.getenv "MDE_KILLS") or 4
local COUNT = KILLS > 100 and 300 or 3 * KILLS

-- Answers that are lost. A launch that did not take effect is looked for during a minute: the whole
-- trial alone has such ones.
local LOSSY = ([[oddities = { lost_after = { chance = 0.1, operation = "changes" },
  bad_gateway = { chance = 0.1, operation = "changes" },
  lost_before = %s }]]):format(KILLS > 100 and '{ chance = 0.02, operation = "changes" }'
  or "false")

-- Kills a batch b that the command `begin` begins, and what resumes it, after some system calls
-- (of those that trouble.c counts), and resumes it in the end.
-- -> { status, out, err }: out has what is described in `parts` below
local function torment(case, seed)
  local random, steps = random_numbers.new(seed), {}
  local range = 60 + 80 * COUNT / KILLS  -- so that the kills hit all of the batch
  for i = 1, 2 * KILLS do steps[i] = ("%d"):format(1 + math.floor(random() * range)) end
  local environment = trouble.environment "kill:STEP":gsub("STEP", "'$step'")
  local script = ([[
    export MDE_QUOTA=off; unset MDE_KILLS
    PREPARE
    killed=0; echo KILLS
    for step in STEPS; do
      [ $killed -lt LIMIT ] || break
      state=$(mde batch list --json 2>/dev/null |
        sed -n 's/.*"batch":"b","state":"\([a-z]*\)","done":\([0-9]*\).*/\1 \2/p')
      case $state in
        done*) break ;;
        '') step=$((step + 40)); TROUBLE mde --timeout 1 BEGIN >out 2>err ;;
        *) TROUBLE mde --timeout 1 resume b --reserve 0 --parallel 2 >out 2>err ;;
      esac
      [ $? -eq 137 ] && killed=$((killed + 1)) && echo "${state:-draft 0}"
    done
    for i in 1 2 3; do mde --timeout 1 resume b --reserve 0 --parallel 50 >out 2>err; done
    cat err >&2
    mde audit verify
    echo ITEMS; mde batch show b --json 2>/dev/null
    echo REQUESTS; grep ^POST "$REQUESTS"
    echo EVENTS; lua5.4 SUPPORT/journal.lua "$XDG_STATE_HOME/mde/mde.db"
    echo AUDIT; cat "$XDG_STATE_HOME/mde/audit.jsonl"
    echo ACTIONS; mde list --all --json 2>/dev/null; echo END]]):gsub("%u%u%u%u%u+", {
      PREPARE = case.prepare, LIMIT = KILLS, STEPS = table.concat(steps, " "),
      TROUBLE = environment, BEGIN = case.begin, SUPPORT = program.quote(program.support) })
  return program.rehearse(case.incident, script)
end

-- Parts of the output

local function part(run, name, next)
  return run.out:match("%f[%u]" .. name .. "\n(.-)%f[%u]" .. next .. "\n")
    or error(run.out .. run.err)
end

local function objects(text)
  local list = {}
  for line in text:gmatch "{[^\n]*}" do list[#list + 1] = cjson.decode(line) end
  return list
end

-- The paths of the requests -> how often each was sent
local function posts_of(text)
  local posts = {}
  for path in text:gmatch "POST /api/(%S+)" do posts[path] = (posts[path] or 0) + 1 end
  return posts
end

-- The audit log's verdicts: id -> array
local function audit_of(text)
  local lines = {}
  for _, line in ipairs(objects(text)) do
    if line.id then
      lines[line.id] = lines[line.id] or {}
      table.insert(lines[line.id], line.verdict)
    end
  end
  return lines
end

-- id -> whether it was sent after it was settled
local function sent_again(text)
  local settled, again = {}, {}
  for id, kind, verdict in text:gmatch "%d+ (%S+) %d+ (%l+) (%S+)\n" do
    again[id] = again[id] or kind == "sent" and settled[id] or false
    settled[id] = settled[id] or kind == "ended" and verdicts.settled[verdict]
  end
  return again
end

-- Checks an item's audit lines. `has_post`: its request is in the ledger. A release is
-- `undo_accepted` until it has ended.
local function check_audit(item, lines, has_post)
  local final, last = 0, nil
  for _, verdict in ipairs(lines or {}) do
    if verdicts.settled[verdict] then final = final + 1 end
    last = verdict
    assert.truthy(has_post or verdict == "unsent" or verdict == "unknown", item.id)
  end
  if not has_post then return end
  assert.equal(item.verdict, last, item.id)
  assert.equal(item.verdict == "undo_accepted" and 0 or 1, final,
    item.id .. ": " .. table.concat(lines, " "))
end

local function check(case, seed)
  local run = torment(case, seed)
  local posts = posts_of(part(run, "REQUESTS", "EVENTS"))
  local lines = audit_of(part(run, "AUDIT", "ACTIONS"))
  local again = sent_again(part(run, "EVENTS", "AUDIT"))
  local actions, launched = objects(part(run, "ACTIONS", "END")), {}
  for _, action in ipairs(actions) do
    local key = action.type .. " " .. (action.machineId or "")
    launched[key] = (launched[key] or 0) + (action.requestorComment == "x" and 1 or 0)
  end
  local items, counts, sent = objects(part(run, "ITEMS", "REQUESTS")), {}, 0
  for _, item in ipairs(items) do
    counts[item.verdict] = (counts[item.verdict] or 0) + 1
    assert.truthy(verdicts.settled[item.verdict] or item.verdict == "undo_accepted", item.verdict)
    assert.is_false(again[item.id], item.id)
    if item.verdict == "launched" then assert.equal(1, launched["Isolate " .. item.id], item.id) end
    local has_post = case.has_post(item, posts, actions)
    check_audit(item, lines[item.id], has_post)
    sent = sent + (has_post and 1 or 0)
  end
  for key, count in pairs(launched) do assert.is_true(count <= 1, key) end
  assert.truthy(run.out:find "%d+ lines, unbroken", run.out:sub(1, 2000))
  local hits = 0
  for _ in part(run, "KILLS", "ITEMS"):gmatch "%l+ %d+\n" do hits = hits + 1 end
  if os.getenv "MDE_KILLS" then
    io.stderr:write(("# %d kills before the end, %d items, %d sent:"):format(hits, #items, sent))
    for name, count in pairs(counts) do io.stderr:write((" %d %s"):format(count, name)) end
    io.stderr:write "\n"
  end
  return hits, #items
end

local CASES = {
  isolations = {
    incident = "{ mistaken = 0, history = 0, quota = false, " .. LOSSY .. " }",
    prepare = ("mde machines --seen-within 900d --ids 2>/dev/null | head -n %d >ids"):format(COUNT),
    begin = ("isolate - -m x --yes --max %d --batch b --parallel 2 <ids"):format(COUNT),
    has_post = function(item, posts) return posts["machines/" .. item.id .. "/isolate"] end,
  },
  ["an undo"] = {
    incident = ("{ mistaken = %d, took_effect = 0.5, history = 0, quota = false, %s }"):format(
      COUNT, LOSSY),
    prepare = "",
    begin = ("undo --requestor soar@contoso.com --newer-than 1d -m x --yes --max %d --batch b"
      .. " --parallel 2"):format(COUNT),
    has_post = function(item, posts, actions)
      if posts["machineactions/" .. item.id .. "/cancel"] then return true end
      for _, action in ipairs(actions) do
        if action.id == item.id then
          return posts["machines/" .. action.machineId .. "/unisolate"] ~= nil
        end
      end
    end,
  },
}

describe("a batch that is killed while answers are lost", function()
  for name, case in pairs(CASES) do
    it("launches once, and has one verdict per item: " .. name, function()
      if program.path:find("/asan/", 1, true) then return pending "takes too long" end
      local hits, items = check(case, 3)
      assert.equal(COUNT, items)
      assert.is_true(hits >= KILLS * 0.5, hits)
    end)
  end
end)
