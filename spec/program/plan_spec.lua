-- mde plan, against the simulator.

local cjson = require "cjson"
local program = require "spec.support.program"

local RULE = [[return {
  comment = "Misfired rule", select = { type = "Isolate", requestor = "soar@contoso.com" },
  decide = function(action, machine)
    if machine:tagged "VIP" then return keep "VIP" end
    return cancel "misfired"
  end,
  guard = { max = 400 } }]]

-- Runs a script with policies { name -> text } against an incident.
local function sim(files, script, options)
  local parts = {}
  for name, text in pairs(files) do
    parts[#parts + 1] = ("printf %%s %s > %s"):format(program.quote(text), program.quote(name))
  end
  parts[#parts + 1] = script
  return program.rehearse(options or "{ quota = false }", table.concat(parts, "\n"))
end

local function lines(text)
  local list = {}
  for line in text:gmatch "[^\n]+" do list[#list + 1] = line end
  return list
end

describe("mde plan", function()
  it("shows what was decided, and changes nothing", function()
    local run = sim({ ["rule.lua"] = RULE }, "mde plan rule.lua")
    assert.equal(0, run.status)
    local rows = lines(run.out)
    assert.truthy(rows[1]:find "^DECISION +TYPE +AGE +MACHINE +BY +REASON$")
    assert.equal(313, #rows)
    assert.truthy(run.out:find "\ncancel +Isolate +%d+m +%S+ +soar@contoso%.com +misfired\n")
    assert.truthy(run.out:find "\nkeep +Isolate +%d+m +%S+ +soar@contoso%.com +VIP\n")
    local cancels, keeps = run.err:match
      "^(%d+) cancel, (%d+) keep; no decision on 0 of 312 actions%."
    assert.equal(312, cancels + keeps)
    assert.truthy(run.err:find "Nothing changed%. Add %-o PLAN to write the plan to a file%.\n$")
    assert.equal(0, run.ledger.posts)
  end)

  it("gives up at the deadline when the service asks to wait", function()
    local run = sim({ ["rule.lua"] = RULE }, "mde plan rule.lua --deadline 1s", [[{ mistaken = 1,
      oddities = { throttled = { operation = "list" }, throttled_for = 300 } }]])
    assert.same({ "", 4 }, { run.out, run.status })
    assert.truthy(run.err:find("mde: gave up at the deadline: ", 1, true), run.err)
  end)

  it("writes the plan, whose hash it shows", function()
    local run = sim({ ["rule.lua"] = RULE }, [[
      mde plan rule.lua -o plan.jsonl >/dev/null || exit
      cat plan.jsonl; sed '$d' plan.jsonl | sha256sum >&2; ls >&2]])
    local hash, whole = run.err:match
      "Nothing changed%. To apply the plan: mde apply plan%.jsonl %(hash (%x+)…%)\n(%x+) "
    assert.equal(hash, whole:sub(1, 12))
    assert.truthy(run.err:find "\nplan%.jsonl\nrule%.lua\n$", run.err)
    local rows = lines(run.out)
    assert.equal(314, #rows)
    assert.equal(whole, cjson.decode(rows[314]).sha256)
    local header, entity = cjson.decode(rows[1]), cjson.decode(rows[2])
    assert.equal(1, header.mde_plan)
    assert.equal("7d0b3b4e-6e1f-4c43-9d5a-2f8d4a1c9b60", header.tenant)
    assert.equal("rule", header.policies[1].name)
    assert.equal(400, header.guards[1].max)
    assert.equal("Isolate", entity.type)
    assert.truthy(entity.machineTags[1]:find "^site%-")
  end)

  it("gives the plan itself with --json", function()
    local run = sim({ ["rule.lua"] = RULE }, [[
      mde plan rule.lua --json -o plan.jsonl > shown && cmp shown plan.jsonl && echo same]])
    assert.equal("same\n", run.out)
  end)

  it("refuses the whole plan if a guard is violated, with 3, the guard and the count", function()
    local run = sim({ ["rule.lua"] = RULE:gsub("400", "100") }, "mde plan rule.lua -o p; ls p")
    assert.truthy(run.err:find("guard max of rule: %d+ changes; the limit is 100"))
    assert.truthy(run.err:find("the plan is refused; nothing was changed", 1, true))
    assert.truthy(run.err:find("cannot access 'p'", 1, true))
    run = sim({ ["rule.lua"] = RULE:gsub("max = 400", "max = 400, protect_tags = 'crown-jewel'") },
      "mde plan rule.lua -o p")
    assert.equal(3, run.status)
    assert.truthy(run.err:find "guard protect_tags of rule: %d+ are protected: %S+ has")
    run = sim({ ["a.lua"] = [[return { comment = "c", select = { type = "Isolate" },
      decide = "cancel" }]] }, "mde plan a.lua")
    assert.equal(3, run.status)
    assert.truthy(run.err:find "the default limit is 50")
  end)

  it("keeps an action that is more than a policy can be given", function()
    local run = program.rehearse([[{ mistaken = 2, history = 0, arrange = function(service)
      service:add { type = "Isolate", requestor = "soar@contoso.com", comment = ("x"):rep(2^21) }
    end }]], [[
      echo 'return { comment = "c", select = { requestor = "soar@contoso.com" },
        decide = function() return cancel() end }' >p.lua
      mde plan p.lua]])
    assert.equal(0, run.status, run.err)
    assert.truthy(run.out:find("too large for a policy: requestorComment is too large", 1,
      true), run.out)
    assert.truthy(run.err:find("2 cancel, 1 keep", 1, true), run.err)
  end)

  it("takes the guards of the profile, which a policy can't loosen", function()
    local function profiled(guard, policy)
      return sim({ ["rule.lua"] = policy or RULE, ["config.lua"] = ([[return { profiles = { it = {
        tenant = "7d0b3b4e-6e1f-4c43-9d5a-2f8d4a1c9b60", client_secret = "SECRET",
        client_id = "3c9f4f0a-58d2-4b77-8f0e-b1a6c2d4e587", api_url = "URL", authority = "LOGIN",
        guard = %s } } }]]):format(guard) }, [[
        mkdir its
        sed "s|URL|$MDE_API_URL|; s|LOGIN|$AZURE_AUTHORITY_HOST|; s|SECRET|$AZURE_CLIENT_SECRET|" \
          config.lua > its/config.lua; chmod 600 its/config.lua
        MDE_CONFIG=$PWD/its/config.lua mde plan -p it rule.lua >/dev/null]])
    end
    local run = profiled "{ max = 300 }"
    assert.equal(2, run.status)
    assert.truthy(run.err:find("rule.lua: guard.max: 400 is looser than the 300 of the profile it",
      1, true), run.err)
    run = profiled "{ max = 400, max_share = 0.01 }"
    assert.equal(3, run.status)
    assert.truthy(run.err:find("guard max_share of the profile it: ", 1, true), run.err)
    run = profiled "{ maxx = 400 }"
    assert.equal(2, run.status)
    assert.truthy(run.err:find("profiles.it.guard.maxx: unknown", 1, true), run.err)
    run = profiled "{ max = 500 }"
    assert.equal(0, run.status, run.err)
  end)

  it("decides the same at each run: the time and random numbers are the plan's", function()
    local run = sim({ ["luck.lua"] = [[math.randomseed()
      return { comment = "c", select = { type = "Isolate" }, decide = function(action)
        if math.random(2) == 1 then return keep("at " .. os.time()) end
        return keep(("%d"):format(math.random(1e9)))
      end }]] }, [[
        for _ in 1 2; do mde plan luck.lua --json 2>/dev/null >plan
          sed 's/.*"made":"\([^"]*\)".*/\1/;q' plan >made; date -u -d "$(cat made)" +%s
          grep -o 'at [0-9]*' plan | sort -u
          grep '"decision"' plan | grep -v '"at ' | grep -o '"reason":"[0-9]*"' | sha256sum
          grep -c '"at ' plan; done]])
    local first, at, sum, count, second, later, again, number = run.out:match(("(%d+)\nat (%d+)\n"
      .. "(%x+)  %-\n(%d+)\n"):rep(2) .. "$")
    assert.truthy(first, run.out)
    assert.same({ at, later, sum, count }, { first, second, again, number })
    assert.is_true(tonumber(count) > 10)
  end)

  it("says what the hours are, and plans outside of them", function()
    local run = sim({ ["rule.lua"] = RULE:gsub("max = 400", "max = 400, hours = '%%s'") }, [[
      hour=$(date -u -d '+3 hours' +%H)
      sed -i "s/%s/$hour:00-$hour:30 UTC/" rule.lua; mde plan rule.lua >/dev/null]])
    assert.equal(0, run.status, run.err)
    assert.truthy(run.err:find "Outside of its hours %(%d%d:00%-%d%d:30 UTC%): it can be")
  end)

  it("explains one action", function()
    local files = { ["rule.lua"] = RULE, ["live.lua"] = [[return { comment = "c",
      select = { type = "LiveResponse" }, decide = { function() end, "cancel" } }]] }
    local run = sim(files, [[
      id() { mde list --limit 1 --ids "$@" 2>/dev/null; }
      mde plan rule.lua live.lua --explain "$(id --type LiveResponse)"
      mde plan rule.lua live.lua --explain "$(id --requestor soar@contoso.com)"]])
    assert.equal(0, run.status, run.err)
    assert.truthy(run.out:find("rule.lua  not selected: select requires type is Isolate; requestor"
      .. " is 'soar@contoso.com'\nlive.lua  cancel (rule 2 of 2)\ndecided   cancel (live)\n",
      1, true), run.out)
    assert.truthy(run.out:find("rule.lua  cancel 'misfired' (decide, line 3)", 1, true), run.out)
    run = sim(files, "mde plan rule.lua --explain 5382f7ea-7557-4ab7-9782-d50480024a4e")
    assert.equal(1, run.status)
    assert.truthy(run.err:find("404", 1, true))
  end)

  it("ends without a plan when a policy raises, or exceeds a limit", function()
    local run = sim({ ["bad.lua"] = [[return { comment = "c", select = { type = "Isolate" },
      decide = function(action) error "oops" end }]] }, "mde plan bad.lua -o p; echo $?; ls p")
    assert.equal("2\n", run.out)
    assert.truthy(run.err:find "oops.*%(action %x+%-")
    run = sim({ ["bad.lua"] = [[return { comment = "c", select = { type = "Isolate" },
      decide = function(action) while true do end end }]] }, "mde plan bad.lua -o p; echo $?; ls p")
    assert.equal("3\n", run.out)
    assert.truthy(run.err:find "bad%.lua.* exceeds the time limit of 1 s", run.err)
  end)

  it("replaces nothing but an older plan", function()
    local run = sim({ ["rule.lua"] = RULE, text = "mine" }, [[
      ln -s text link; ln -s nowhere broken; mkfifo fifo; mkdir folder; : >empty
      for path in rule.lua text link broken fifo folder empty /dev/full; do
        mde plan rule.lua -o $path >/dev/null; echo "was $?"
        mde undo --requestor soar@contoso.com --after 2020-01-01T00:00:00Z -m x --max 400 \
          -o $path >/dev/null; echo "was $?"
      done
      cat text; ls; test -p fifo && test -c /dev/full && test -h link && echo same
      mde plan rule.lua -o plan >/dev/null 2>&1; mde plan rule.lua -o plan >/dev/null; echo $?]])
    assert.equal(("was 2\n"):rep(16) .. "minebroken\nempty\nfifo\nfolder\nlink\nrule.lua\ntext\n"
      .. "same\n0\n", run.out, run.err)
    for name, what in pairs { ["rule.lua"] = "not a plan", link = "a link", folder = "a folder",
                              fifo = "not a regular file" } do
      assert.truthy(run.err:find(("%s exists and is %s: give another name"):format(name, what),
        1, true), run.err)
    end
  end)

  it("writes the plan to standard output for -", function()
    local run = sim({ ["rule.lua"] = RULE }, [[mde plan rule.lua -o - >plan; ls -- -
      tail -n 1 plan; mde apply plan --approve 12345678901234567890]])
    local hash = run.out:match '^{"sha256":"(%x+)"}\n$'
    assert.truthy(run.err:find("the plan's hash is " .. hash, 1, true), run.err)
  end)

  it("removes the older plan when it is refused, so that it is not applied", function()
    local run = sim({ ["rule.lua"] = RULE }, [[
      mde plan rule.lua -o plan >/dev/null 2>&1; ls plan; sed -i 's/400/4/' rule.lua
      mde plan rule.lua -o plan >/dev/null; echo "was $?"; mde apply plan; echo "was $?"
      mde plan rule.lua -o plan >/dev/null 2>err; grep removed err]])
    assert.equal("plan\nwas 3\nwas 2\n", run.out, run.err)
    assert.truthy(run.err:find("The older plan in plan was removed.", 1, true), run.err)
    assert.truthy(run.err:find("plan: No such file", 1, true), run.err)
  end)

  it("says when the plan can't be written", function()
    local run = sim({ ["rule.lua"] = RULE }, "mde plan rule.lua -o /nowhere/p >/dev/null")
    assert.equal(4, run.status)
    assert.truthy(run.err:find "cannot write the plan: /nowhere/p")
  end)

  it("has nothing to show if no action was decided on", function()
    local run = sim({ ["a.lua"] = [[return { comment = "c", select = { requestor = "nobody" },
      decide = "cancel" }]] }, "mde plan a.lua -o p && tail -n 1 p")
    assert.equal(0, run.status)
    assert.truthy(run.out:find '^{"sha256":"%x+"}\n$')
    assert.truthy(run.err:find("No action matched.", 1, true))
  end)
end)
