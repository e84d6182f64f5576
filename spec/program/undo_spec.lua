-- mde undo, against the simulator.

require "spec.support.policy"
local exceptions = require "mde.program.input.exceptions"
local program = require "spec.support.program"
local undoing = require "mde.program.plan.undo"
local world = require "spec.support.world"

local ROLES = { "Machine.Read.All", "Machine.Isolate" }
local SOAR, DANA = "soar@contoso.com", "dana@contoso.com"

-- A client and a service in which `tell` puts machines and actions.
local function new()
  local client, service = world.new { roles = ROLES, quota = false }
  local self = { client = client, service = service, seen = {} }
  function self.machine(fields)
    fields = fields or {}
    fields.lastSeen = service:now() - 60
    return service:add_machine(fields)
  end
  function self.action(machine, fields)
    fields.machine_id, fields.requestor = machine, fields.requestor or SOAR
    return service:add(fields)
  end
  function self.decide(excepted, ids)
    local decided = undoing.decide(client,
      { criteria = not ids and { requestor = SOAR } or nil, ids = ids, seen = self.seen },
      excepted and exceptions.new(excepted))
    local by_id = {}
    for i, entity in ipairs(decided.entities) do by_id[entity.id], entity.place = entity, i end
    return by_id, decided
  end
  return self
end

