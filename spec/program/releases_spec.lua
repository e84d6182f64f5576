-- The order of what a plan's batch undoes.

local releases = require "mde.program.batch.releases"

-- A batch with rows { id, change, machine, verdict }.
local function batch_of(...)
  local rows = { ... }
  for i, row in ipairs(rows) do
    rows[i] = { id = row[1], kind = row[2], planned_machine = row[3], verdict = row[4] }
  end
  local batch = {}
  local function each(is_wanted)
    local at = 0
    return function()
      repeat at = at + 1 until not rows[at] or is_wanted(rows[at])
      return rows[at]
    end
  end
  function batch.rows() return each(function() return true end) end
  function batch.items() return each(function(row) return row.kind == "release" end) end
  return batch
end

describe("the releases of a batch", function()
  it("wait for the cancels on their own machine only", function()
    local queue = releases.new(batch_of({ "c1", "cancel", "m1" }, { "c2", "cancel", "m1" },
      { "c3", "cancel", "m3" }, { "u1", "release", "m1" }, { "u2", "release", "m2" },
      { "u3", "release" }))
    assert.equal("u2", queue:next().id)
    assert.equal("u3", queue:next().id)
    assert.is_false(queue:next())
    queue:ended "c1"
    queue:ended "c3"
    assert.is_false(queue:next())
    queue:ended "c2"
    assert.equal("u1", queue:next().id)
    assert.is_nil(queue:next())
  end)

  it("wait for no cancel that was settled before", function()
    local queue = releases.new(batch_of({ "c1", "cancel", "m1", "cancelled" },
      { "c2", "cancel", "m2", "accepted" }, { "u1", "release", "m1" }, { "u2", "release", "m2" }))
    assert.equal("u1", queue:next().id)
    assert.is_false(queue:next())
    queue:free()
    assert.equal("u2", queue:next().id)
    assert.is_nil(queue:next())
  end)
end)
