-- Appending to the audit log.

local audit = require "mde.program.audit.log"
local cjson = require "cjson"
local core = require "mde.core"
local errors = require "mde.base.errors"
local logs = require "spec.support.audit"

local new_path, read, write, entries = logs.new_path, logs.read, logs.write, logs.entries
local tamper, relink, edited = logs.tamper, logs.relink, logs.edited

local ZEROS = ("0"):rep(64)

describe("the audit log", function()
  after_each(logs.clean)

  it("has one JSON object per line, with its keys in order", function()
    local path = new_path()
    local log = assert(audit.open(path))
    local head = assert(log:append({ {
      time = 1769199040.8785, who = "dana@soc1", what = "cancel", batch = "b", tenant = "t",
      application = "a", user = "u", user_name = "dana@contoso.com", profile = "emea", id = "i",
      request = "POST /api/machineactions/{id}/cancel", status = 200.0,
      request_id = "r", verdict = "cancelled", comment = "c/d", policy = "p", plan = "q",
    }, { time = 1769199041, who = "dana@soc1", what = "batch stopped" } }))
    local first = '{"n":1,"log":"' .. log.id .. '","time":"2026-01-23T20:10:40.878Z",'
      .. '"who":"dana@soc1","what":"cancel","batch":"b","tenant":"t","application":"a",'
      .. '"user":"u","user_name":"dana@contoso.com",'
      .. '"profile":"emea","id":"i",'
      .. '"request":"POST /api/machineactions/{id}/cancel",'
      .. '"status":200,"request_id":"r","verdict":"cancelled","comment":"c/d","policy":"p",'
      .. '"plan":"q","previous":"' .. ZEROS .. '"}'
    local second = '{"n":2,"log":"' .. log.id .. '","time":"2026-01-23T20:10:41.000Z",'
      .. '"who":"dana@soc1","what":"batch stopped","batch":null,"tenant":null,'
      .. '"application":null,"user":null,"user_name":null,'
      .. '"profile":null,"id":null,"request":null,'
      .. '"status":null,"request_id":null,"verdict":null,"comment":null,"policy":null,'
      .. '"plan":null,"previous":"' .. core.sha256(first) .. '"}'
    assert.equal(first .. "\n" .. second .. "\n", read(path))
    assert.same({ n = 2, hash = core.sha256(second) }, head)
  end)

  it("returns the last verdicts of a batch, since it began", function()
    local path = new_path()
    local log = assert(audit.open(path))
    local function line(batch, what, id, verdict)
      return { time = 1, who = "a", what = what, batch = batch, id = id, verdict = verdict }
    end
    assert.same({}, assert(log:verdicts "b"))
    assert(log:append { line("b", "cancel", "0", "error"), line("b", "batch begun"),
      line("b", "cancel", "1", "unknown"), line("other", "cancel", "2", "cancelled"),
      line("b", "cancel", "3", "accepted"), line("b", "cancel", "1", "cancelled"),
      line("other", "batch begun") })
    assert.same({ ["1"] = "cancelled", ["3"] = "accepted" },
      assert(assert(audit.open(path)):verdicts "b"))
  end)

  it("keeps every text, and replaces bytes that are not UTF-8", function()
    local path = new_path()
    local log = assert(audit.open(path))
    local texts = { 'a"b\\c/d\\/e', "\0\n\r\t\27\127", "\u{202E}\u{1F600}é", ("\1"):rep(131000) }
    for _, text in ipairs(texts) do
      assert(log:append { { time = 1, who = "a", what = "b", comment = text } })
    end
    assert(log:append { { time = 1, who = "a", what = "b", comment = "a\255\xC3b\xED\xA0\x80c" } })
    local i = 0
    for line in read(path):gmatch "[^\n]+" do
      i = i + 1
      assert.equal(texts[i] or "a\u{FFFD}\u{FFFD}b" .. ("\u{FFFD}"):rep(3) .. "c",
        cjson.decode(line).comment)
    end
    assert.equal(5, i)
    assert.equal(5, assert(audit.verify(path)).lines)
  end)

  it("rejects unknown keys and writes nothing then", function()
    local path, _, log = logs.new(1)
    local before = read(path)
    local function refused(pattern, change)
      local list = entries(2, 4)
      for key, value in pairs(change) do list[2][key] = value end
      local done, message = pcall(function() log:append(list) end)
      assert.is_false(done)
      assert.truthy(message:find(pattern), message)
      assert.truthy(message:find "^spec/unit/program/audit/log_spec.lua", message)
      assert.equal(before, read(path))
    end
    refused("unknown key token", { token = "x" })
    refused("unknown key n ", { n = 2 })
    refused("unknown key previous", { previous = ZEROS })
    refused("unknown key 1", { "x" })
    refused("who is a userdata, expected a string", { who = core.secret "x" })
    refused("status is a string, expected a number", { status = "200" })
    refused("longer than 128 KiB", { comment = ("x"):rep(131072) })
    assert.error_matches(function() log:append { { who = "a", what = "b" } } end, "requires time")
    assert.error_matches(function() log:append { "x" } end, "table")
    refused("status must be an integer", { status = 200.5 })
    for _, head in ipairs { 7, {}, { n = 1.5, hash = ZEROS }, { n = 1, hash = "x" } } do
      assert.error_matches(function() log:append({}, head) end, "a head must be")
      assert.error_matches(function() audit.verify(path, head) end, "a head must be")
    end
    assert.equal(before, read(path))
  end)

  it("continues where it ended", function()
    local path, head = logs.new(3)
    local log = assert(audit.open(path))
    assert.same(head, log:append {})
    assert.same(head, log:append({}, head))
    head = assert(log:append(entries(4, 5), head, true))
    assert.equal(5, head.n)
    assert.same({ lines = 5, last_hash = head.hash, after = 0, time = "2026-01-23T20:10:45.878Z" },
      audit.verify(path, head))
    log:close()
    log:close()
    assert.error_matches(function() log:append {} end, "closed")
  end)

  it("continues after lines that others appended", function()
    local path, _, one = logs.new(3)
    local two, n = assert(audit.open(path)), 3
    for _, count in ipairs { 1, 2, 100, 1, 300 } do
      assert.equal(n + count, assert(two:append(entries(1, count))).n)
      one, two, n = two, one, n + count
    end
    assert.equal(n, assert(audit.verify(path)).lines)
  end)

  it("is one chain if four processes append at once", function()
    local path, script = new_path(), os.tmpname()
    finally(function() os.remove(script) end)
    write(script, ([[
      local log, n = assert(require "mde.program.audit.log".open(%q)), 0
      for i = 1, 80 do
        local list = {}
        for j = 1, 1 + i %% 4 do
          list[j] = { time = i, who = "a", what = "cancel", comment = ("x"):rep(i * j) }
        end
        n = n + #list
        assert(log:append(list))
      end
      print(n)]]):format(path))
    local pipes, n = {}, 0
    for i = 1, 4 do pipes[i] = assert(io.popen("exec lua5.4 " .. script)) end
    for i = 1, 4 do
      n = n + assert(pipes[i]:read "n")
      pipes[i]:close()
    end
    assert.equal(4 * 200, n)
    assert.equal(n, assert(audit.verify(path)).lines)
  end)

  it("cuts the rest of a line that a power failure left", function()
    for _, torn in ipairs { '{"n":4,"ti', "\0\0\0\0", ("x"):rep(50000) } do
      local path, head, log = logs.new(3)
      local whole = read(path)
      write(path, whole .. torn)
      for _, each in ipairs { log, assert(audit.open(path)) } do
        head = assert(each:append(entries(4, 4), head))
        write(path, read(path) .. torn)
      end
      assert.equal(5, assert(log:append({}, head)).n)
      assert.equal(whole, read(path):sub(1, #whole))
      assert.equal(5, assert(audit.verify(path, head)).lines)
    end
    local path = new_path()
    write(path, '{"n":1,')
    assert.equal(1, assert(assert(audit.open(path)):append(entries(1, 1))).n)
    assert.equal(1, assert(audit.verify(path)).lines)
  end)

  it("has all entries or none on a full disk", function()
    local path, head = logs.new(1)
    local script = os.tmpname()
    finally(function() os.remove(script) end)
    write(script, ([[
      local audit, list = require "mde.program.audit.log", {}
      for i = 1, 10 do
        list[i] = { time = i, who = "a", what = "cancel", comment = ("x"):rep(100) }
      end
      local log = assert(audit.open(%q))
      local head, err = log:append(list)
      print(head, err.code)
      print(err)
      print(assert(log:append { { time = 1, who = "a", what = "b" } }).n)]]):format(path))
    local pipe = assert(io.popen("trap '' XFSZ; ulimit -f 2; exec lua5.4 " .. script))
    assert.equal("nil\tstore\nthe audit log " .. path .. " cannot be written: File too large;"
      .. " free some space there\n2\n", pipe:read "a")
    pipe:close()
    local checked = assert(audit.verify(path, head))
    assert.same({ 2, 1 }, { checked.lines, checked.after })
  end)

  it("reports the error", function()
    local path = new_path()
    local log = assert(audit.open(path))
    local inside, err = audit.open(path .. "/log")
    assert.is_nil(inside)
    assert.is_true(errors.is(err))
    assert.equal("store", err.code)
    assert.equal("the audit log " .. path .. "/log cannot be written: Not a directory;"
      .. " check that it is a file in an existing folder", err.message)
    os.remove(path)
    os.execute("mkdir " .. path)
    log, err = log:append(entries(1, 1))
    assert.is_nil(log)
    assert.truthy(err.message:find("Is a directory", 1, true))
  end)

  it("does not append to a file that is not an audit log", function()
    for _, text in ipairs { "something else\n", "{}\n", ("x"):rep(3000000), ("x\n"):rep(100000) } do
      local path = new_path()
      write(path, text)
      local log = assert(audit.open(path))
      local head, err = log:append(entries(1, 1))
      assert.is_nil(head)
      assert.truthy(err.message:find "cannot be written: its last line .*; check it", err.message)
      assert.equal(text, read(path))
      head, err = log:append(entries(1, 1), { n = 7, hash = ZEROS })
      assert.equal(text:find "\n" and 8, head and head.n, err)
    end
  end)
end)

describe("a log that was altered", function()
  after_each(logs.clean)

  -- Changes a log of ten lines and appends to it more than once.
  -- -> the problem that verification finds after each time
  local function find(change, fresh)
    local path, head, log = logs.new(10)
    if fresh then log = assert(audit.open(path)) end
    change(path)
    local first
    for i, count in ipairs { 1, 1, 2 } do
      local n = head.n + count
      head = assert(log:append(entries(1, count), head))
      assert.equal(n, head.n)
      local checked, problem = audit.verify(path, head)
      assert.is_nil(checked)
      first = first or problem
      assert.equal(first, problem)
      if i == 2 then log = assert(audit.open(path)) end
    end
    return first
  end

  local function finds(expected, change)
    assert.equal(expected, find(change, false))
    assert.equal(expected, find(change, true))
  end

  it("continues from the trusted line and keeps the gap if it was cut", function()
    finds("lines 8 to 10 are missing", function(path)
      tamper(path, function(lines) return table.move(lines, 1, 7, 1, {}) end)
    end)
    finds("line 10 is missing", function(path)
      tamper(path, function(lines) lines[10] = nil end)
    end)
  end)

  it("does so if it was removed, moved away or emptied", function()
    local missing = "lines 1 to 10 are in none of these files: if the log was moved away, also name"
      .. " the file with them"
    finds(missing, function(path) os.remove(path) end)
    finds(missing, function(path) os.rename(path, path .. ".old") end)
    finds(missing, function(path) write(path, "") end)
  end)

  it("does so if its last line lost the newline", function()
    finds("line 10 is missing", function(path) write(path, (read(path):sub(1, -2))) end)
  end)

  it("does so if its chain was forged, also with more lines", function()
    local function forge(from, more)
      return function(path)
        tamper(path, function(lines)
          lines[from] = edited(lines[from])
          for i = 1, more do lines[10 + i] = lines[10] end
          relink(lines, from + 1)
        end)
      end
    end
    assert.equal("line 10 was changed", find(forge(9, 0), true))
    assert.equal("line 10 was changed", find(forge(10, 0), true))
    finds("line 10 was changed", forge(9, 1))
    finds("line 10 was changed", forge(9, 100))
    finds("line 10 was changed", forge(10, 1))
  end)

  it("does so if its last line is not JSON", function()
    finds("line 10 is not JSON", function(path)
      tamper(path, function(lines) lines[10] = "x" .. lines[10] end)
    end)
  end)

  it("accepts appended lines that did not reach the journal", function()
    local path, head, log = logs.new(10)
    assert(log:append(entries(11, 60), head))
    log = assert(audit.open(path))
    local new = assert(log:append(entries(61, 61), head))
    assert.equal(61, new.n)
    assert.equal(51, assert(audit.verify(path, head)).after)
    assert.equal(0, assert(audit.verify(path, new)).after)
  end)
end)
