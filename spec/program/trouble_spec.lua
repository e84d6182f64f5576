-- The failures that spec/support/trouble.c simulates.

local program = require "spec.support.program"
local trouble = require "spec.support.trouble"

-- Runs a command with trouble in an empty folder, after and before other lines.
local function run(what, command, before, after)
  return program.sh(("%s\n(%s exec %s)\nstatus=$?\n%s\nexit $status")
    :format(before or "", trouble.environment(what), command, after or ""))
end

local DD = "dd if=/dev/zero of=there/file bs=10 count=3 status=none"

describe("trouble", function()
  it("kills before and after each write", function()
    local sizes = {}
    for n = 1, 7 do
      local ended = run("kill:" .. n, DD, "mkdir there", "wc -c <there/file")
      sizes[n] = ("%s of %d"):format(ended.out:match "%d+", ended.status)
    end
    assert.same({ "0 of 137", "10 of 137", "10 of 137", "20 of 137", "20 of 137", "30 of 137",
                  "30 of 0" }, sizes)
  end)

  it("kills before and after what Lua renames and removes", function()
    local left = {}
    local function sweep(which)
      for n = 1, 5 do
        left[n] = run(("kill:%d%s"):format(n, which),
          "lua5.4 -e 'os.rename(\"a\", \"b\") os.remove \"b\"'", "touch a", "ls").out:gsub("\n", "")
      end
    end
    sweep ""
    assert.same({ "a", "b", "b", "", "" }, left)
    sweep ":re"
    assert.same({ "a", "b", "b", "", "" }, left)
    sweep ":remove"
    assert.same({ "b", "", "", "", "" }, left)
  end)

  it("kills SQLite at every instant of a transaction, which is whole or not there", function()
    local seen, n = {}, 0
    repeat
      n = n + 1
      local ended = run("kill:" .. n,
        "sqlite3 a.db 'BEGIN; INSERT INTO t VALUES(randomblob(9000)); UPDATE t SET x = x; COMMIT'",
        "sqlite3 a.db 'PRAGMA journal_mode = WAL; CREATE TABLE t(x)'",
        "sqlite3 a.db 'PRAGMA integrity_check; SELECT count(*) FROM t'")
      local rows = ended.out:match "^wal\nok\n([01])\n$"
      assert(rows, ended.out .. ended.err)
      seen[#seen + 1] = rows
    until ended.status == 0
    assert.matches("^0+1+$", table.concat(seen))
    assert.is_true(n > 8)
  end)

  it("lets a disk be full from one write on, in one folder", function()
    local ended = run("full:2:there", DD, "mkdir there", "wc -c <there/file")
    assert.equal("10\n", ended.out)
    assert.matches("No space left on device", ended.err)
    assert.equal(1, ended.status)
    assert.equal(1, run("full:1:there", DD, "mkdir real; ln -s real there").status)
    assert.equal(0, run("full:1:elsewhere", DD, "mkdir there elsewhere").status)
    assert.equal(0, run("full:1:ther", DD, "mkdir there").status)
  end)

  it("lets the last write into a full disk be half of one", function()
    assert.equal("15\n", run("torn:2:there", DD, "mkdir there", "wc -c <there/file").out)
  end)

  it("lets SQLite find the disk full, and a shorter file is no matter", function()
    local ended = run("full:1:.", "sqlite3 a.db 'INSERT INTO t VALUES(1)'",
      "sqlite3 a.db 'CREATE TABLE t(x)'", "sqlite3 a.db 'SELECT count(*) FROM t'")
    assert.matches("database or disk is full", ended.err)
    assert.equal("0\n", ended.out)
    assert.equal(0, run("full:1:.", "truncate -s 3 a", "echo longer >a").status)
    assert.equal(1, run("full:1:.", "truncate -s 30 a", "echo longer >a").status)
  end)

  it("denies to make, change or remove, root too", function()
    local before = "mkdir there elsewhere; ln -s ../elsewhere there/up; echo old >there/old"
    for _, command in ipairs {
      "lua5.4 -e 'assert(io.open(\"there/old\", \"a\"))'", "sh -c 'echo >there/new'",
      "mkdir there/new", "mv there/old there/new", "mv there/old .", "rm there/old",
      "mkdir -p elsewhere/../there/new", "truncate -s 1 there/old", "ln -s x there/new", DD,
    } do
      local ended = run("denied:there", command, before, "cat there/old; ls there")
      assert.equal("old\nold\nup\n", ended.out, command)
      assert.matches("[Pp]ermission denied", ended.err)
      assert.not_equal(0, ended.status)
    end
    for _, command in ipairs { "cat there/old", "touch there/up/new", "touch elsewhere/new",
                               "lua5.4 -e 'assert(io.open \"there/old\")'", "test -r there/old" } do
      assert.equal(0, run("denied:there", command, before).status, command)
    end
    assert.equal(1, run("denied:.", "mkdir new", "mkdir there; cd there").status)
  end)

  it("denies to SQLite", function()
    local before = "mkdir there; sqlite3 there/a.db 'CREATE TABLE t(x)'"
    assert.matches("readonly database", run("denied:there",
      "sqlite3 there/a.db 'INSERT INTO t VALUES(1)'", before).err)
    assert.matches("unable to open database",
      run("denied:there", "sqlite3 there/b.db 'CREATE TABLE t(x)'", before).err)
  end)

  it("is not for the processes that are started", function()
    local ended = run("kill:1", ("sh -c '%s; echo $?; cd there'"):format(DD), "mkdir there")
    assert.equal(137, ended.status)  -- sh writes as well
    assert.equal("", ended.out)
    ended = run("full:1:there", ("sh -c '%s; echo >there/new'"):format(DD), "mkdir there",
      "wc -c <there/file")
    assert.equal("30\n", ended.out)
    assert.equal(1, run("full:1:there", "sh -c 'echo >there/new'", "mkdir there").status)
  end)

  it("says what is no trouble", function()
    for _, what in ipairs { "kill", "kill:", "kill:0", "kill:1x", "full:1", "fire:1" } do
      local ended = run(what, "true")
      assert.equal(125, ended.status)
      assert.equal(("trouble: '%s' is no trouble\n"):format(what), ended.err)
    end
  end)
end)
