-- mde.process, as playbooks use it.

local program = require "spec.support.program"

-- Runs a playbook with a shell command before `exec mde run`. -> { status, out, err }
local function run(text, before)
  return program.sh(([[
    cat >playbook.lua <<'END'
    local process = require "mde.process"
    %s
END
    %s exec $mde run playbook.lua]]):format(text, before or ""))
end

local function says(command)
  local pipe = assert(io.popen(command))
  local text = pipe:read "a"
  pipe:close()
  return (text:gsub("\n$", ""))
end

describe("mde.process", function()
  it("tells whose the process is and on which machine, whatever the environment says", function()
    local expected = ("%s\t%s\n"):format(says "id -un", says "uname -n")
    local result = run("print(process.who())", "USER=x LOGNAME=x HOSTNAME=x HOME=/x")
    assert.same({ status = 0, out = expected, err = "" }, result)
  end)

  it("tells the number of a user without a name #root", function()
    local result = program.sh [[
      as="setpriv --reuid 54321 --clear-groups $mde"
      $as version || exit 77
      echo 'print((require "mde.process".who()))' | exec $as repl]]
    if result.status == 77 then pending "needs root, and a program that everyone may run" end
    assert.equal("54321", result.out:match "\n(.-)\n", result.err)
  end)

  it("runs no program with arguments that are no text", function()
    local result = run [[
      for _, arguments in ipairs { { "echo", 1 }, { 12345 }, { "a\0b" }, {} } do
        assert(not pcall(process.spawn, arguments))
      end
      print "refused"]]
    assert.same({ status = 0, out = "refused\n", err = "" }, result)
  end)

  it("waits for, and ends, one process alone", function()
    local result = run [[
      for _, pid in ipairs { 0, -1, -process.pid(), (1 << 32) + process.pid() } do
        assert(not pcall(process.wait, pid) and not pcall(process.terminate, pid))
      end
      print "alive"]]
    assert.same({ status = 0, out = "alive\n", err = "" }, result)
  end)

  it("feeds a program a text, and kills it with its children", function()
    local result = run [[
      local function finish(pid)
        local status
        repeat status = process.wait(pid) until status
        return status
      end
      print(finish(assert(process.feed({ "sh", "-c", "cat >fed; echo x; exit 3" }, "abc", true))))
      print(io.open "fed":read "a")
      local pid = assert(process.feed({ "sh", "-c", "echo $$ >&2; sleep 60; true" }, "", false))
      process.kill_group(pid)
      print(finish(pid))
      print(process.feed({ "/nonexistent" }, "", true))
      print(process.feed({ "cat" }, ("x"):rep(2^20 | 0), true))
      assert(not pcall(process.kill_group, 0) and not pcall(process.kill_group, -1))]]
    assert.same({ 0, "3\nabc\n137\nnil\tNo such file or directory\t2\n"
      .. "nil\tMessage too long\t90\n" }, { result.status, result.out })
  end)

  it("tells the process's number", function()
    local result = run("print(process.pid())", "echo $$;")
    local shell, own = result.out:match "^(%d+)\n(%d+)\n$"
    assert.truthy(shell, result.err)
    assert.equal(shell, own)
  end)
end)
