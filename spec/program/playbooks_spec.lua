-- Each playbook of examples/playbooks does in the simulator what it says.

local program = require "spec.support.program"

-- Arranged in addition to the incident: a machine called "mine" with the tag "VIP", isolated by
-- the rule; "other", that is to be offboarded; and "theirs", isolated by a person and then by the
-- rule.
local ARRANGE = [[ arrange = function(service)
  local function machine(digit, name, tags)
    return service:add_machine { id = digit:rep(40), computerDnsName = name, machineTags = tags,
                                 lastSeen = service:now() - 600 }
  end
  local mine = machine("a", "mine.contoso.com", { "VIP" })
  local other = machine("b", "other.contoso.com", { "VIP" })
  service:add { machine_id = mine, dns_name = "mine.contoso.com", type = "Isolate", age = 7000,
                requestor = "soar@contoso.com", steps = { { 60, "Succeeded" } } }
  local theirs = machine("c", "theirs.contoso.com")
  service:add { machine_id = theirs, dns_name = "theirs.contoso.com", type = "Isolate", age = 90000,
                requestor = "lena.fischer@contoso.com", steps = { { 60, "Succeeded" } } }
  service:add { machine_id = theirs, dns_name = "theirs.contoso.com", type = "Isolate", age = 7000,
                requestor = "soar@contoso.com", steps = { { 60, "Succeeded" } } }
  service:add { machine_id = other, dns_name = "other.contoso.com", type = "Offboard", age = 60,
                requestor = "mallory@contoso.com" }
  service:add { machine_id = other, dns_name = "other.contoso.com", type = "RunAntiVirusScan",
                age = 90000, steps = { { 60, "Succeeded" } } }
end ]]

-- Runs a playbook. -> what program.rehearse gives
local function run(words, input, options)
  local script = ("exec mde run %s/playbooks/%s"):format(program.examples, words)
  return program.rehearse(("{ mistaken = 20, quota = false, roles = { 'Machine.Read.All',"
    .. " 'Machine.Isolate', 'Machine.Scan', 'Machine.CollectForensics' }, %s %s }"):format(
    options or "", ARRANGE), script, input)
end

local function assert_has(text, ...)
  for _, part in ipairs { ... } do
    assert(text:find(part, 1, true), ("'%s' is not in:\n%s"):format(part, text))
  end
end

local function count(text, part) return select(2, text:gsub(part, "")) end

