-- Plans carried out: mde undo makes them here, since it needs no policy.

local program = require "spec.support.program"
local token = require "spec.support.token"
local trouble = require "spec.support.trouble"

local FEW = "{ mistaken = 12, history = 0 }"
local INCIDENT = "mde undo --requestor soar@contoso.com --after 2020-01-01T00:00:00Z -m 'CHG-4711'"
local PLAN = INCIDENT .. [[ -o plan >/dev/null 2>&1
  hash=$(tail -n 1 plan | sed 's/.*"\([0-9a-f]*\)"}/\1/')
]]

local function rehearse(script, options)
  return program.rehearse(options or FEW, PLAN .. script)
end

local function assert_said(text, ...)
  for _, part in ipairs { ... } do assert.truthy(text:find(part, 1, true), text) end
end

describe("mde apply", function()
  it("needs no configuration, even if one is named", function()
    local run = rehearse "MDE_CONFIG=$PWD/nothing mde apply plan --approve $hash"
    assert.same({ 0, 12 }, { run.status, run.ledger.posts }, run.err)
  end)

  it("carries out an approved plan as a batch, with reason and batch in the comments", function()
    local run = rehearse [[mde apply plan --approve $hash --batch b; echo "was $?"
      mde batch show b --json | head -n 1; mde audit verify
      mde show $(mde list --all --status Cancelled --ids --limit 1 2>/dev/null)]]
    assert_said(run.out, "was 0\n", '"verdict":"cancelled"', "lines, unbroken",
      "cancellationComment: CHG-4711 [b]")
    assert_said(run.err, "12 to cancel", "12 of 12 actions")
    assert.equal(12, run.ledger.posts)
  end)

  it("takes no plan without approval", function()
    local run = rehearse [[mde apply plan; echo "was $?"
      mde apply plan --approve 12345; echo "was $?"
      mde apply plan --approve 0123456789012345678901; echo "was $?"]]
    assert.equal("was 3\nwas 2\nwas 3\n", run.out)
    assert_said(run.err, "no terminal to ask at", "5 digits of the hash, and 20 are required",
      "the plan's hash is ")
    assert.equal(0, run.ledger.posts)
  end)

  it("takes no plan that was written by hand against its own guards", function()
    local run = rehearse [[
      head -n -1 plan | sed '1s/"max":[0-9]*/"max":5/' >by_hand
      hash=$(sha256sum by_hand | cut -d ' ' -f 1)
      echo "{\"sha256\":\"$hash\"}" >>by_hand
      head -n 1 by_hand | grep -o '"max":5'
      mde apply by_hand --approve $hash; echo "was $?"]]
    assert.equal('"max":5\nwas 3\n', run.out, run.err)
    assert_said(run.err, "12 changes; the limit is 5")
    assert.equal(0, run.ledger.posts)
  end)

  it("asks at the terminal", function()
    local run = program.rehearse(FEW, PLAN .. "echo $hash")
    assert.equal(64, #run.out:match "%x+")
    run = program.at_terminal(80, { "[y/N]", "n\n" }, "sh", "-c",
      ("mde run %s/rehearse.lua '%s' sh -c %s"):format(program.support, FEW,
        program.quote(PLAN .. "mde apply plan; echo was $?")))
    assert_said(run.out, "(12 to cancel) in tenant", "not confirmed", "was 3")
  end)

  it("takes no plan that was changed, cut, carried out, or is another's", function()
    local others = token("7d0b3b4e-6e1f-4c43-9d5a-2f8d4a1c9b60",
      "5382f7ea-7557-4ab7-9782-d50480024a4e")
    local run = rehearse([[
      sed 's/Pending/InProgress/' plan >changed; mde apply changed --approve $hash; echo "was $?"
      head -n 5 plan >cut; mde apply cut --approve $hash; echo "was $?"
      head -c 300 plan >part; mde apply part --approve $hash; echo "was $?"
      mde apply nothing --approve $hash; echo "was $?"
      MDE_TOKEN=]] .. others .. [[ mde apply plan --approve $hash; echo "was $?"
      mde apply plan --approve $hash --batch b >/dev/null 2>&1
      mde apply plan --approve $hash; echo "was $?"]])
    assert.equal("was 3\nwas 3\nwas 3\nwas 2\nwas 3\nwas 3\n", run.out, run.err)
    assert_said(run.err, "the plan was changed", "the plan is cut", "nothing: No such file",
      "the plan is for tenant and application",
      "was applied already, as batch b: see `mde batch show b`")
  end)

  it("takes no plan that has ended", function()
    local run = program.rehearse(FEW, INCIDENT .. [[ --expires 1s -o plan >/dev/null 2>&1
      hash=$(tail -n 1 plan | sed 's/.*"\([0-9a-f]*\)"}/\1/')
      until mde apply plan --approve 12345678901234567890 2>&1 | grep "the plan expired"
      do :; done]])
    assert_said(run.out, "make a new one with mde plan")
    assert.equal(0, run.ledger.posts)
  end)

  it("judges the time of a plan by the service's clock", function()
    for _, seconds in ipairs { -7200, 7200 } do
      local run = program.rehearse(([[{ mistaken = 2, history = 0, arrange = function(service)
        local answer = service.answer
        function service:answer(request)
          local given = answer(self, request)
          given.headers.date = os.date("!%%a, %%d %%b %%Y %%H:%%M:%%S GMT", os.time() + %d)
          return given
        end
      end }]]):format(seconds), PLAN .. [[
        made=$(head -n 1 plan | grep -o '"made":"[^"]*"' | cut -d '"' -f 4)
        echo "made $(($(date -d "$made" +%s) - $(date +%s)))"
        mde apply plan --approve $hash]])
      local made = tonumber(run.out:match "^made (%-?%d+)\n")
      assert.is_true(made and math.abs(made - seconds) < 30, run.out)
      assert.equal(0, run.status, run.err)
    end
  end)

  it("applies the profile's current guards, also to a batch that is resumed", function()
    local run = program.with_tenants("{ contoso = { actions = 4 } }", [[
      config=$XDG_CONFIG_HOME/mde/config.lua; cp $config before
      guard() { sed "s/tenant = /guard = { $1 }, tenant = /" before >$config; }
      hours="hours = \"$(date -u -d '+3 days' +%a) 00:00-24:00 UTC\""
      cat >p.lua <<'END'
return { comment = "x", decide = "cancel" }
END
      mde plan p.lua -o plan >/dev/null 2>&1
      of() { tail -n 1 $1 | sed 's/.*"\([0-9a-f]*\)"}/\1/'; }
      guard "max = 3"; mde apply plan --approve $(of plan); echo "was $?"
      guard "$hours"; mde apply plan --approve $(of plan); echo "was $?"
      guard "max = 4"; mde apply plan --approve $(of plan) --batch b --parallel 1 >/dev/full
      echo "was $?"
      guard "$hours"; mde resume b; echo "was $?"
      guard "max = 4"; mde resume b | grep -c cancelled]])
    assert_said(run.err, "guard max of the profile contoso: 4 changes",
      "guard hours of the profile contoso: outside of ")
    assert.equal("was 3\nwas 3\nwas 4\nwas 3\n3\n", run.out, run.err)
  end)

  it("takes no plan that ends while it asks", function()
    local script = INCIDENT .. [[ --expires 3s -o plan >/dev/null 2>&1
      (until mde apply plan --approve 12345678901234567890 2>&1 | grep -q "the plan expired"
        do :; done
       echo GO) &
      mde apply plan; echo "was $?"]]
    local run = program.at_terminal(160, { "GO", "y\n" }, "sh", "-c",
      ("mde run %s/rehearse.lua '%s' sh -c %s"):format(program.support, FEW,
        program.quote(script)))
    assert_said(run.out, "make a new one with mde plan", "was 3", "posts = 0")
  end)

  it("leaves alone what is something else by now", function()
    local run = rehearse [[mde cancel $(sed -n 's/.*"id":"\([^"]*\)".*/\1/p' plan | head -n 2) \
      -m other --yes >/dev/null 2>&1; mde apply plan --approve $hash]]
    assert.equal(1, run.status, run.err)
    local _, count = run.out:gsub("changed ", "")
    assert.equal(2, count)
    assert.truthy(run.err:find "changed +2  plan again: mde plan", run.err)
    assert.equal(12, run.ledger.posts)
  end)

  it("says how many actions are newer than the plan, and sends nothing for them", function()
    local run = rehearse([[mde isolate $(mde machines --ids --limit 1 2>/dev/null) -m x \
      >/dev/null 2>&1; mde apply plan --approve $hash]])
    assert.equal(0, run.status, run.err)
    assert.equal(12, run.ledger.posts)
  end)
end)

-- Shell: forge SED... changes the plan and gives it the hash that belongs to it.
local FORGE = [[
  forge() {
    head -n -1 plan | sed "$@" >forged; hash=$(sha256sum forged | cut -d ' ' -f 1)
    echo "{\"sha256\":\"$hash\"}" >>forged
  }
]]
local CANCEL_ALL = [[printf '%s' 'return { comment = "x", decide = "cancel" }' >p.lua
]]

describe("a forged plan", function()
  it("is refused if nothing is as it shows; otherwise such items are left alone", function()
    for field, change in pairs { type = 's/"Isolate"/"RunAntiVirusScan"/',
        requestor = 's/soar@contoso.com/dana@contoso.com/',
        machine = 's/"machineId":"....../"machineId":"ffffff/' } do
      local run = rehearse(FORGE .. ([[
        forge '%s'; mde apply forged --approve $hash; echo "was $?"
        forge '2%s'; mde apply forged --approve $hash --json >out; echo "was $?"
        grep -c changed out]]):format(change, change))
      assert.equal("was 3\nwas 1\n1\n", run.out, run.err)
      assert_said(run.err, "no action is as the plan shows", "its " .. field .. " is ",
        "1 action is not as the plan shows and will not be changed, such as ", "11 to cancel")
      assert.same({ 11, 0 }, { run.ledger.posts, run.ledger.twice }, field)
    end
  end)

  it("shows actions that a guard of the profile protects", function()
    local run = program.rehearse("{ history = 0, quota = false }", FORGE .. CANCEL_ALL .. [=[
      folder=$XDG_CONFIG_HOME/mde; mkdir -p $folder; mde plan p.lua >/dev/null 2>&1
      profile() {
        echo "return { profiles = { x = { tenant = '$AZURE_TENANT_ID', guard = { $1 } } } }"
      }
      sed -i 's/}$/, guard = { max = 999 } }/' p.lua; mde plan p.lua -o plan >/dev/null 2>&1
      hide='s/"\(known\|machineTags\|rbacGroupName\|type\)":\("[^"]*"\|\[[^]]*\]\|true\),\?//g
            s/,}/}/'
      forge "2,\$$hide"; grep -c VIP forged; grep -c '"type"' forged
      for guard in 'protect_tags = "VIP"' 'protect_types = "Isolate"' 'max = 5' \
          'max_share = 0.01'; do
        profile "$guard" >$folder/config.lua; mde apply forged --approve $hash; echo "was $?"
      done]=])
    assert.equal("0\n0\n" .. ("was 3\n"):rep(4), run.out, run.err)
    assert_said(run.err, "guard protect_tags of the profile x: ", " has the tag VIP",
      "guard protect_types of the profile x", "guard max of the profile x",
      "guard max_share of the profile x")
    assert.equal(0, run.ledger.posts)
  end)

  it("does not escape a profile that it does not name", function()
    local run = program.with_tenants("{ contoso = { actions = 4 } }", FORGE .. CANCEL_ALL .. [[
      mde plan p.lua -o plan >/dev/null 2>&1; config=$XDG_CONFIG_HOME/mde/config.lua
      sed -i "s/tenant = /guard = { max = 3 }, tenant = /" $config
      forge '1s/"profile":"contoso",//'; mde apply forged --approve $hash; echo "was $?"
      url=$(sed -n 's/.*api_url = "\([^"]*\)".*/\1/p' $config)
      export MDE_API_URL=$url AZURE_AUTHORITY_HOST=$url AZURE_CLIENT_SECRET=s3cret~contoso \
        AZURE_CLIENT_ID=3c9f4f0a-58d2-4b77-8f0e-b1a6c2d4e587 \
        AZURE_TENANT_ID=00000000-0000-4000-8000-000000000001
      mde apply forged --approve $hash; echo "was $?"
      mde apply plan --approve $(tail -n 1 plan | sed 's/.*"\([0-9a-f]*\)"}/\1/'); echo "was $?"
      sed -i 's/max = 3/max = 4/' $config; mde apply forged --approve $hash | grep -c cancelled]])
    assert.equal("was 3\nwas 3\nwas 3\n4\n", run.out, run.err)
    assert_said(run.err, "the plan was made with no profile, but you use the profile"
      .. " contoso", "guard max of the profile contoso: 4 changes")
  end)

  it("does not raise the default limit", function()
    local run = program.rehearse("{ mistaken = 60, history = 0, quota = false }", CANCEL_ALL
      .. FORGE .. [[
      sed -i 's/}$/, select = { requestor = "soar@contoso.com" }, guard = { max = 60 } }/' p.lua
      mde plan p.lua -o plan >/dev/null 2>&1
      forge '1s/"guards":.*/"guards":[]}/'; mde apply forged --approve $hash; echo "was $?"]])
    assert.equal("was 3\n", run.out, run.err)
    assert_said(run.err, "60 changes; the default limit is 50")
    assert.equal(0, run.ledger.posts)
  end)
