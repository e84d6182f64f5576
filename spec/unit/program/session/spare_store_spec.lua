-- Reading without a store that can be written.

require "spec.support.policy"
local errors = require "mde.base.errors"
local spare_store = require "mde.program.session.spare_store"

local function failure(message)
  return errors.new { code = "store", message = message }
end

describe("a store", function()
  it("cannot be written if the disk is full or read-only", function()
    for _, message in ipairs { "the store x: database or disk is full", "disk I/O error",
                               "attempt to write a readonly database",
                               "No space left on device" } do
      assert.is_true(spare_store.is_unwritable(failure(message)))
    end
    assert.is_false(spare_store.is_unwritable(failure "locked"))
    assert.is_false(spare_store.is_unwritable "disk is full")
  end)

  it("that fails otherwise still fails", function()
    local problem = failure "locked"
    local store = { commit = function() error(problem, 0) end, rollback = function() end }
    spare_store.protect(store)
    local ok, raised = pcall(store.commit, store)
    assert.same({ false, problem }, { ok, raised })
  end)

  it("is no longer used once it cannot be written", function()
    local commits, rolled_back = 0, false
    local windows = { news = function() return { 1 } end, take = function() end,
                      note = function() end }
    local store = {
      commit = function()
        commits = commits + 1
        error(failure "disk is full: free some space", 0)
      end,
      rollback = function() rolled_back = true end,
      windows = function() return windows end,
    }
    spare_store.protect(store)
    local report = spare_store.report
    local reported
    spare_store.report = function(raised) reported = raised.message end
    store:windows "app"
    store:commit()
    store:commit()
    spare_store.report = report
    assert.same({ 1, true, {} }, { commits, rolled_back, store:windows "app":news() })
    assert.matches("disk is full", reported)
  end)
end)
