-- The plan as a file.

local core = require "mde.core"
local guard = require "mde.program.policy.guard"
local plan = require "mde.program.plan"
local policies = require "spec.support.policy"
local policy = require "mde.program.policy"
local world = require "spec.support.world"

local path, client, loaded

local function read()
  local handle = assert(io.open(path, "rb"))
  local text = handle:read "a"
  handle:close()
  return text
end

local function write(text)
  local handle = assert(io.open(path, "wb"))
  handle:write(text)
  handle:close()
end

-- The same with the sum that belongs to it.
local function summed(text)
  local before = text:gsub('{"sha256":"%x*"}\n$', "")
  return before .. ('{"sha256":"%s"}\n'):format(core.sha256(before))
end

local function make(count)
  local service, clock
  client, service, clock = world.new { quota = false }
  for i = 1, count do
    service:add { created = clock.wall() - i, comment = "a", dns_name = ('"\\/%d\n'):format(i) }
  end
  loaded = assert(policies.load [[return { name = "a", comment = "CHG", guard = { max = 9 },
    decide = function(action) return cancel "quoted \"reason\" /" end }]])
  local guards = assert(guard.of({ loaded }, { hours = "22:00-06:00 UTC" }, "the profile p"))
  local decided = policy.decide_all(client, { loaded }, guards)
  return plan.new(client, { loaded }, guards, decided, { by = "dana@soc1" })
end

-- The error for a plan that was changed.
local function problem(text)
  write(text)
  local got, err = plan.read(path)
  assert.is_nil(got)
  assert.equal("plan", err.code)
  return (tostring(err):gsub("^" .. path:gsub("%p", "%%%0") .. ":", ""))
end

describe("a plan", function()
  before_each(function()
    path = os.tmpname()
    os.remove(path)  -- a file that is no plan is not replaced
  end)
  after_each(function() os.remove(path) end)

  it("is read as it was written", function()
    local made = make(3)
    local hash = assert(plan.write(path, made))
    local got = assert(plan.read(path))
    assert.equal(hash, got.hash)
    assert.same(made.header, got.header)
    assert.same(made.entities, got.entities)
    assert.equal(3, plan.counts(got).cancels)
    assert.same({ { hours = "22:00-06:00 UTC", from = "the profile p" },
                  { max = 9, policy = "a", from = "a" } }, got.header.guards)
    assert.equal(loaded.hash, got.header.policies[1].hash)
    local text = read()
    assert.equal(hash, core.sha256((text:gsub("[^\n]*\n$", ""))))
    assert.equal(('{"sha256":"%s"}'):format(hash), text:match "([^\n]*)\n$")
    assert.truthy(text:find '^{"mde_plan":1,"made":"')
  end)

  it("is the same each time", function()
    local made = make(5)
    assert.equal((plan.text(made)), (plan.text(made)))
  end)

  it("holds as long as the shortest of its policies says, else an hour", function()
    local made = make(1)
    local date = require "mde.base.date"
    local function holds(header) return date.parse(header.expires) - date.parse(header.made) end
    assert.equal(3600, holds(made.header))
    loaded.expires = 600
    local decided = { entities = {}, read = 0, abstained = 0 }
    assert.equal(600, holds(plan.new(client, { loaded, { name = "b", path = "b", comment = "c",
      select = {}, hash = "" } }, {}, decided, {}).header))
    loaded.expires = 7200
    assert.equal(1800, holds(plan.new(client, { loaded }, {}, decided, { expires = 1800 }).header))
    assert.equal(7200, holds(plan.new(client, { loaded }, {}, decided, { expires = 9e4 }).header))
    assert.equal(7200, holds(plan.new(client, { loaded }, {}, decided, {}).header))
  end)

  it("is refused when any byte of it was changed", function()
    assert(plan.write(path, make(2)))
    local text = read()
    assert.truthy(problem(text:gsub('"cancel"', '"keep"', 1)):find "^4: the plan was changed")
    assert.truthy(problem(text:gsub("soc1", "soc2")):find "^4: the plan was changed")
    for position = 1, #text, 7 do
      local byte = text:byte(position)
      problem(text:sub(1, position - 1) .. string.char(byte ~ 1) .. text:sub(position + 1))
    end
  end)

  it("is refused if it is cut, with that reason", function()
    assert(plan.write(path, make(2)))
    local text = read()
    assert.truthy(problem(text:sub(1, -2)):find "cut: its last line has no end")
    assert.truthy(problem "":find "cut")
    assert.truthy(problem(text:match "^[^\n]*\n"):find "cut: it has no last line")
    assert.truthy(problem((text:gsub("[^\n]*\n$", "")))
      :find "^3: the plan is cut: it has no last line")
  end)

  it("is refused if its form is wrong, with the line", function()
    assert(plan.write(path, make(2)))
    local text = read()
    local first = text:match '\n({"decision".-\n)'
    local start, stop = text:find(first, 1, true)
    local doubled = text:sub(1, stop) .. text:sub(start)
    for expected, changed in pairs {
      ["1: mde_plan: '2' is not a version that this mde reads: 1"] =
        text:gsub('"mde_plan":1', '"mde_plan":2'),
      ["1: mde_plan: missing: this is not a plan of mde"] = text:gsub('"mde_plan":1,', ""),
      ["1: extra: unknown"] = text:gsub('^{', '{"extra":1,'),
      ["1: made: 'x' is not a date"] = text:gsub('"made":"[^"]*"', '"made":"x"'),
      ["1: guards: missing"] = text:gsub(',"guards":%b[]', ""),
      ["1: guards[2].max: '0' is not a whole number above 0"] = text:gsub('"max":9', '"max":0'),
      ["2: decision: 'explode' is not one of cancel, keep, undo"] =
        text:gsub('"cancel"', '"explode"', 1),
      ["1: policies[1].select.foo: unknown"] = text:gsub('"select":{', '"select":{"foo":1,'),
      ["2: policy: 'b' is not one of the plan's policies"] =
        text:gsub('"policy":"a","id"', '"policy":"b","id"', 1),
      ["2: status: missing: the status that the action must still have"] =
        text:gsub('"status":"Pending",', "", 1),
      ["2: id: '42' is not an action's id"] = text:gsub('"id":"[^"]*"', '"id":"42"', 1),
      ["2: steps: missing"] = text:gsub('"cancel"', '"undo"', 1),
      ["2: not a JSON object"] = text:gsub('\n{"decision"', '\n"decision"', 1),
      ["2: longer than 1048576 bytes"] = text:gsub("quoted", ("x"):rep(1100000), 1),
      ["is in line 2 already"] = doubled,
    } do
      local got = problem(summed(changed))
      assert.truthy(got:find(expected, 1, true), expected .. " -> " .. got)
    end
  end)

  it("is a regular file", function()
    local got, err = plan.read "/nowhere/plan.jsonl"
    assert.is_nil(got)
    assert.equal("invalid_argument", err.code)
    got, err = plan.read "/dev/zero"
    assert.is_nil(got)
    assert.truthy(tostring(err):find "not a regular file")
  end)

  it("is written whole or not at all", function()
    local made = make(1)
    local done, err = plan.write("/nowhere/plan.jsonl", made)
    assert.is_nil(done)
    assert.equal("file", err.code)
    done, err = plan.write("/dev/full/x", made)
    assert.is_nil(done)
    assert.truthy(tostring(err):find "cannot write the plan")
  end)
end)