describe("undoing an incident", function()
  it("cancels open isolations, and releases machines that were isolated", function()
    local it = new()
    local pending = it.action(it.machine(), { status = "Pending" })
    local going = it.action(it.machine(), { status = "InProgress" })
    local done = it.action(it.machine(), { status = "Succeeded" })
    local failed = it.action(it.machine(), { status = "Failed" })
    local scan = it.action(it.machine(), { type = "RunAntiVirusScan", status = "Succeeded" })
    local by_id, decided = it.decide()
    assert.equal("cancel", by_id[pending].decision)
    assert.same({ "undo", { "cancel", "Unisolate" } },
      { by_id[going].decision, by_id[going].steps })
    assert.same({ "undo", { "Unisolate" } }, { by_id[done].decision, by_id[done].steps })
    assert.is_nil(by_id[failed])
    assert.is_nil(by_id[scan])
    assert.same({ 5, 2, 5 }, { decided.read, decided.abstained, decided.onboarded })
  end)

  it("releases machines whose isolation was InProgress when it was cancelled", function()
    local it = new()
    local function cancelled(seen, machine)
      local id = it.action(machine or it.machine(), { age = 600, status = "Cancelled" })
      it.seen[id] = seen
      return id
    end
    local begun, pending, unknown = cancelled "InProgress", cancelled "Pending", cancelled()
    local released, anew, kept = it.machine(), it.machine(), it.machine()
    local first, second = cancelled("InProgress", released), cancelled("InProgress", anew)
    it.action(released, { age = 60, type = "Unisolate", status = "Succeeded" })
    it.action(anew, { age = 60, status = "Succeeded", requestor = DANA })
    it.action(kept, { age = 900, type = "Unisolate", status = "Succeeded" })
    local third = cancelled("InProgress", kept)
    local by_id, decided = it.decide()
    assert.same({ "undo", { "Unisolate" }, "Cancelled" },
      { by_id[begun].decision, by_id[begun].steps, by_id[begun].status })
    assert.same({ "keep", "whether it had begun when it was cancelled is unknown: mde unisolate"
      .. " releases its machine" }, { by_id[unknown].decision, by_id[unknown].reason })
    assert.same({ "keep", "isolated before by " .. DANA },
      { by_id[second].decision, by_id[second].reason })
    assert.equal("undo", by_id[third].decision)
    assert.same({ nil, nil, 4 }, { by_id[pending], by_id[first], decided.abstained })
  end)

  it("keeps what a person had isolated before", function()
    local it = new()
    local before, during = it.machine(), it.machine()
    it.action(before, { age = 9000, status = "Succeeded", requestor = DANA })
    local again = it.action(before, { age = 60, status = "Succeeded" })
    it.action(during, { age = 9000, status = "Succeeded", requestor = DANA })
    local going = it.action(during, { age = 60, status = "InProgress" })
    local by_id = it.decide()
    assert.same({ "keep", "isolated before by " .. DANA },
      { by_id[again].decision, by_id[again].reason })
    assert.equal("cancel", by_id[going].decision)
  end)

  it("keeps what a person has isolated later, or is about to", function()
    local it = new()
    local later, soon, both = it.machine(), it.machine(), it.machine()
    local first = it.action(later, { age = 9000, status = "Succeeded" })
    it.action(later, { age = 60, status = "Succeeded", requestor = DANA })
    local second = it.action(soon, { age = 9000, status = "Succeeded" })
    it.action(soon, { age = 60, status = "Pending", requestor = DANA })
    local going = it.action(both, { age = 9000, status = "InProgress" })
    it.action(both, { age = 60, status = "InProgress", requestor = DANA })
    local by_id = it.decide()
    assert.same({ "keep", "isolated later by " .. DANA },
      { by_id[first].decision, by_id[first].reason })
    assert.same({ "keep", "its Isolate by " .. DANA .. " is in progress" },
      { by_id[second].decision, by_id[second].reason })
    assert.equal("cancel", by_id[going].decision)
  end)

  it("keeps what another requestor of the same batch had isolated", function()
    local it = new()
    local function isolated(machine, requestor, age, status)
      return it.action(machine, { age = age, status = status, requestor = requestor,
                                  comment = "rule 17" })
    end
    local ids = { isolated(it.machine(), SOAR, 60, "Cancelled"),
                  isolated(it.machine(), DANA, 60, "Cancelled") }
    for _, id in ipairs(ids) do it.seen[id] = "Pending" end
    local shared, own = it.machine(), it.machine()
    local first, second = isolated(shared, SOAR, 90, "Succeeded"),
      isolated(shared, DANA, 80, "Succeeded")
    local alone = isolated(own, SOAR, 90, "Succeeded")
    local by_id = it.decide(nil, ids)
    assert.same({ "keep", "isolated later by " .. DANA },
      { by_id[first].decision, by_id[first].reason })
    assert.same({ "keep", "isolated before by " .. SOAR },
      { by_id[second].decision, by_id[second].reason })
    assert.equal("undo", by_id[alone].decision)
    table.insert(ids, first)
    table.insert(ids, second)
    by_id = it.decide(nil, ids)
    assert.same({ nil, "undo" }, { by_id[first], by_id[second].decision })
  end)

  it("has nothing to do for a machine that was released, or is being so", function()
    local it = new()
    local released, releasing = it.machine(), it.machine()
    local first = it.action(released, { age = 600, status = "Succeeded" })
    it.action(released, { age = 60, type = "Unisolate", status = "Succeeded", requestor = DANA })
    local second = it.action(releasing, { age = 600, status = "Succeeded" })
    it.action(releasing, { age = 60, type = "Unisolate", status = "Pending", requestor = DANA })
    local by_id = it.decide()
    assert.is_nil(by_id[first])
    assert.same({ "keep", "its release is in progress" },
      { by_id[second].decision, by_id[second].reason })
  end)

  it("releases a machine once, however often it was isolated", function()
    local it = new()
    local machine = it.machine()
    it.action(machine, { age = 600, status = "Succeeded" })
    it.action(machine, { age = 500, status = "Succeeded" })
    local open = it.action(machine, { age = 60, status = "Pending" })
    local by_id, decided = it.decide()
    local releases = 0
    for _, entity in ipairs(decided.entities) do
      if entity.decision == "undo" then releases = releases + 1 end
    end
    assert.equal(1, releases)
    assert.same({ "cancel", 1 }, { by_id[open].decision, by_id[open].place })
  end)

  it("cancels first, and takes valuable machines before others", function()
    local it = new()
    local normal = it.action(it.machine(), { status = "Succeeded" })
    local low = it.action(it.machine { deviceValue = "Low" }, { status = "Succeeded" })
    local high = it.action(it.machine { deviceValue = "High" }, { status = "Succeeded" })
    local open = it.action(it.machine { deviceValue = "Low" }, { status = "Pending" })
    local by_id = it.decide()
    assert.same({ 1, 2, 3, 4 }, { by_id[open].place, by_id[high].place, by_id[normal].place,
                                  by_id[low].place })
  end)

  it("leaves alone what is excepted, and says why", function()
    local it = new()
    local tagged = it.action(it.machine { machineTags = { "VIP" } }, { status = "Pending" })
    local id = it.machine()
    local named = it.action(id, { status = "Succeeded", dns_name = "WS-1.contoso.com" })
    local by_id = it.decide { tags = { vip = true }, machines = { ["ws-1.contoso.com"] = true } }
    assert.same({ "keep", "tag VIP is excepted" },
      { by_id[tagged].decision, by_id[tagged].reason })
    assert.same({ "keep", "the machine is excepted" },
      { by_id[named].decision, by_id[named].reason })
  end)

  it("leaves alone what may be excepted", function()
    local it = new()
    local UNKNOWN = "the machine is unknown and may be excepted"
    local unknown = it.action(("c"):rep(40),
      { status = "Succeeded", dns_name = "ws-2.contoso.com" })
    local nameless = it.action(false, { type = "LiveResponse", status = "Pending",
                                        dns_name = false })
    local unnamed = it.action(it.machine { computerDnsName = "ws-3.contoso.com" },
      { status = "Succeeded", dns_name = false })
    local by_id = it.decide { tags = { vip = true }, machines = {} }
    assert.same({ UNKNOWN, UNKNOWN, "undo" },
      { by_id[unknown].reason, by_id[nameless].reason, by_id[unnamed].decision })
    by_id = it.decide { tags = {}, machines = { ["ws-2"] = true, ["ws-3"] = true } }
    assert.same({ "the machine is excepted", UNKNOWN, "the machine is excepted" },
      { by_id[unknown].reason, by_id[nameless].reason, by_id[unnamed].reason })
    by_id = it.decide { tags = {}, machines = { ["ws"] = true, ["ws-22"] = true } }
    assert.same({ "undo", "undo" }, { by_id[unknown].decision, by_id[unnamed].decision })
  end)
end)


