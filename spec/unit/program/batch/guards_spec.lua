-- The guards of a profile for a batch: what is read, what is refused, what is asked about.

require "spec.support.policy"
local errors = require "mde.base.errors"
local guards = require "mde.program.batch.guards"
local override = require "mde.program.batch.override"
local system = require "mde.program.system"

local ACTION, MACHINE = "00000001-0000-4000-8000-000000000001", ("a"):rep(40)

-- A session that knows one action and one machine, and notes what is read.
local function new_session(err)
  local self = { reads = {}, clock = { wall = function() return 0 end,
                                       monotonic = function() return 0 end } }
  local function reading(what, value)
    return function()
      self.reads[#self.reads + 1] = what
      if err then return nil, err end
      return value
    end
  end
  self.list = reading("list", { { id = ACTION, type = "Isolate", requestor = "soar@contoso.com",
    machineId = MACHINE, computerDnsName = "srv-1.contoso.com" } })
  self.action = reading("action")
  self.machine = reading("machine", { id = MACHINE, computerDnsName = "srv-1.contoso.com",
    machineTags = { "crown-jewel" }, rbacGroupName = "Servers" })
  return self
end

local function check_guards(session, parsed, changes)
  return guards.settle(session, parsed, changes, guards.find(session, parsed, changes))
end

-- Checks changes at a terminal or without one. `given`: the profile's guards.
-- -> exceeded, or the message of the refusal; the array of changes, the session
local function check(given, changes, options, session)
  options, session = options or {}, session or new_session()
  given.from = "the profile contoso"
  local parsed = { bound = { given }, comment = "INC1" }
  for key, value in pairs(options) do parsed[key] = value end
  local own = setmetatable({
    open = function() return options.is_attended and { close = function() end } or nil end,
    terminal = { is_terminal = function() return false end },
  }, { __index = system.real })
  local done, result = pcall(system.run, own, check_guards, session, parsed, changes)
  return done and result or not done and tostring(result) or nil, changes, session
end

local function result_of(...) return (check(...)) end

local function cancel() return { { id = ACTION } } end

local function isolate() return { { id = MACHINE, change = "isolate" } } end

describe("guards of a batch", function()
  it("read only what they need", function()
    for text, given in pairs { [""] = { max = 9, hours = "00:00-24:00 UTC" },
                               ["list"] = { protect_types = { "Offboard" }, max_per_machine = 2,
                                            protect_machines = { "x" } },
                               ["list machine"] = { protect_tags = { "x" } } } do
      local exceeded, _, session = check(given, cancel())
      assert.is_nil(exceeded)
      assert.equal(text, table.concat(session.reads, " "))
    end
    local _, _, session = check({ protect_types = { "Offboard" }, max_per_machine = 1 }, isolate())
    assert.same({}, session.reads)
    _, _, session = check({ protect_machines = { "x" } }, isolate())
    assert.same({ "machine" }, session.reads)
  end)

  it("refuse unattended, and name what is exceeded", function()
    local text = check({ protect_tags = { "Crown-Jewel" } }, cancel())
    assert.matches("guard protect_tags of the profile contoso: 1 is protected: " .. ACTION
      .. " has the tag crown-jewel", text, 1, true)
    assert.matches("nothing was sent", text, 1, true)
    assert.matches("outside of 01:00-02:00 UTC, until 1970-01-01 01:00:00 UTC", result_of({ hours =
      "01:00-02:00 UTC" }, cancel()), 1, true)
    assert.matches("has the type Isolate", result_of({ protect_types = { "isolate" } }, isolate()))
  end)

  it("protect what cannot be read", function()
    local err = errors.new { code = "forbidden", message = "no" }
    for _, given in ipairs { { protect_tags = { "x" } }, { protect_types = { "x" } },
                             { protect_requestors = { "x" } }, { protect_machines = { "x" } } } do
      assert.matches("unknown", result_of(given, cancel(), nil, new_session(err)))
    end
    assert.matches("(no)", check({ protect_tags = { "x" } }, isolate(), nil, new_session(err)), 1,
      true)
  end)

  it("do not concern files, and requests by their path", function()
    local given = { protect_tags = { "crown-jewel" }, protect_requestors = { "x" } }
    assert.is_nil(result_of(given, { { id = "triage.ps1", change = "upload" } }))
    assert.is_nil(result_of(given, { { id = "/api/indicators", change = "request" } }))
    assert.matches("the tag crown", result_of(given,
      { { id = "/api/machines/" .. MACHINE .. "/isolate", change = "request" } }))
    assert.matches("unknown machine", result_of(given,
      { { id = "/api/machines/AddOrRemoveTagForMultipleMachines", change = "request" } }))
    assert.matches("guard max of", result_of({ max = 1 }, { { id = "a", change = "upload" },
                                                        { id = "b", change = "upload" } }))
  end)

  it("are asked about at a terminal, except hours", function()
    local exceeded, changes = check({ max_per_machine = 1, protect_groups = { "servers" },
      hours = "01:00-02:00 UTC" }, { { id = ACTION }, { id = ACTION } },
      { is_attended = true, except_machine = {} })
    assert.same({
      "Cancel 2:",
      "  2 changes of the machine " .. MACHINE .. "; the limit is 1 (max_per_machine of the profile"
        .. " contoso; --except-machine " .. MACHINE .. " leaves them out)",
      "  2 in the group Servers: srv-1.contoso.com (protect_groups of the profile contoso;"
        .. " --except-group Servers leaves them out)",
      "0 unprotected, 2 in the group Servers; exceeds max_per_machine 1.",
    }, override.lines(exceeded, "Cancel 2"))
    assert.equal("max_per_machine, protect_groups: 2 changes of the machine " .. MACHINE
      .. "; the limit is 1; 2 are protected: " .. ACTION .. " has the group Servers, …. Reason:"
      .. " INC1",
      changes.overridden)
    assert.is_nil(result_of({ hours = "01:00-02:00 UTC" }, cancel(), { is_attended = true }))
  end)

  it("are overridden by name, unless the profile forbids it", function()
    local both = { max = 1, protect_types = { "Isolate" } }
    local two = { { id = ACTION }, { id = MACHINE, change = "isolate" } }
    local options = { yes = true, max = 5, override = { "max" } }
    assert.matches("guard protect_types", result_of(both, two, options))
    options.override[2] = "protect_types"
    local text, changes = check(both, two, options)
    assert.is_nil(text)
    assert.same({ max = true, protect_types = true }, override.before(changes))
    both.overridable = false
    assert.matches("(it cannot be overridden)", check(both, two, options), 1, true)
    assert.matches("(it cannot be overridden)", check(both, two, { is_attended = true }), 1, true)
    assert.equal("--override requires --yes and --max N",
      result_of(both, two, { override = { "max" } }))
  end)
end)