describe("the playbook", function()
  it("machine tells what is open on a machine", function()
    local result = run "machine.lua other"
    assert.same({ 1, 1 }, { result.status, count(result.out, "\n") })
    assert.truthy(result.out:find "^Offboard +Pending +1m[ %ds]*  %x[%x-]+  by mallory@",
      result.out)
    assert.equal(0, run "machine.lua mine".status)
    result = run "machine.lua nosuch"
    assert.equal(1, result.status)
    assert.truthy(result.err:find "^mde: the service knows no machine 'nosuch'[^\n]*\n$")
    assert.equal(2, run "machine.lua".status)
  end)

  it("stuck cancels old live responses, if it is told to", function()
    local result = run "stuck.lua 4h"
    assert_has(result.out, "26 live responses are older than 4h\n", "Nothing was cancelled")
    assert.same({ 0, 0 }, { result.status, result.ledger.posts })
    result = run "stuck.lua 4h --yes"
    assert.same({ 0, 26, 26 }, { result.status, result.ledger.posts,
                                 count(result.out, "\ncancelled +%x+") })
    assert.equal(2, run "stuck.lua".status)
    result = run "stuck.lua 4x --yes"
    assert.same({ 2, 0 }, { result.status, result.ledger.posts })
    assert_has(result.err, "'4x' is not a duration")
  end)

  it("misfire cancels what is open of a mistake, and lists what is isolated", function()
    local result = run "misfire.lua soar@contoso.com 3h x"
    assert_has(result.err, "20 isolations by soar@contoso.com are open.",
      "mine.contoso.com has been isolated since", "1 machines have to be released")
    assert.same({ ("a"):rep(40) .. "\n", 0 }, { result.out, result.ledger.posts })
    result = run "misfire.lua soar@contoso.com 3h x --yes"
    assert.same({ 0, 20 }, { result.status, result.ledger.posts })
    assert_has(result.err, "   20  cancelled\n")
    assert.falsy(result.err:find("theirs", 1, true), result.err)
    result = run("misfire.lua soar@contoso.com 3h x --yes", nil, "roles = { 'Machine.Read.All' },")
    assert.equal(1, result.status)
    assert_has(result.err, "   20  forbidden\n",
      "\n20 isolations are in progress: run this again\n")
    assert.equal(2, run "misfire.lua x 3h".status)
  end)

  it("handover counts by requestor and age", function()
    local result = run "handover.lua"
    assert.equal(0, result.status)
    assert.truthy(result.out:find "\nsoar@contoso.com +Isolate +20 +0 +0 +0\n")
    assert_has(run "handover.lua --csv".out, '\n"soar@contoso.com","Isolate","20","0","0","0"\n')
    assert.equal(2, run "handover.lua --cvs".status)
  end)

  it("packages collects and downloads", function()
    local result = program.rehearse("{ mistaken = 1, quota = false, roles = { 'Machine.Read.All',"
      .. " 'Machine.CollectForensics' },"
      .. " launch_course = function() return { { 0.01, 'Succeeded' } } end,"
      .. ARRANGE .. "}", ("mde run %s/playbooks/packages.lua INC1 other nosuch; status=$?;"
      .. " sha256sum other.zip; exit $status"):format(program.examples))
    assert.equal(1, result.status)
    assert_has(result.err, "nosuch: the service knows no machine 'nosuch'")
    local digest = result.out:match "^(%x+)  other%.zip  %(%d+ bytes%)\n"
    assert_has(result.out, (digest or "no digest") .. "  other.zip\n")
    assert.equal(2, run "packages.lua INC1".status)
  end)

  it("tickets compares what is isolated with a list", function()
    local result = run("tickets.lua",
      "machine,ticket\nMine.contoso.com, INC1\nfree.contoso.com,INC2\n")
    assert.equal(1, result.status)
    assert.truthy(result.out:find "fits +mine%.contoso%.com +INC1 +isolated since ")
    assert.truthy(result.out:find "not isolated +free%.contoso%.com +INC2")
    assert.is_true(count(result.out, "no ticket ") > 20)
    assert_has(result.err, "The history of actions goes back to")
    result = run("tickets.lua", '\239\187\191"Machine";"Ticket"\r\n"MINE";"INC 1"\r\n')
    assert.truthy(result.out:find "fits +mine%.contoso%.com +INC 1 +isolated since ", result.out)
    assert.falsy(result.out:find("not isolated", 1, true), result.out)
    result = run("tickets.lua", "mine.contoso.com\n")
    assert.same({ 2, "" }, { result.status, result.out })
    assert_has(result.err, "line 1: expected a machine and a ticket")
  end)

  it("offboards stops offboarding, if its options say so", function()
    local result = run "offboards.lua x"
    assert.truthy(result.out:find "other%.contoso%.com +by mallory@contoso%.com\n", result.out)
    assert_has(result.out, "1 offboardings are open. Nothing was cancelled")
    assert.equal(0, result.ledger.posts)
    result = run "offboards.lua x --yes"
    assert_has(result.out, "1 of 1 offboardings are stopped")
    assert.same({ 0, 1 }, { result.status, result.ledger.posts })
  end)

  it("rescan scans what had no scan for long, if it is told to", function()
    local result = run "rescan.lua VIP 1d Weekly"
    assert.truthy(result.out:find "mine%.contoso%.com +is due\n", result.out)
    assert_has(result.out, "Nothing was launched")
    result = run "rescan.lua VIP 1d Weekly --yes"
    assert.truthy(result.out:find "mine%.contoso%.com +scan launched: %x+", result.out)
    assert.truthy(result.out:find "other%.contoso%.com +scan launched: %x+", result.out)
    assert.equal(0, result.status)
    assert.falsy(run "rescan.lua VIP 2d Weekly".out:find("other.contoso.com", 1, true))
  end)

  it("contain isolates and scans as batches of the journal", function()
    local result = run "contain.lua VIP INC1"
    assert.same({ 3, "" }, { result.status, result.out })
    assert_has(result.err, " machines, and no terminal to ask at; nothing was sent.")
    assert.equal(3, run("contain.lua VIP INC1 1").status)
    result = program.rehearse("{ mistaken = 1, quota = false, roles = { 'Machine.Read.All',"
      .. " 'Machine.Isolate', 'Machine.Scan' }," .. ARRANGE .. "}", ("mde run"
      .. " %s/playbooks/contain.lua VIP INC1 40; status=$?; mde batch list --json; exit $status")
      :format(program.examples))
    assert_has(result.out, "isolate  launched   mine.contoso.com\n",
      "scan     launched   other.contoso.com\n", '.1","state":"done"', '.2","state":"done"')
    assert.equal(0, result.status, result.err)
    assert.equal(2, run("contain.lua VIP").status)
  end)

  it("queue speaks as monitoring expects", function()
    local result = run "queue.lua 4h 10 500"
    assert.truthy(result.out:find "^MDE WARNING %- %d+ actions open for more than 4h, the oldest ")
    assert.truthy(result.out:find "| open=%d+;10;500 oldest=%d+s\n$")
    assert.equal(1, result.status)
    assert.equal(0, run "queue.lua 4h 400 500".status)
    assert.equal(2, run "queue.lua 4h 1 2".status)
    result = run("queue.lua 4h 1 2", nil, "oddities = { revoked_token = true },")
    assert.equal(3, result.status)
    assert_has(result.out, "MDE UNKNOWN - ")
    assert.equal(3, run "queue.lua 4h".status)
  end)

  it("queue ends when the quota is used up", function()
    local script = ("export MDE_QUOTA=1,9; mde run %s/playbooks/queue.lua 4h 400 500; exec mde run"
      .. " %s/playbooks/queue.lua 4h 400 500 1"):format(program.examples, program.examples)
    local result = program.rehearse("{ mistaken = 1, quota = false }", script)
    assert.equal(3, result.status)
    assert.truthy(result.out:find "^MDE OK [^\n]+\nMDE UNKNOWN %- no answer within 1s\n$")
  end)

  it("tenants counts in each, and goes on where one fails", function()
    local script = ("exec mde run %s/playbooks/tenants.lua"):format(program.examples)
    local result = program.with_tenants("{ alpha = { actions = 3 }, beta = {} }", script)
    assert.equal(0, result.status, result.err)
    assert.truthy(result.out:find "\nalpha +3  %d[%d dhms]*\nbeta +0  %-\n$", result.out)
    result = program.with_tenants([[{ alpha = { profile = "client_secret = 'wrong'" },
      beta = { actions = 1 } }]], script)
    assert.equal(1, result.status)
    assert.truthy(result.out:find "\nbeta +1  ")
    assert_has(result.err, "alpha: the login service refused")
  end)

  it("runs under plain Lua too", function()
    local result = program.rehearse("{ mistaken = 1, quota = false }", ([[
      root=%s/..; export LUA_PATH="$root/lua/?.lua;$root/lua/?/init.lua;;"
      export LUA_CPATH="%s/../lib/lua/5.4/?.so;;"
      exec lua5.4 $root/examples/playbooks/stuck.lua 4h --yes]]):format(program.examples,
        program.path:match "^(.*)/"))
    assert.same({ 0, 26 }, { result.status, result.ledger.posts }, result.err)
  end)
end)
