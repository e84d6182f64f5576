-- mde machines and mde list --show-filters, against the simulator.

local cjson = require "cjson"
local program = require "spec.support.program"

local function sim(script, input)
  return program.sh("exec $mde sim --quota off sh -c " .. program.quote(script), input)
end

local function lines(text)
  local list = {}
  for line in text:gmatch "[^\n]+" do list[#list + 1] = line end
  return list
end

local function objects(text)
  local list = lines(text)
  for i, line in ipairs(list) do list[i] = cjson.decode(line) end
  return list
end

local function assert_refused(status, run, ...)
  assert.equal(status, run.status, run.err)
  for _, text in ipairs { ... } do assert.truthy(run.err:find(text, 1, true), run.err) end
end

describe("mde list --show-filters", function()
  it("shows what goes where, and needs no credentials", function()
    local run = program.run("list", "--show-filters",
      "--machine", "Web1.x.com", "--type", "isolate",
      "--requestor-comment", "4711", "--order", "oldest", "--limit", "4")
    assert.same({ status = 0, err = "Nothing was sent.\n", out = [[
asked    GET /api/machineactions
filter   (status eq 'Pending' or status eq 'InProgress') and type eq 'Isolate'
order    oldest
here     machine is 'Web1.x.com' (the service filters by a machine's id only)
         comment contains '4711'
limit    4
]] }, run)
    run = program.run("list", "--all", "--show-filters", "--json")
    assert.same({ status = 0, err = "",
      out = '{"path":"/api/machineactions","here":[],"order":"newest"}\n' }, run)
    run = program.run("machines", "--tag", "VIP", "--health", "active", "--show-filters")
    assert.same({ status = 0, err = "Nothing was sent.\n", out = [[
asked    GET /api/machines/findbytag?tag=VIP&useStartsWithFilter=false
here     health is Active
]] }, run)
    assert_refused(2, program.run("machines", "--tag", "VIP", "--filter", "x", "--show-filters"),
      "filter: can't be combined with tag or ip")
  end)

  it("is what is listed", function()
    local run = sim [[
      mde list --requestor-comment 'RULE 4711' --scope full --order oldest --limit 2 --json
      mde list --cancelled-by nobody]]
    local actions = objects(run.out)
    assert.equal(2, #actions)
    assert.truthy(actions[1].creationDateTimeUtc <= actions[2].creationDateTimeUtc)
    assert.equal("Auto-isolate: rule 4711", actions[1].requestorComment)
    assert.equal('{"note":"There are more; --limit is 2."}\nNo action matches.\n', run.err)
  end)
end)

describe("mde machines", function()
  it("lists in aligned columns, ids last", function()
    local run = sim "mde machines"
    assert.same({ "", 0 }, { run.err, run.status })
    local rows = lines(run.out)
    assert.truthy(rows[1]:find "^NAME +HEALTH +RISK +SEEN +TAGS +ID$")
    local column = rows[1]:find "ID$"
    assert.truthy(#rows > 300)
    for i = 2, #rows do assert.truthy(rows[i]:sub(column):find("^" .. ("%x"):rep(40) .. "$")) end
  end)

  it("takes filters together, and other forms", function()
    local run = sim [[
      mde machines --name 'ber-srv*' --health active --limit 2 --json
      mde machines --tag VIP --ids
      mde machines --tag VIP --csv
      mde machines --name nobody]]
    assert.equal('{"note":"There are more; --limit is 2."}\nNo machine matches.\n', run.err)
    local rows = lines(run.out)
    for i = 1, 2 do
      local machine = cjson.decode(rows[i])
      assert.truthy(rows[i]:find '^{"id":"')
      assert.truthy(machine.computerDnsName:find "^ber%-srv")
      assert.equal("Active", machine.healthStatus)
    end
    local vip = (#rows - 3) / 2
    assert.truthy(vip > 0 and vip % 1 == 0)
    assert.truthy(rows[3]:find("^" .. ("%x"):rep(40) .. "$"))
    assert.truthy(rows[3 + vip]:find "^id,computerDnsName,")
    assert.truthy(rows[4 + vip]:find("^" .. rows[3] .. ",.*; VIP"))
  end)

  it("finds by an address that was held at a time", function()
    local run = sim [[
      one=$(mde machines --health active --limit 1 --json 2>/dev/null)
      ip=$(expr "$one" : '.*"lastIpAddress":"\([0-9.]*\)"')
      at=$(expr "$one" : '.*"lastSeen":"\([^"]*\)"')
      mde machines --ip $ip --at $at --json
      mde machines --ip $ip --at 2020-01-01T00:00:00Z]]
    assert.equal(1, #lines(run.out))
    assert_refused(2, run, "past 30 days")
  end)

  it("guesses no machine", function()
    local run = sim [[
      name=$(mde machines --tag emea --json | sed 's/.*"computerDnsName":"\([^.]*\).*/\1/')
      mde machines $name --ids]]
    assert_refused(3, run, "is the name of 2 machines", ".corp.contoso.com", ".emea.contoso.com")
    assert_refused(1, sim "mde machines nobody", "no machine 'nobody'")
    assert.equal(1, #lines(sim("mde machines $(mde machines --tag emea --ids) --ids").out))
  end)

  it("tells a filter that the service does not understand from a failure", function()
    assert_refused(2, sim "mde machines --filter 'nonsense eq 1'", "nonsense")
  end)

  it("refuses options that exclude each other", function()
    for _, arguments in ipairs {
      "web1 --tag x", "- web1", "--since 30d", "--isolated --tag x", "--isolated --add-tag x",
      "--isolated --limit 3", "web1 --show-filters", "--yes", "-n", "--max 3", "--add-tag x",
      "--add-tag x --tag y --limit 3", "--add-tag x --tag y --yes", "web1 --add-tag ' '",
      "web1 --set-value huge", "--isolated --restricted", "web1 --add-tag x --set-value High",
      "--health ill", "--at 2026-01-01T00:00:00Z", "--isolated --since x",
    } do
      local run = sim("mde machines " .. arguments)
      assert.same({ 2, "" }, { run.status, run.out }, arguments)
    end
  end)
end)

describe("mde machines that changes something", function()
  it("sends nothing more after Ctrl-C, and tells what became of each", function()
    local run = program.rehearse([[{ mistaken = 0, history = 0,
      oddities = { late = { nth = 1, operation = "set_device_value" }, late_by = 0.3 } }]], [[
      mde machines --set-value High --seen-within 900d --yes --max 9999 \
        >out 2>err & pid=$!
      wait_until 'grep -q -i setdevicevalue $REQUESTS'
      kill -TERM $pid; wait $pid; s=$?
      grep -c -i setdevicevalue $REQUESTS; cut -d ' ' -f 1 out | sort | uniq -c | tr -d 0-9
      cat err >&2; exit $s]])
    assert.equal(130, run.status, run.err .. run.out)
    assert.matches("^%d+\n *done\n *unsent\n$", run.out)
    assert.truthy(run.err:find("Interrupted", 1, true), run.err)
  end)

  it("changes one without asking, and reports the result", function()
    local run = sim [[
      id=$(mde machines --tag emea --ids)
      mde machines $id --add-tag INC-7 && mde machines --tag INC-7 --ids &&
        mde machines $id --set-value high --json && mde machines $id --remove-tag INC-7 &&
        mde machines --tag INC-7; mde machines --value High --tag emea --ids]]
    local rows = lines(run.out)
    local id = rows[2]
    assert.equal("done              " .. id, rows[1])
    local item = cjson.decode(rows[3])
    assert.same({ id, "done", cjson.null }, { item.id, item.verdict, item.error })
    assert.same({ "done              " .. id, id }, { rows[4], rows[5] })
    assert.equal("No machine matches.\n", run.err)
  end)

  it("changes many by filter, up to --max, or from standard input", function()
    local run = sim [[
      mde machines --tag VIP --add-tag 'two words' --yes --max 100 >/dev/null
      mde machines --tag 'two words' --json |
        mde machines - --remove-tag 'two words' --yes --max 100
      mde machines --tag 'two words']]
    local count = #lines(run.out)
    assert.truthy(count > 1)
    local _, batches = run.err:gsub(("%d of %d machines in "):format(count, count), "")
    assert.equal(2, batches, run.err)
    assert.truthy(run.err:find("No machine matches", 1, true), run.err)
  end)

  it("is agreed to first", function()
    assert_refused(3, sim "mde machines --tag VIP --add-tag x", "no terminal to ask at", "--max N")
    assert_refused(3, sim "mde machines --tag VIP --add-tag x --yes --max 1",
      "more than 1 machine, and --max is 1; nothing was sent")
    local run = sim "mde machines --tag VIP --add-tag x -n; mde machines --tag x"
    assert.truthy(run.out:find "^would tag  %x+  %S+\n")
    assert.truthy(run.err:find("would be tagged; nothing was sent.\n"
      .. "No machine matches.", 1, true), run.err)
    run = program.at_terminal(100, { "[y/N] ", "y^M" }, program.path, "sim", "--quota", "off",
      "mde", "machines", "--tag", "VIP", "--set-value", "Low")
    assert.truthy(run.out:find "Set the value of %d+ machines to Low in the simulation ", run.out)
    assert.truthy(run.out:find "done +%d+")
    run = program.at_terminal(100, { "[y/N] ", "n^M" }, program.path, "sim", "--quota", "off",
      "mde", "machines", "--tag", "VIP", "--remove-tag", "VIP")
    assert.truthy(run.out:find("Remove the tag 'VIP' from", 1, true), run.out)
    assert.truthy(run.out:find "not confirmed; nothing was sent")
  end)

  it("reports each machine where some fail", function()
    local unknown = ("0"):rep(40)
    local run = sim(("mde machines %s $(mde machines --tag emea --ids) --set-value Low --yes")
      :format(unknown))
    local rows = lines(run.out)
    assert.same({ 1, "not_found         " .. unknown, 2 },
      { run.status, rows[1]:match "^%S+ +%S+", #rows })
    assert.truthy(rows[2]:find "^done ")
    assert_refused(1, run, "2 of 2 machines", "no such machine")
    run = program.rehearse("{ roles = { 'Machine.Read.All' } }",
      "mde machines --tag VIP --add-tag x --yes --max 99")
    assert_refused(5, run, "Machine.ReadWrite.All")
    assert.truthy(run.out:find "^forbidden ")
  end)
end)

describe("mde machines --isolated", function()
  it("tells what is isolated, and how far back that is known", function()
    local run = sim "mde machines --isolated; mde machines --isolated --json"
    assert.equal(0, run.status)
    assert.truthy(run.err:find "^The history of actions goes back to 20")
    assert.truthy(run.err:find("portal", 1, true))
    local rows, states, found = lines(run.out), {}, {}
    assert.truthy(rows[1]:find "^MACHINE +STATE +FOR +BY +WHY +CONFLICT +ID$")
    for i = 2, #rows do
      if rows[i]:find "^{" then found[#found + 1] = cjson.decode(rows[i]) end
    end
    assert.equal(#rows - 1, 2 * #found)
    for i, row in ipairs(found) do
      states[row.state] = true
      assert.equal(row.machine_id, rows[1 + i]:match "%x+$")
      assert.equal("Isolate", row.action.type)
      assert.equal(row.state == "isolated", row.action.status == "Succeeded")
    end
    assert.same({ isolated = true, isolating = true }, states)
  end)

  it("tells it of one machine, of restrictions, and of some time", function()
    local run = sim [[
      id=$(mde machines --isolated --ids 2>/dev/null | tail -n 1)
      mde machines $id --isolated --ids
      mde machines $(mde machines --tag emea --ids) --isolated
      mde machines --restricted --json | head -n 1
      mde machines --isolated --since 1m]]
    local rows = lines(run.out)
    assert.truthy(rows[1]:find "^%x+$")
    assert.equal("restricted", cjson.decode(rows[2]).state)
    assert.equal(2, select(2, run.err:gsub("No machine is known to be isolated.", "")))
  end)

  it("separates isolated machines from others, with counts", function()
    local run = program.at_terminal(100, {}, program.path, "sim", "--quota", "off", "mde",
      "--color", "never", "machines", "--isolated")
    local isolated, isolating = run.out:match(
      "\n(%d+) isolated, (%d+) isolating %(the action is open%)\r\n")
    assert.truthy(isolated, run.out)
    assert.falsy(run.out:find " isolating .* isolated  .* ID")
    local first, last = run.out:find "  isolating  ", select(2, run.out:find ".*  isolated   ")
    assert.truthy(last < first)
    run = sim [[mde machines --isolated --only isolated --ids 2>/dev/null | wc -l
      mde machines --isolated --only isolating --ids 2>/dev/null | wc -l]]
    assert.equal(isolated .. "\n" .. isolating .. "\n", (run.out:gsub(" ", "")))
    assert.equal(2, sim "mde machines --only isolated".status)
  end)

  it("fits a narrow terminal, the names before the ids", function()
    for _, option in ipairs { "--isolated", "--limit=9" } do
      local run = program.at_terminal(80, {}, program.path, "sim", "--quota", "off",
        "mde", "machines", option)
      local names = 0
      for line in run.out:gmatch "[^\r\n]+" do
        local plain = line:gsub("\27%[[%d;]*m", "")
        if plain:find "^%l+%-" then
          names = names + 1
          assert.truthy(plain:find "^%l+%-%l+%-%d+%.c", plain)
          assert.truthy(utf8.len(plain) <= 80, plain)
        end
      end
      assert.truthy(names >= 9, run.out)
    end
  end)

  it("reads several tenants, and changes one only", function()
    local two = "{ a = { actions = 2 }, b = { actions = 1 } }"
    local run = program.with_tenants(two, "mde machines --all-profiles --isolated")
    assert.equal(0, run.status, run.err)
    local rows = lines(run.out)
    assert.truthy(rows[1]:find "^TENANT +MACHINE +STATE ")
    for i, name in ipairs { "a", "a", "b" } do assert.equal(name, rows[i + 1]:match "^%S+") end
    for _, name in ipairs { "a", "b" } do
      assert.truthy(run.err:find(name .. ": The history of actions goes back to", 1, true))
    end
    run = program.with_tenants(two, "mde machines -p a,b --tag x --add-tag y --yes --max 3")
    assert.same({ 2, "" }, { run.status, run.out })
  end)
end)
