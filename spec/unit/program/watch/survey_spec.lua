-- The survey of mde watch, in process.

require "spec.support.policy"
local metrics = require "mde.program.watch.metrics"
local policy = require "mde.program.policy"
local survey = require "mde.program.watch.survey"
local world = require "spec.support.world"

local HOUR = 3600

local function told()
  local list = {}
  return list, { tell = function(_, kind, fields)
    fields.event = kind
    list[#list + 1] = fields
  end }
end

describe("the survey of a tenant", function()
  it("tells what is open for longer than its type takes, once", function()
    local client, service = world.new { quota = false }
    local old = service:add { type = "LiveResponse", age = 3 * HOUR }
    service:add { type = "LiveResponse", age = HOUR }
    service:add { type = "LiveResponse", age = 4 * HOUR, status = "Succeeded" }
    service:add { type = "Isolate", age = 23 * HOUR }
    local found, last, list, events = survey.read(client), {}, told()
    assert.same({ 1, old }, { found.stuck.LiveResponse.count, found.stuck.LiveResponse.oldest })
    assert.is_nil(found.stuck.Isolate)
    survey.tell(found, last, events)
    survey.tell(found, last, events)
    assert.equal(1, #list)
    assert.same({ "stuck", "LiveResponse", 1, 2 * HOUR },
      { list[1].event, list[1].type, list[1].count, list[1].limit })
    survey.tell({ used = 0, stuck = {} }, last, events)
    assert.same({ 2, 0 }, { #list, list[2].count })
  end)

  it("tells when live responses are about to have no slot", function()
    local client, service = world.new { quota = false }
    for _ = 1, 19 do service:add { type = "LiveResponse", status = "InProgress" } end
    local last, list, events = {}, told()
    survey.tell(survey.read(client), last, events)
    assert.equal(0, #list)
    service:add { type = "LiveResponse", status = "InProgress" }
    survey.tell(survey.read(client), last, events)
    assert.same({ { event = "slots", used = 20, slots = 25, limit = 20 } }, list)
    survey.tell({ used = 3, stuck = {} }, last, events)
    assert.same({ 2, 3 }, { #list, list[2].used })
  end)
end)

describe("the metrics", function()
  it("are lines of Prometheus, whose labels are escaped", function()
    local counted = metrics.new()
    counted:add("errors_total", { code = 'a"b\\c\nd' })
    counted:add("errors_total", { code = 'a"b\\c\nd' }, 2)
    counted:set("last_round_duration_seconds", nil, 0.25)
    local text = counted:text()
    assert.truthy(text:find('\nmde_watch_errors_total{code="a\\"b\\\\c\\nd"} 3\n', 1, true))
    assert.truthy(text:find("\nmde_watch_last_round_duration_seconds 0.250\n", 1, true))
    for line in text:gmatch "[^\n]+" do
      assert.truthy(line:find "^# HELP [%w_]+ %u.*%.$" or line:find "^# TYPE [%w_]+ %l+$"
        or line:find "^[%w_]+{.*} %d[%d%.]*$" or line:find "^[%w_]+ %d[%d%.]*$", line)
    end
  end)

  it("refuse words without help", function()
    assert.has_error(function() metrics.new():add "nonsense" end)
  end)
end)

describe("the hash of policies", function()
  it("is of their names and texts, in whatever order", function()
    local a, b = { name = "a", hash = "1" }, { name = "b", hash = "2" }
    assert.equal(policy.hash { a, b }, policy.hash { b, a })
    assert.equal(64, #policy.hash { a })
    assert.are_not.equal(policy.hash { a, b }, policy.hash { a })
    assert.are_not.equal(policy.hash { a }, policy.hash { { name = "c", hash = "1" } })
  end)
end)
