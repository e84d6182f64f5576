-- Cancels and releases side by side.

local changes = require "mde.client.changes"
local world = require "spec.support.world"

local function iterator(items)
  local at = 0
  return function()
    at = at + 1
    return items[at]
  end
end

-- `count` isolations of this status on machines of their own, as items of a plan.
local function items_of(service, count, status, decision)
  local items = {}
  for i = 1, count do
    local machine = service:add_machine { lastSeen = service:now() - 60 }
    items[i] = { id = service:add { status = status, machine_id = machine, age = 600 },
                 change = decision, expected = status, position = i, sends = {} }
  end
  return items
end

describe("a batch of two lanes", function()
  it("takes as long as the longer one, since the quotas are separate", function()
    local seconds = {}
    for _, counts in ipairs { { 250, 0 }, { 0, 250 }, { 250, 250 } } do
      local client, service = world.new { roles = { "Machine.Read.All", "Machine.Isolate" },
        launch_course = function() return { { 0, "Succeeded" } } end }
      local cancels = items_of(service, counts[1], "Pending", "cancel")
      local releases = items_of(service, counts[2], "Succeeded", "undo")
      local report = assert(changes.run(client, iterator(cancels), {
        comment = "x", parallel = 40, beside = iterator(releases) }))
      assert.same({ counts[1], counts[2] },
        { report.counts.cancelled or 0, report.counts.undone or 0 })
      seconds[#seconds + 1] = report.seconds
    end
    assert.is_true(seconds[3] < 1.25 * math.max(seconds[1], seconds[2]), table.concat(seconds, " "))
  end)

  it("asks again for items that are not there yet, until the list ends", function()
    local client, service = world.new { roles = { "Machine.Read.All", "Machine.Isolate" } }
    local cancels = items_of(service, 3, "Pending", "cancel")
    local releases = items_of(service, 2, "Succeeded", "undo")
    local order, ended, given = {}, 0, 0
    local report = assert(changes.run(client, iterator(cancels), { comment = "x", parallel = 2,
      on_item = function(item)
        order[#order + 1] = item.verdict
        ended = ended + 1
      end,
      beside = function()
        if ended < 3 then return false end
        given = given + 1
        return releases[given]
      end }))
    assert.equal(5, report.total)
    assert.same({ "cancelled", "cancelled", "cancelled", "undo_accepted", "undo_accepted" }, order)
  end)

  it("takes nothing more of either when it is stopped, or one raises", function()
    local client, service = world.new { roles = { "Machine.Read.All", "Machine.Isolate" } }
    local cancels = items_of(service, 5, "Pending", "cancel")
    local ended = 0
    local report = assert(changes.run(client, iterator(cancels), { comment = "x", parallel = 1,
      on_item = function() ended = ended + 1 end, stop = function() return ended > 1 end,
      beside = function() return false end }))
    assert.is_true(report.total < 5)
    assert.error(function()
      changes.run(client, iterator(cancels), { comment = "x",
        beside = function() error "no more" end })
    end)
  end)
end)
