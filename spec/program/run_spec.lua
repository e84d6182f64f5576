-- mde run.

local program = require "spec.support.program"

local function script(text)
  local path = os.tmpname()
  local file = assert(io.open(path, "w"))
  file:write(text)
  file:close()
  finally(function() os.remove(path) end)
  return path
end

describe("mde run", function()
  it("gives the playbook mde, its arguments, and its options to itself", function()
    local path = script "print(type(mde.client), #arg, arg[0] ~= nil, ...)"
    local run = program.run("run", path, "--json", "-n", "--", "x y")
    assert.same({ status = 0, out = "function\t4\ttrue\t--json\t-n\t--\tx y\n", err = "" }, run)
  end)

  it("ends with 1 and the playbook's own traceback on an error", function()
    local path = script "local function f()\n  error 'br\27oken'\nend\nf()"
    local run = program.run("run", path)
    assert.equal(1, run.status)
    assert.equal("", run.out)
    assert.truthy(run.err:find(":2: br\\x1boken\nstack traceback:", 1, true), run.err)
    assert.truthy(run.err:find(path .. ":4:", 1, true), run.err)
    assert.falsy(run.err:find("mde/program", 1, true), run.err)
  end)

  it("shows errors of the library as one line, with the status of a command", function()
    local run = program.run("run", script "assert(mde.client { tenant = 'a b' })")
    assert.equal(2, run.status)
    assert.truthy(run.err:find("^mde: tenant: the value of 3 characters"), run.err)
    assert.falsy(run.err:find "traceback", run.err)
    local path = script "assert(assert(mde.client { api_url = 'http://127.0.0.1:1' }):list {})"
    assert.equal(5, program.sh("MDE_TOKEN= AZURE_TOKEN_CREDENTIALS=EnvironmentCredential exec"
      .. " $mde run " .. path).status)
    run = program.sh("MDE_TOKEN=x exec $mde run " .. path)
    assert.equal(4, run.status, run.err)
    assert.truthy(run.err:find "trying again in [^\n]+\nmde: no connection [^\n]+\n$", run.err)
  end)

  it("ends with 1 on a table that is raised, and says it if it can", function()
    local run = program.run("run", script
      "error(setmetatable({}, { __tostring = function() return 'spoken' end }))")
    assert.same({ status = 1, out = "", err = "mde: spoken\n" }, run)
  end)

  it("takes -- before the playbook", function()
    assert.equal("1\n", program.run("run", "--", script "print(#arg)", "--").out)
  end)

  it("refuses what it can't load with status 2", function()
    local run = program.run("run", "/nonexistent.lua")
    assert.equal(2, run.status)
    assert.truthy(run.err:find("/nonexistent.lua", 1, true))
    run = program.run("run", script "x = = 1")
    assert.equal(2, run.status)
    assert.truthy(run.err:find("unexpected symbol", 1, true))
    assert.equal(2, program.run("run").status)
  end)

  it("gives the playbook's own exit status", function()
    assert.equal(7, program.run("run", script "os.exit(7)").status)
  end)

  it("says when the playbook's output can't be written", function()
    local path = script "print 'lost'"
    local run = program.sh("exec $mde run " .. path .. " >/dev/full")
    assert.equal(4, run.status)
    assert.truthy(run.err:find("cannot write the output", 1, true))
  end)

  it("is interrupted by Ctrl-C, in a coroutine too", function()
    for _, body in ipairs { "while true do end",
                            "coroutine.wrap(function() while true do end end)()" } do
      local path = script("print 'going' " .. body)
      local run = program.at_terminal(80, { "going", "^C" }, program.path, "run", path)
      assert.equal(130, run.status, body .. run.out)
      assert.truthy(run.out:find("interrupted\r\nstack traceback", 1, true), body)
    end
  end)

  it("is interrupted at once while it waits for the quota, and sends no more", function()
    local path = script [[
      local client = assert(mde.client { quota = { per_minute = 2, per_hour = 100 } })
      local list = assert(client:list { type = "Isolate", limit = 9 })
      local seen = {}
      local done = pcall(client.cancel_all, client, list, { comment = "x", parallel = 4,
        on_item = function(item)
          seen[#seen + 1] = item.verdict
          if #seen == 2 then print "waiting" end
        end })
      table.sort(seen)
      print(done, #client.scheduler.tasks == 0 or client:step() and #client.scheduler.tasks == 0,
        table.concat(seen, " "))]]
    local run = program.at_terminal(80, { "waiting", "^C" }, program.path, "sim", program.path,
      "run", path)
    assert.truthy(run.out:find("false\ttrue\tcancelled cancelled unsent unsent", 1, true), run.out)
  end)

  it("may clean up after one Ctrl-C, and is stopped by two", function()
    local path = script [[
      while true do
        pcall(function() print "going" while true do end end)
        print "caught"
      end]]
    local run = program.at_terminal(80, { "going", "^C", "caught", "^C" },
      program.path, "run", path)
    assert.equal(130, run.status)
    assert.truthy(run.out:find("interrupted", 1, true))
  end)

  it("is ended by the third signal if no Lua code runs", function()
    local path = script [[
      os.execute "echo going; while kill -0 $PPID 2>/dev/null; do sleep 0.05; done"]]
    local run = program.sh(([[
      $mde run %s >%s.log & pid=$!
      wait_until 'grep -q going %s.log'
      for i in 1 2 3; do
        kill $pid
        while grep -q "^ShdPnd:.*[1-9a-f]" /proc/$pid/status; do :; done
      done 2>/dev/null
      wait $pid; echo $?; rm %s.log]]):format(path, path, path, path))
    assert.equal("143\n", run.out)
  end)
end)
