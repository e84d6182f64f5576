-- Tests mde.file: modes, opening, locks and logs.

local file = require "mde.file"

local folders = {}

-- The path of an empty folder of the test's own.
local function new_folder()
  local pipe = assert(io.popen "mktemp -d")
  local folder = pipe:read()
  pipe:close()
  folders[#folders + 1] = folder
  return folder
end

local function clean()
  for _, folder in ipairs(folders) do os.execute("rm -rf " .. folder) end
  folders = {}
end

local function read(path)
  local handle = assert(io.open(path, "rb"))
  local text = handle:read "a"
  handle:close()
  return text
end

local function write(path, text)
  local handle = assert(io.open(path, "wb"))
  assert(handle:write(text))
  handle:close()
end

-- The script of another process: a chunk that finds `file`, `folder` and `pause()`,
-- which waits for `go`. -> shell command
local function another(folder, chunk)
  local path = new_folder() .. "/another.lua"
  write(path, ([[
    local file, folder = require "mde.file", %q
    local function pause() io.stdout:flush() io.open(folder .. "/fifo"):read "a" end
    %s]]):format(folder, chunk))
  return "exec lua5.4 " .. path
end

-- Starts that process and waits for its first line. -> its output, the line
local function start(folder, chunk)
  os.execute("mkfifo " .. folder .. "/fifo")
  local pipe = assert(io.popen(another(folder, chunk)))
  return pipe, pipe:read()
end

-- Lets it go on.
local function go(folder)
  assert(io.open(folder .. "/fifo", "w")):close()
end

local function fails(number, result, message, got)
  assert.is_nil(result)
  assert.equal("string", type(message))
  assert.equal(number, got)
end

local ENOENT, EISDIR, EFBIG = 2, 21, 27

describe("file.mode", function()
  after_each(clean)

  it("returns the permission bits", function()
    local path = new_folder() .. "/a"
    write(path, "")
    os.execute("chmod 4751 " .. path)
    assert.equal(tonumber("4751", 8), file.mode(path))
    fails(ENOENT, file.mode(path .. "b"))
    assert.error_matches(file.mode, "string expected")
  end)
end)

describe("file.open", function()
  after_each(clean)

  it("opens regular files as io.open does", function()
    local path = new_folder() .. "/a"
    fails(ENOENT, file.open(path))
    local opened = assert(file.open(path, "w+b"))
    opened:write "abc"
    assert(opened:close())
    opened = assert(file.open(path, "r+b"))
    opened:write "x"
    assert.equal(3, opened:seek "end")
    opened:close()
    assert.equal("xbc", read(path))
    assert.equal("xbc", assert(file.open(path, "rb")):read "a")
    assert(file.open(path, "w+b")):close()
    assert.equal("", read(path))
    assert.equal("file (closed)", tostring(opened))
    assert.error_matches(function() file.open(path, "a") end, "invalid option")
  end)

  it("follows no link, and waits for no FIFO", function()
    local folder = new_folder()
    write(folder .. "/kept", "kept")
    os.execute(("cd %s; ln -s kept link; mkfifo fifo; ln -s none dangling"):format(folder))
    for _, name in ipairs { "/link", "/dangling", "/fifo", "", "/../../dev/null" } do
      for _, mode in ipairs { "rb", "r+b", "w+b" } do
        assert.is_nil((file.open(folder .. name, mode)))
      end
    end
    assert.equal("kept", read(folder .. "/kept"))
    assert.same({ nil, folder .. "/link: is not a regular file" }, { file.open(folder .. "/link") })
    assert.is_nil(io.open(folder .. "/none"))
  end)
end)

describe("file.boot", function()
  after_each(clean)

  it("is the same for each call", function()
    local boot = file.boot()
    assert.is_string(boot)
    assert.equal(boot, file.boot())
    assert.truthy(boot:find "^%x[%x%-]+%x$", boot)
  end)
end)

describe("file.lock", function()
  after_each(clean)

  it("has one holder, until that releases it", function()
    local path = new_folder() .. "/lock"
    local lock = assert(file.lock(path))
    assert.equal(tonumber("600", 8), file.mode(path))
    assert.is_false(file.lock(path))
    assert.is_false(file.lock(path, "shared"))
    lock:release()
    lock:release()
    local again = assert(file.lock(path))
    again:release()
  end)

  it("is shared by holders that request that", function()
    local path = new_folder() .. "/lock"
    local one, two = assert(file.lock(path, "shared")), assert(file.lock(path, "shared"))
    assert.is_false(file.lock(path))
    one:release()
    assert.is_false(file.lock(path))
    two:release()
    assert(file.lock(path, "exclusive")):release()
  end)

  it("excludes other processes, until its holder ends", function()
    local folder = new_folder()
    local path = folder .. "/lock"
    local pipe, line = start(folder, [[
      local lock = file.lock(folder .. "/lock")
      print(lock and "held")
      pause()
      os.exit(0, false)]])
    assert.equal("held", line)
    assert.is_false(file.lock(path))
    assert.is_false(file.lock(path, "shared"))
    go(folder)
    pipe:close()
    local lock = assert(file.lock(path))
    local other = assert(io.popen(another(folder, [[print(file.lock(folder .. "/lock"))]])))
    assert.equal("false\n", other:read "a")
    other:close()
    lock:release()
  end)

  it("is released when the holder is killed", function()
    local folder = new_folder()
    local pipe, pid = start(folder, [[
      assert(file.lock(folder .. "/lock"))
      os.execute "echo $PPID"
      pause()]])
    assert.is_false(file.lock(folder .. "/lock"))
    os.execute("kill -9 " .. pid)
    pipe:close()
    assert(file.lock(folder .. "/lock")):release()
  end)

  it("shows its holder to other processes", function()
    local path = new_folder() .. "/lock"
    local lock = assert(file.lock(path))
    assert.is_true(lock:write "mde 4711, since 2026-01-23")
    assert.equal("mde 4711, since 2026-01-23", read(path))
    assert.is_true(lock:write "a\0b")
    assert.equal("a\0b", read(path))
    assert.is_true(lock:write "")
    assert.equal("", read(path))
    assert.is_true(lock:write "x")
    lock:release()
    assert.equal("x", read(path))
  end)

  it("removes only its own file", function()
    local path = new_folder() .. "/lock"
    local lock = assert(file.lock(path))
    assert.is_true(lock:remove())
    fails(ENOENT, file.mode(path))
    assert.error_matches(function() lock:remove() end, "released")
    lock:release()
    lock = assert(file.lock(path))
    os.rename(path, path .. ".old")
    local other = assert(file.lock(path))
    assert.is_true(lock:remove())
    assert.is_number(file.mode(path))
    os.remove(path)
    assert.is_true(other:remove())
  end)

  it("excludes processes that remove the file each time", function()
    local folder = new_folder()
    local command = another(folder, [[
      local done = 0
      while done < 1000 do
        local lock, problem = file.lock(folder .. "/lock")
        assert(lock ~= nil, problem)
        if lock then
          assert(not io.open(folder .. "/inside"))
          io.open(folder .. "/inside", "w"):close()
          assert(lock:write(tostring(done)))
          assert(os.remove(folder .. "/inside"))
          assert(lock:remove())
          done = done + 1
        end
      end
      print "excluded"]])
    local pipes = {}
    for i = 1, 4 do pipes[i] = assert(io.popen(command)) end
    for i = 1, 4 do
      assert.equal("excluded\n", pipes[i]:read "a")
      pipes[i]:close()
    end
    fails(ENOENT, file.mode(folder .. "/lock"))
  end)

  it("is released with its variable and by the collector", function()
    local path = new_folder() .. "/lock"
    do
      local lock <close> = assert(file.lock(path))
      assert.is_false(file.lock(path))
      assert.truthy(tostring(lock):find "^mde%.file%.lock")
    end
    assert(file.lock(path))
    collectgarbage()
    collectgarbage()
    assert(file.lock(path)):release()
  end)

  it("is not inherited by other programs", function()
    local path = new_folder() .. "/lock"
    local lock, log = assert(file.lock(path)), assert(file.log(path .. ".log"))
    local pipe = assert(io.popen "ls -l /proc/self/fd /dev/fd/ 2>/dev/null")
    assert.falsy(pipe:read "a":find(path, 1, true))
    pipe:close()
    lock:release()
    log:close()
  end)

  it("reports errors, and raises on wrong use", function()
    local folder = new_folder()
    fails(ENOENT, file.lock(folder .. "/nowhere/lock"))
    fails(EISDIR, file.lock(folder))
    assert.error_matches(file.lock, "string expected")
    assert.error_matches(function() file.lock(folder .. "/lock", "both") end, "invalid option")
    fails(ENOENT, file.mode(folder .. "/lock"))
    local lock = assert(file.lock(folder .. "/lock", "shared"))
    assert.error_matches(function() lock:write "x" end, "shared")
    assert.error_matches(function() lock:remove() end, "shared")
    lock:release()
    assert.error_matches(function() lock:write "x" end, "released")
    assert.error_matches(function() lock.write(io.stdout, "x") end, "mde.file.lock expected")
  end)
end)

describe("file.log", function()
  after_each(clean)

  it("is appended to, and read at any offset", function()
    local path = new_folder() .. "/log"
    local log = assert(file.log(path))
    assert.equal(tonumber("600", 8), file.mode(path))
    assert.equal(0, log:size())
    assert.is_true(log:append "one\n")
    assert.is_true(log:append "")
    assert.is_true(log:append "t\0o\n")
    assert.equal("one\nt\0o\n", read(path))
    assert.equal(8, log:size())
    assert.equal("t\0", log:read(4, 2))
    assert.equal("o\n", log:read(6, 100))
    assert.equal("", log:read(8, 100))
    assert.equal("", log:read(1 << 40, 100))
    assert.equal("", log:read(0, 0))
    log:close()
    log = assert(file.log(path))
    assert.is_true(log:append "three\n")
    assert.equal("one\nt\0o\nthree\n", log:read(0, 1000000))
    assert.is_true(log:truncate(4))
    assert.is_true(log:append "two\n")
    assert.is_true(log:sync())
    log:close()
    log:close()
    assert.equal("one\ntwo\n", read(path))
  end)

  it("can be read without permission to write, and is not created then", function()
    local path = new_folder() .. "/log"
    fails(ENOENT, file.log(path, "read"))
    write(path, "one\n")
    local log = assert(file.log(path, "read"))
    assert.is_true(log:lock())
    local other = assert(file.log(path, "read"))
    assert.is_true(other:lock())
    assert.equal("one\n", log:read(0, 10))
    assert.is_true(log:unlock())
    assert.error_matches(function() log:append "x" end, "reading only")
    assert.error_matches(function() log:truncate(0) end, "reading only")
    other:close()
    log:close()
  end)

  it("tells that another process has locked it", function()
    local folder = new_folder()
    local log = assert(file.log(folder .. "/log"))
    local other = [[
      local log = file.log(folder .. "/log")
      print(log:lock())]]
    assert.is_true(log:lock())
    local pipe <close> = io.popen(another(folder, other))
    assert.equal("false", pipe:read())
    assert.is_true(log:unlock())
    assert.is_true(log:unlock())
    local later <close> = io.popen(another(folder, other))
    assert.equal("true", later:read())
    log:close()
  end)

  it("is unlocked by its end", function()
    local path = new_folder() .. "/log"
    do
      local log <close> = assert(file.log(path))
      assert.is_true(log:lock())
    end
    assert(file.log(path)):lock()
    collectgarbage()
    collectgarbage()
    local log = assert(file.log(path))
    assert.is_true(log:lock())
    log:close()
  end)

  it("keeps no part of text that does not fit", function()
    local folder = new_folder()
    local command = another(folder, [[
      local log = file.log(folder .. "/log")
      assert(log:append(("x"):rep(300) .. "\n"))
      print(log:append(("y"):rep(300) .. "\n"))
      print(log:size())
      print(log:append "z\n")]])
    local pipe = assert(io.popen("trap '' XFSZ; ulimit -f 1; " .. command))
    local lines = {}
    for line in pipe:lines() do lines[#lines + 1] = line end
    pipe:close()
    assert.same({ "nil\tFile too large\t" .. EFBIG, "301", "true" }, lines)
    assert.equal(("x"):rep(300) .. "\nz\n", read(folder .. "/log"))
  end)

  it("reports errors, and raises on wrong use", function()
    local folder = new_folder()
    fails(ENOENT, file.log(folder .. "/nowhere/log"))
    fails(EISDIR, file.log(folder))
    assert.error_matches(file.log, "string expected")
    assert.error_matches(function() file.log(folder .. "/log", "w") end, "invalid option")
    local log = assert(file.log(folder .. "/log"))
    for _, arguments in ipairs { { -1, 1 }, { 0, -1 }, { 0, 1 << 30 }, { math.maxinteger, 1 } } do
      assert.error_matches(function() log:read(table.unpack(arguments)) end, "expected")
    end
    assert.error_matches(function() log:truncate(-1) end, "expected")
    assert.error_matches(function() log:append() end, "string expected")
    assert.error_matches(function() log.size(io.stdout) end, "mde.file.log expected")
    log:close()
    for _, method in ipairs { "lock", "unlock", "size", "sync" } do
      assert.error_matches(function() log[method](log) end, "closed")
    end
  end)
end)
