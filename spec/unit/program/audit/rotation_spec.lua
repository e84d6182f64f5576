-- Rotation of audit logs, and their ids.

local audit = require "mde.program.audit.log"
local logs = require "spec.support.audit"
local schema = require "mde.store.sql.schema"
local stores = require "spec.support.stores"

local entries, read, write = logs.entries, logs.read, logs.write

describe("an audit log that is moved away", function()
  after_each(logs.clean)

  -- Makes three files of ten lines each. -> their paths, head
  local function rotated()
    local path, head, log = logs.new(10)
    local paths = { path .. ".1", path .. ".2", path }
    for i = 1, 2 do
      os.rename(path, paths[i])
      head = assert(log:append(entries(10 * i + 1, 10 * i + 10), head))
      if i == 1 then log = assert(audit.open(path)) end  -- another process continues it
    end
    return paths, head
  end

  it("is continued by the next file, and verified with it", function()
    local paths, head = rotated()
    local checked = assert(audit.verify(paths, head))
    assert.same({ 30, 0 }, { checked.lines, checked.after })
    checked = assert(audit.verify({ paths[1] }))
    assert.equal(10, checked.lines)
    local ids = {}
    for i, path in ipairs(paths) do
      local first = assert(audit.peek(path))
      assert.equal(10 * i - 9, first.n)
      ids[first.log] = true
    end
    assert.equal(audit.id_of(paths[3]), next(ids))
    assert.is_nil(next(ids, next(ids)))
  end)

  it("is not reported as altered if a file is not named", function()
    local paths, head = rotated()
    local missing = " in none of these files: if the log was moved away, also name the file"
      .. " with them"
    local function problem(...)
      return select(2, audit.verify({ ... }, head))
    end
    assert.equal("lines 1 to 20 are" .. missing, problem(paths[3]))
    assert.equal("lines 1 to 10 are" .. missing, problem(paths[2], paths[3]))
    assert.equal("lines 11 to 20 are" .. missing, problem(paths[1], paths[3]))
    assert.equal("the log was cut: it ends at line 20, but the journal knows line 30",
      problem(paths[1], paths[2]))
  end)

  it("finds a change in one of its files", function()
    local paths, head = rotated()
    for i, path in ipairs(paths) do
      local whole = read(path)
      for _, k in ipairs { 1, 5, 9 } do
        logs.tamper(path, function(lines) lines[k] = logs.edited(lines[k]) end)
        assert.equal(("line %d was changed"):format(10 * i - 10 + k),
          select(2, audit.verify(paths, head)))
        write(path, whole)
      end
      logs.tamper(path, function(lines) table.remove(lines, 5) end)
      assert.equal(("line %d is missing"):format(10 * i - 5), select(2, audit.verify(paths, head)))
      write(path, whole)
    end
    assert(audit.verify(paths, head))
  end)

  it("keeps its id, even if the id's file is removed", function()
    local path, head, log = logs.new(3)
    os.remove(path:gsub("%.jsonl$", ".id"))
    local again = assert(audit.open(path))
    assert.equal(log.id, again.id)
    write(path:gsub("%.jsonl$", ".id"), "torn")
    assert.equal(log.id, assert(audit.open(path)).id)
    os.remove(path)
    os.remove(path:gsub("%.jsonl$", ".id"))
    assert.is_not.equal(log.id, assert(audit.open(path)).id)
    assert.equal(3, head.n)
  end)

  it("takes back the last lines unless other processes have appended", function()
    local path, head, log = logs.new(3)
    local before = read(path)
    assert(log:append(entries(4, 5), head, true))
    log:take_back()
    assert.equal(before, read(path))
    log:take_back()
    assert.equal(before, read(path))
    head = assert(log:append(entries(4, 5), head))
    head = assert(assert(audit.open(path)):append(entries(6, 6), head))
    log:take_back()
    assert.equal(6, assert(audit.verify(path, head)).lines)
  end)
end)

describe("a store from before audit logs had ids", function()
  teardown(stores.stop)

  for _, kind in ipairs { "sqlite", "postgresql" } do
    it("keeps their ends: " .. kind, function()
      stores.prepare(kind)
      finally(stores.clean)
      local steps, before = schema.steps, 0
      while not steps[before + 1][1]:find "audit RENAME" do before = before + 1 end
      schema.steps = { table.unpack(steps, 1, before) }
      local done, old = pcall(stores.open, "old")
      schema.steps = steps
      assert(done, old)
      old.database:run("INSERT INTO audit (machine, line, hash) VALUES (?, ?, ?)", "soc1", 7, "x")
      stores.close(old)
      local journal = stores.open "new".journal
      local head = kind == "sqlite" and { n = 7, hash = "x" } or nil  -- whose it is, is not known
      assert.same(head, journal:audit_head("id", "soc1"))
      assert.is_nil(journal:audit_head "id")
      journal.store.database:begin()
      journal:note_audit_head("id", { n = 8, hash = "y" }, "dana@soc1:/home")
      journal:note_audit_head("other", { n = 3, hash = "z" }, "dana@soc1:/home")
      journal.store:commit()
      assert.same({ n = 8, hash = "y" }, journal:audit_head("id", "soc1"))
      assert.same({ { id = "other", lines = 3 } }, journal:other_logs("dana@soc1:/home", "id"))
      assert.same({}, journal:other_logs("dana@soc2:/home", "id"))
    end)
  end
end)