local function assert_said(text, ...)
  for _, part in ipairs { ... } do assert.truthy(text:find(part, 1, true), text) end
end

-- Isolations of eight machines that are InProgress, and releases that succeed at once.
local EIGHT = [[{ mistaken = 8, history = 0, quota = false, took_effect = 1,
  launch_course = function() return { { 1, "Succeeded" } } end }]]
local CANCEL = [[mde cancel --type Isolate --requestor soar@contoso.com -m x --yes --max 9 \
  --batch b >/dev/null; echo "was $?"
]]

describe("mde undo", function()
  it("releases the machines of a batch of cancels, and proves it", function()
    local run = program.rehearse(EIGHT, CANCEL .. [[
      mde undo b -n | cut -d' ' -f-3; mde undo b -m y --yes --max 8 --wait | cut -d' ' -f1
      mde undo b -m z --yes --max 8; mde machines --isolated | grep -c soar
      mde batch list --json | grep -c '"state":"done"']])
    assert.equal("was 0\n" .. ("would undo \n"):rep(8) .. ("undone\n"):rep(8) .. "0\n2\n",
      run.out, run.err)
    assert_said(run.err, "4 cancelled isolations were InProgress", "mde undo b -m REASON",
      "4 actions are added that batch b left out, since they had Succeeded: with its requestor",
      "Dry run: 8 machine actions would be undone (8 releases); nothing was sent.",
      "Nothing to undo: 4 of 4 actions are not open and have no machine to release.")
  end)

  it("releases the machines of isolations that began before their cancel arrived", function()
    local run = program.rehearse([[{ mistaken = 4, history = 0, quota = false,
      oddities = { cancel_takes = 1 }, launch_course = function() return { { 0, "Succeeded" } } end,
      arrange = function(service)
        local answer = service.answer
        function service:answer(request)
          local id = request.path:match "/machineactions/([^/]+)/cancel$"
          if id then self.by_id[id].course = { { 0, "InProgress" } } end
          return answer(self, request)
        end
      end }]], [[
      mde cancel --type Isolate --requestor soar@contoso.com -m x --yes --max 4 --wait --batch c \
        | cut -d' ' -f1
      mde batch show c --json | grep -c 'InProgress when its cancel arrived'
      mde undo c -m y --yes --max 4 | cut -d' ' -f1]])
    assert.equal(("cancelled\n"):rep(4) .. "4\n" .. ("undone\n"):rep(4), run.out,
      run.err)
    assert_said(run.err, "4 cancelled isolations were InProgress")
  end)

  it("shows how many releases were sent in a minute, not how many cancels", function()
    local run = program.rehearse(EIGHT, "export MDE_QUOTA=1000,9000\n" .. CANCEL .. [[
      mde undo b -m y --yes --max 8 --progress json 2>&1 >/dev/null |
        sed -n '/"done":0/p;/"done":8/p']])
    assert.truthy(run.out:find '"per_minute":0.-\n.-"per_minute":8', run.out)
  end)

  it("writes a plan with -o, and sends nothing", function()
    local run = program.rehearse(EIGHT, CANCEL .. [[
      mde undo b -m y -o plan >/dev/null; grep -c '"decision":"undo"' plan
      mde undo b -m y -o plan --max 3 >/dev/null; echo "was $?"
      grep -c 'unisolate$' $REQUESTS]])
    assert.equal("was 0\n8\nwas 3\n0\n", run.out, run.err)
    assert_said(run.err, "8 undo; no decision on 0 of 8 actions", "mde apply plan (hash ")
  end)

  it("undoes an incident that filters choose, with one question", function()
    local run = program.rehearse(EIGHT, ([[TERM=xterm %s 200 '[y/N]' y^M -- mde undo -m y \
      --requestor soar@contoso.com --newer-than 1d --wait; echo "was $?"
      mde machines --isolated | grep -c soar]]):format(program.pty()))
    assert_said(run.out, "Undo 8 machine actions (4 cancels, 8 releases; 4 need both) in ",
      "was 0\n0\n")
  end)

  it("offers the last batch at a terminal, and refuses without one", function()
    local run = program.rehearse(EIGHT, CANCEL .. ([[mde undo -m y; echo "was $?"
      TERM=xterm %s 200 '[y/N]' n^M -- mde undo -m y; echo "was $?"
      mde undo -m y --yes --max 9; echo "was $?"]]):format(program.pty()))
    assert_said(run.out, "The last batch is b, ", "Undo 8 machine actions", "was 3\nwas 2\n")
    assert_said(run.err, "which incident?")
  end)

  it("undoes the launches of a batch, but no action that was under way before", function()
    local run = program.rehearse([[{ mistaken = 0, history = 0, quota = false }]], [[
      set -- $(mde machines --ids --limit 2 2>/dev/null)
      mde isolate $1 -m other >/dev/null; mde isolate $1 $2 -m x --yes --batch b | cut -d' ' -f1
      mde undo b -m y --yes --max 9 | cut -d' ' -f1
      mde list --all --type Isolate --json | grep -c '"status":"Cancelled"'
      mde machines $1 --add-tag x --yes --batch t >/dev/null; mde undo t -m y -n; echo "was $?"]])
    assert.truthy(run.out:find "^existing\nlaunched\ncancelled\n1\nwas 2\n$", run.out .. run.err)
    assert_said(run.err, "batch t has no machine actions to undo")
  end)

  it("refuses options that do not go together", function()
    local run = program.rehearse(EIGHT, CANCEL .. [[
      try() { mde undo "$@" || echo "was $?"; }; try b -m x --yes; try b -m x --type Isolate
      try b -m x --expires 1h; try -m x -o p --batch b; try b -n -o p
      try nothing -m x --yes --max 2; try -m x --requestor soar@contoso.com]])
    assert.equal("was 0\n" .. ("was 2\n"):rep(7), run.out, run.err)
  end)
end)
