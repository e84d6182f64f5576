-- Writing the journal and the audit log of a batch together.

require "spec.support.policy"
local recorder = require "mde.program.batch.journal_writer"
local stores = require "spec.support.stores"
local system = require "mde.program.system"
local systems = require "spec.support.system"

describe("the writer of the journal and the audit log", function()
  after_each(stores.clean)

  -- Calls f in a program whose state folder has the store.
  local function in_program(f)
    stores.prepare "sqlite"
    system.run(systems.new { XDG_STATE_HOME = stores.folder }, f)
  end

  local function lines_of(path)
    local handle = assert(io.open(path))
    local text = handle:read "a"
    handle:close()
    return select(2, text:gsub("\n", "\n"))
  end

  local function new_batch(store)
    local batch = store.journal:draft { who = "dana@soc1", application = "a", comment = "misfire",
                                        order = "given" }
    for _, id in ipairs { "1", "2" } do batch:add(id) end
    batch:complete()
    return batch
  end

  it("keeps committed lines if a later transaction fails before its commit", function()
    in_program(function()
      local store = stores.open "process 1"
      local batch = new_batch(store)
      local writer, path = recorder.new(store, batch), stores.folder .. "/mde/audit.jsonl"
      writer:note "begun"
      assert.equal(1, lines_of(path))
      store.database:begin()
      store:rollback()
      assert.equal(1, lines_of(path))
      assert.equal(1, store.journal:audit_head(writer.audit.id).n)
    end)
  end)

  it("takes back the lines of a commit that fails", function()
    in_program(function()
      local store = stores.open "process 1"
      local batch = new_batch(store)
      local writer, path = recorder.new(store, batch), stores.folder .. "/mde/audit.jsonl"
      writer:note "begun"
      store.database.check = function() error("the disk is full", 0) end
      assert.is_false(pcall(writer.note, writer, "stopped"))
      assert.equal(1, lines_of(path))
    end)
  end)

  -- Ends the first item in a new run of a batch. -> the writer
  local function end_first(store, batch, verdict, posted)
    local writer, target = recorder.new(store, batch), batch:items()()
    store.database:begin()
    writer:ended { target = target, id = target.id, verdict = verdict, posted = posted }
    return writer
  end

  it("lets a settled line of a killed process stand, unless more is sent", function()
    in_program(function()
      local store = stores.open "process 1"
      local batch, path = new_batch(store), stores.folder .. "/mde/audit.jsonl"
      recorder.new(store, batch):note "begun"
      end_first(store, batch, "launched"):write()
      store.database:rollback()  -- as the end of its process does
      local function count_after(...)
        end_first(store, batch, ...)
        store:commit()
        return lines_of(path)
      end
      assert.equal(2, count_after "unknown")
      assert.equal(3, count_after("unknown", { method = "POST" }))
      assert.equal(4, count_after "launched")
    end)
  end)
end)