end)

-- Isolates machines that are so at once, and plans to release them.
local RELEASE = [[
  mde isolate $(mde machines --ids --limit %d 2>/dev/null) -m x --yes >/dev/null 2>&1
  mde undo --requestor $AZURE_CLIENT_ID --after 2020-01-01T00:00:00Z -m CHG --max 99 \
    --type Isolate -o plan >/dev/null 2>&1
  hash=$(tail -n 1 plan | sed 's/.*"\([0-9a-f]*\)"}/\1/')
]]
local AT_ONCE = [[{ mistaken = 0, history = 0, quota = false,
  launch_course = function() return { { 0, "Succeeded" } } end }]]
local SLOWLY = [[{ mistaken = 0, history = 0, quota = false, launch_course = function(type)
  return type == "Unisolate" and { { 0, "Pending" }, { 2, "Succeeded" } } or { { 0, "Succeeded" } }
  end }]]

describe("undoing what had its effect", function()
  it("launches the inverse, and proves it", function()
    local run = program.rehearse(AT_ONCE, "export MDE_QUOTA=off; " .. RELEASE:format(3) .. [[
      mde apply plan --approve $hash --batch b; mde machines --isolated --ids
      grep -c '"what":"undo"' "$XDG_STATE_HOME/mde/audit.jsonl"; mde batch report b]])
    local _, count = run.out:gsub("undone +%x+%-", "")
    assert.equal(3, count, run.err)
    assert_said(run.out, "\n3\n", "the machine is released")
  end)

  it("waits for the releases, or reads them back when it is resumed", function()
    local run = program.rehearse(SLOWLY, "export MDE_QUOTA=off; " .. RELEASE:format(3) .. [[
      mde apply plan --approve $hash --batch b | grep -c undo_accepted
      mde batch show b 2>&1 | tail -n 3; mde batch list
      mde resume b --wait | grep -c 'undone '; mde batch list
      grep -c unisolate "$REQUESTS"; mde resume b]])
    assert_said(run.out:gsub(" +", " "), "3\nBatch b is open: 0 of 3 done. ",
      "3 releases were launched and have not ended yet.\n`mde resume b` continues it", "b open",
      "b done ", "\n3\n")
    assert_said(run.err, "look again later: mde resume b", "This batch has no open items")
  end)

  it("ends as undone with --wait, or says what did not end", function()
    local release = "export MDE_QUOTA=off; " .. RELEASE:format(2)
    local run = program.rehearse(SLOWLY, release .. "mde apply plan --approve $hash --wait")
    assert.same({ 0, 2 }, { run.status, select(2, run.out:gsub("undone ", "")) }, run.err)
    run = program.rehearse(SLOWLY:gsub("2, ", "900, "), release
      .. "mde apply plan --approve $hash --wait --deadline 1s")
    assert.same({ 1, 2 }, { run.status, select(2, run.out:gsub("undo_accepted ", "")) }, run.err)
    assert_said(run.err, "look again later: mde resume ")
  end)

  it("cancels on a machine before it releases that", function()
    local run = program.rehearse([[{ mistaken = 0, history = 0, arrange = function(service)
      local machine = service:add_machine { lastSeen = service:now() }
      for status, age in pairs { Pending = 600, Succeeded = 60 } do
        service:add { type = "Isolate", status = status, age = age, machine_id = machine,
                      requestor = "soar" }
      end
      end }]], [[
      printf '%s' 'return { comment = "x", select = { requestor = "soar",
        status = { "Pending", "Succeeded" } }, decide = function(action)
          return action.is_open and "cancel" or "undo" end }' >p.lua
      mde plan p.lua -o plan >/dev/null
      mde apply plan --approve $(tail -n 1 plan | sed 's/.*"\([0-9a-f]*\)"}/\1/')
      grep POST "$REQUESTS" | grep -v token | sed 's/.*[/]//']])
    assert_said(run.out, "cancelled ", "undo_accepted ", "\ncancel\nunisolate\n")
  end)

  it("launches once a machine, though it is killed again and again", function()
    local environment = trouble.environment "kill:STEP":gsub("STEP", "'$step'")
    local run = program.rehearse(AT_ONCE, "export MDE_QUOTA=off; " .. RELEASE:format(12) .. ([[
      for step in 700 760 40 60 80 100 120 90 70 50 30 20; do
        if mde batch show b >/dev/null 2>&1; then %s mde resume b >out 2>err
        else %s mde apply plan --approve $hash --batch b >out 2>err; fi
      done
      mde resume b >out 2>err; mde resume b 2>&1
      sed -n 's/^POST .*machines.\([0-9a-f]*\).unisolate$/\1/p' "$REQUESTS" | sort | uniq -c |
        awk '{ print $1 }' | sort | uniq -c
      grep -c '"decision":"undo"' plan
      mde list --all --type Unisolate --ids 2>/dev/null | wc -l; mde audit verify]])
      :format(environment, environment))
    assert_said(run.out, "This batch has no open items", "lines, unbroken")
    local machines, times, planned, made = run.out:match " +(%d+) (%d+)\n(%d+)\n(%d+)\n"
    assert.same({ planned, "1", planned, planned }, { machines, times, planned, made }, run.out)
    assert.is_true(tonumber(planned) >= 10)
  end)
end)
