-- Following a launched action until it is final.

local follow = require "mde.client.follow"
local world = require "spec.support.world"

local VERDICTS = { succeeded = "good", open = "late", failed = "bad" }

-- A call that follows an action for `wait` seconds, from its launch on. -> the call when it is done
local function followed(client, id, wait, verdicts)
  local call = assert(client:launching("scan", ("a"):rep(40), { comment = "x" }))
  call.judge, call.before_end = follow.judge, false
  call.following = follow.fields(wait, verdicts or VERDICTS)
  local now = client.clock.monotonic()
  follow.start(call, now, id)
  call:look_up(now, id)
  client:complete(call, "scan")
  return call
end

-- -> client, clock, the id of an action with this course, service
local function launched(course)
  local client, service, clock = world.new { roles = { "Machine.Read.All", "Machine.Scan" },
    launch_course = function() return course end }
  local machine = service:add_machine { lastSeen = service:now() - 60 }
  local action = assert(client:scan(machine, { comment = "x", type = "Quick" }))
  return client, clock, action.id, service
end

describe("an action that is followed", function()
  it("is read until it has ended", function()
    for status, verdict in pairs { Succeeded = "good", Failed = "bad" } do
      local client, clock, id = launched { { 20, status } }
      local began = clock.monotonic()
      local call = followed(client, id, 600)
      assert.same({ verdict, status }, { call.verdict, call.value.status })
      assert.is_true(clock.monotonic() - began < 90, clock.monotonic() - began)
    end
  end)

  it("is open at the end of the time, which is kept", function()
    local client, clock, id = launched { { 900, "Succeeded" } }
    local began = clock.monotonic()
    local call = followed(client, id, 40)
    assert.same({ "late", "Pending" }, { call.verdict, call.value.status })
    local took = clock.monotonic() - began
    assert.is_true(took >= 40 and took < 45, took)
  end)

  it("is not read before the service allows it", function()
    local client, clock, id, service = launched { { 900, "Succeeded" } }
    local reads = {}
    function service.answer()
      reads[#reads + 1] = clock.monotonic()
      return { status = 503, headers = { ["retry-after"] = "20" }, body = "", delay = 0 }
    end
    local began = clock.monotonic()
    assert.equal("late", followed(client, id, 250).verdict)
    assert.is_true(#reads > 5, #reads)
    for i = 2, #reads do assert.is_true(reads[i] - reads[i - 1] >= 20, i) end
    assert.is_true(reads[#reads] - began < 350, reads[#reads] - began)
  end)

  it("comes with the error that its caller has for a failure", function()
    local client, _, id = launched { { 0, "Failed" } }
    local call = followed(client, id, 9, { failed = "bad", error = function(action)
      return { code = "x", message = action.status }
    end })
    assert.same({ "bad", "x", "Failed" }, { call.verdict, call.err.code, call.err.message })
  end)
end)
