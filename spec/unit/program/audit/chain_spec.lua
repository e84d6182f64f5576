-- Verification of an audit log that was changed.

local audit = require "mde.program.audit.log"
local cjson = require "cjson"
local logs = require "spec.support.audit"

local new_path, read, write, entries = logs.new_path, logs.read, logs.write, logs.entries
local tamper, relink, edited = logs.tamper, logs.relink, logs.edited
local renumbered, unlinked = logs.renumbered, logs.unlinked

local ZEROS = ("0"):rep(64)

describe("verification", function()
  after_each(logs.clean)

  -- Findings in a log of so many lines after a change, with the head of the log
  -- as it was and without one.
  local function finds(count, expected, change, expected_without_head)
    local path, head = logs.new(count)
    tamper(path, change)
    local checked, problem = audit.verify(path, head)
    assert.is_nil(checked)
    assert.equal(expected, problem)
    checked, problem = audit.verify(path)
    if expected_without_head == false then
      assert.is_nil(problem)
    else
      assert.is_nil(checked)
      assert.equal(expected_without_head or expected, problem)
    end
  end

  it("accepts an unaltered log of any length", function()
    for _, count in ipairs { 1, 2, 3, 10, 1000 } do
      local path, head = logs.new(count)
      local checked = assert(audit.verify(path, head))
      assert.same({ count, head.hash, 0 }, { checked.lines, checked.last_hash, checked.after })
      checked = assert(audit.verify(path))
      assert.same({ count, head.hash, nil }, { checked.lines, checked.last_hash, checked.after })
    end
  end)

  it("accepts lines after the head", function()
    local path, head, log = logs.new(5)
    assert(log:append(entries(6, 8)))
    assert.equal(3, assert(audit.verify(path, head)).after)
    assert.equal(8, assert(audit.verify(path, { n = 0, hash = ZEROS })).after)
  end)

  it("finds a line that was changed", function()
    for _, i in ipairs { 1, 2, 7, 8 } do
      finds(10, ("line %d was changed"):format(i), function(lines) lines[i] = edited(lines[i]) end)
    end
    finds(10, "line 9 was changed", function(lines) lines[9] = edited(lines[9]) end,
      "line 9 or 10 was changed")
    finds(2, "line 1 was changed", function(lines) lines[1] = edited(lines[1]) end,
      "line 1 or 2 was changed")
    finds(10, "line 10 was changed: the journal knows another one; earlier lines may have been"
      .. " rewritten too", function(lines) lines[10] = edited(lines[10]) end, false)
    finds(1, "line 1 was changed: the journal knows another one; earlier lines may have been"
      .. " rewritten too", function(lines) lines[1] = edited(lines[1]) end, false)
  end)

  it("finds the first of several changes", function()
    finds(10, "line 3 was changed", function(lines)
      for _, i in ipairs { 3, 5, 9 } do lines[i] = edited(lines[i]) end
    end)
    finds(10, "line 4 was changed", function(lines)
      for _, i in ipairs { 3, 4 } do lines[i] = edited(lines[i]) end
    end)
    finds(10, "line 3 is missing", function(lines)
      table.remove(lines, 8)
      table.remove(lines, 3)
    end)
  end)

  it("finds a line whose link or number was changed", function()
    for _, i in ipairs { 1, 2, 7, 9, 10 } do
      finds(10, ("line %d was changed"):format(i), function(lines)
        lines[i] = unlinked(lines[i])
      end, i == 10 and "line 9 or 10 was changed" or nil)
      for _, n in ipairs { 5, 99 } do
        finds(10, ("line %d was changed"):format(i), function(lines)
          lines[i] = renumbered(lines[i], n)
        end)
      end
    end
    for _, i in ipairs { 2, 7, 9 } do
      for _, n in ipairs { 5, 99 } do
        finds(10, ("line %d was changed"):format(i), function(lines)
          lines[i] = renumbered(unlinked(lines[i]), n)
        end)
      end
    end
  end)

  it("finds a changed line if the lines after it were relinked", function()
    for _, i in ipairs { 1, 2, 7, 9 } do
      finds(10, "line 10 was changed: the journal knows another one; earlier lines may have been"
        .. " rewritten too", function(lines)
          lines[i] = edited(lines[i])
          relink(lines, i + 1)
        end, false)
    end
    finds(10, "line 8 was changed", function(lines)  -- two relinked, of which one shows
      lines[7] = edited(lines[7])
      local after = table.move(lines, 9, 10, 1, {})
      lines[9], lines[10] = nil, nil
      relink(lines, 8)
      table.move(after, 1, 2, 9, lines)
    end)
  end)

  it("finds lines that are missing", function()
    for _, i in ipairs { 2, 7, 9 } do
      finds(10, ("line %d is missing"):format(i), function(lines) table.remove(lines, i) end)
    end
    local elsewhere = " in none of these files: if the log was moved away, also name the file"
      .. " with them"
    finds(10, "line 1 is" .. elsewhere, function(lines) table.remove(lines, 1) end)
    finds(10, "lines 1 to 9 are" .. elsewhere, function(lines) return { lines[10] } end)
    finds(10, "lines 4 to 6 are missing", function(lines)
      for _ = 4, 6 do table.remove(lines, 4) end
    end)
  end)

  it("finds changed numbers after a missing line", function()
    finds(10, "line 7 was changed", function(lines)
      table.remove(lines, 7)
      for i = 7, 9 do lines[i] = renumbered(lines[i], i) end
    end)
  end)

  it("finds a missing end, with the journal", function()
    for _, last in ipairs { 1, 7, 9 } do
      finds(10, ("the log was cut: it ends at line %d, but the journal knows line 10"):format(last),
        function(lines) return table.move(lines, 1, last, 1, {}) end, false)
    end
  end)

  it("finds a log that is empty, absent or can't be read", function()
    local path, head = logs.new(10)
    write(path, "")
    local _, problem = audit.verify(path, head)
    assert.equal("the log is empty; the journal knows line 10", problem)
    assert.equal(0, assert(audit.verify(path)).lines)
    os.remove(path)
    _, problem = audit.verify(path, head)
    assert.equal("cannot read " .. path .. ": there is no such file; the first change begins it",
      problem)
    assert.is_nil(io.open(path))
    os.execute("mkdir " .. path)
    _, problem = audit.verify(path)
    assert.equal("cannot read " .. path .. ": Is a directory", problem)
  end)

  it("finds lines that were inserted", function()
    for _, i in ipairs { 1, 2, 8, 10 } do
      finds(10, ("line %d was inserted"):format(i), function(lines)  -- linked to nothing
        table.insert(lines, i, unlinked(edited(lines[i])))
      end)
      finds(10, ("line %d was inserted"):format(i), function(lines)  -- in place of the next
        table.insert(lines, i, edited(lines[i]))
      end, i == 10 and "line 11 was inserted" or nil)
      finds(10, ("line %d was inserted"):format(i + 1), function(lines)  -- twice the same
        table.insert(lines, i, lines[i])
      end)
    end
    for _, n in ipairs { 1, 3, 9, 99 } do
      finds(10, "line 6 was inserted", function(lines)
        table.insert(lines, 6, renumbered(unlinked(lines[6]), n))
      end)
    end
    finds(10, "lines 6 to 8 were inserted", function(lines)
      local forged = { table.unpack(lines, 1, 5) }
      for i = 6, 8 do forged[i] = edited(lines[i]) end
      relink(forged, 7)
      return table.move(lines, 6, 10, 9, forged)
    end)
  end)

  it("finds an inserted line if the lines after it were renumbered", function()
    finds(10, "line 6 was inserted", function(lines)
      table.insert(lines, 6, edited(lines[6]))
      for i = 7, 11 do lines[i] = renumbered(lines[i], i) end
    end)
  end)

  it("finds a copy of an earlier part", function()
    for _, copy in ipairs { { 1, 10 }, { 1, 1 }, { 5, 7 } } do
      finds(10, "line 11 was inserted", function(lines)
        table.move(lines, copy[1], copy[2], 11)
      end)
      finds(10, "line 9 was inserted", function(lines)
        for i = copy[1], math.min(copy[2], 8) do table.insert(lines, 9 + i - copy[1], lines[i]) end
      end)
    end
  end)

  it("finds lines out of order", function()
    finds(10, "the lines are out of order: line 8 comes before line 7", function(lines)
      lines[7], lines[8] = lines[8], lines[7]
    end)
    finds(10, "the lines are out of order: line 10 comes before line 3", function(lines)
      table.insert(lines, 3, table.remove(lines))
    end)
    finds(10, "the lines are out of order: line 4 comes before line 3", function(lines)
      table.insert(lines, table.remove(lines, 3))
    end)
    finds(10, "the lines are out of order: line 10 comes before line 1", function(lines)
      for i = 1, 5 do lines[i], lines[11 - i] = lines[11 - i], lines[i] end
    end)
    finds(2, "the lines are out of order: line 2 comes before line 1", function(lines)
      lines[1], lines[2] = lines[2], lines[1]
    end)
  end)

  it("finds another log in its place", function()
    local path, head = logs.new(10)
    for _, count in ipairs { 10, 20 } do
      local other = new_path()
      assert(assert(audit.open(other)):append(entries(101, 100 + count)))
      write(path, read(other))
      local _, problem = audit.verify(path, head)
      assert.equal("line 10 was changed: the journal knows another one; earlier lines may have"
        .. " been rewritten too", problem)
    end
    write(path, read((logs.new(9))))
    local _, problem = audit.verify(path, head)
    assert.equal("the log was cut: it ends at line 9, but the journal knows line 10", problem)
  end)

  it("finds a line that is not its own", function()
    local cases = {
      [""] = "not JSON", ["x"] = "not JSON", ['{"n":7'] = "not JSON", ["\0"] = "not JSON",
      ["{}"] = "not a line of an audit log", ["7"] = "not a line of an audit log",
      ['"x"'] = "not a line of an audit log", ["null"] = "not a line of an audit log",
      ['{"n":"7","previous":"x"}'] = "not a line of an audit log",
      ['{"n":7.5,"previous":"x"}'] = "not a line of an audit log",
      ['{"n":1e300,"previous":"x"}'] = "not a line of an audit log",
      ['{"n":-7,"previous":"x"}'] = "not a line of an audit log",
      ['{"n":7,"previous":null}'] = "not a line of an audit log",
      [("x"):rep(2000000)] = "not JSON",
    }
    for text, what in pairs(cases) do
      for _, i in ipairs { 1, 7, 10 } do
        finds(10, ("line %d is %s"):format(i, what), function(lines) lines[i] = text end)
      end
    end
    finds(10, "line 2 was changed", function(lines)  -- all were, and the second for sure
      for i = 1, 10 do lines[i] = lines[i] .. "\r" end
    end)
  end)

  it("distinguishes an incomplete line after the head from a cut last line", function()
    local path, head = logs.new(10)
    local whole = read(path)
    for _, torn in ipairs { '{"n":11,', "\0\0", ("x"):rep(100000) } do
      write(path, whole .. torn)
      local checked = assert(audit.verify(path, head))
      assert.same({ 10, 0, true }, { checked.lines, checked.after, checked.torn })
    end
    write(path, (whole:sub(1, -2)))
    local _, problem = audit.verify(path, head)
    assert.equal("line 10 is cut short: the log ends in the middle of it", problem)
  end)

  it("uses no more memory for a longer log", function()
    local path, _, log = logs.new(10)
    for _ = 1, 30 do assert(log:append(entries(1, 1000))) end
    local decode, count, before, most = cjson.decode, 0, nil, 0
    finally(function() cjson.decode = decode end)
    cjson.decode = function(text)
      count = count + 1
      if count % 3000 == 1 then
        collectgarbage()
        most = collectgarbage "count"
        before = before or most
      end
      return decode(text)
    end
    assert(audit.verify(path))
    assert.truthy(count >= 30010 and most - before < 100, most - before)
  end)
end)
