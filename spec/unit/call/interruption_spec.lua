-- Ctrl-C in a playbook: "interrupted" is raised at any instruction of the
-- client, and the client goes on to be used.

local interrupt = require "spec.support.interrupt"
local world = require "spec.support.world"

-- A client of which `started` counts the cancels that go out, and that does not wait
-- for ever.
local function new_client()
  local client, service, clock, engine = world.new()
  local seen, start, waits = { started = 0 }, engine.start, 0
  function engine.start(self, request, owner)
    if request.url:find "/cancel$" then seen.started = seen.started + 1 end
    return start(self, request, owner)
  end
  client.host = { wait = function(_, seconds)
    waits = waits + 1
    assert(waits < 500, "it waits for ever")
    engine:poll(seconds)
  end }
  return client, service, clock, seen
end

-- The interrupted client works, and sends nothing of what was interrupted.
local function assert_in_order(client, service, clock, seen)
  local started = seen.started
  assert(client:action(service:add {}))
  clock.advance(200)
  for _ = 1, 3 do client:step() end
  assert.equal(started, seen.started)
  assert.equal(0, #client.scheduler.tasks)
end

describe("an interruption at any instruction", function()
  if rawget(_G, "jit") then return pending "compiled code runs no hooks" end

  it("of one cancel leaves the client in order, and nothing is sent later", function()
    local n = 1
    while true do
      local client, service, clock, seen = new_client()
      local id = service:add {}
      if not interrupt(n, client.cancel, client, id, { comment = "x" }) then break end
      assert_in_order(client, service, clock, seen)
      n = n + 71
    end
    assert.is_true(n > 1000)
  end)

  it("of a batch does so too, and gives no item two verdicts", function()
    local n = 1
    while true do
      local client, service, clock, seen = new_client()
      local items = {}
      if not interrupt(n, client.cancel_all, client, world.add(service, 3), {
        comment = "x", parallel = 2, on_item = function(item)
          items[item.id] = (items[item.id] or 0) + 1
        end }) then break end
      for _, count in pairs(items) do assert.equal(1, count) end
      assert_in_order(client, service, clock, seen)
      n = n + 307
    end
    assert.is_true(n > 2000)
  end)
end)
