-- The confinement of a worker, and workers that are stopped, killed or
-- starved.

local program = require "spec.support.program"
local support = require "spec.support.worker"

local run, sanitized = support.run, support.sanitized

local function linux(name, test)
  local found = io.open "/proc/self/status"
  if not found then return pending(name) end
  found:close()
  it(name, test)
end

describe("a limit", function()
  it("says which, of which policy, at which action; what was decided before still comes", function()
    run [=[
      local worker = assert(start([[return { decide = function(action)
        print(action.id)
        if action.id == "50" then while true do end end
        return keep(action.id)
      end }]], { longest_seconds = 0.1 }))
      for i = 1, 100 do worker:send { id = tostring(i) } end
      for i = 1, 49 do assert(select(2, worker:receive()) == tostring(i)) end
      local _, _, err = worker:receive()
      assert(err.code == "limit" and err.limit == "longest" and err.id == "50")
      assert(err.message == "policy policy.lua: exceeds the time limit of 0.1 s for one "
        .. "action (action 50)")
      assert(worker:output():find "49\n50\n$")
      local _, _, again = worker:receive()
      assert(again == err and select(2, worker:close()) == err and worker:pid() == 0)]=]
  end)

  it("is one for the memory of all workers together", function()
    run [=[
      local kept = {}
      for i = 1, 8 do kept[i] = assert(workers.start()) end
      local worker, err = workers.start()
      assert(not worker and err.code == "limit" and err.limit == "memory")
      assert(err.message == "cannot start a worker: the workers together exceed the memory limit"
        .. " of 512 MiB")
      kept[1]:close()
      kept[1] = assert(workers.start())
      kept = nil
      for _ = 1, 20 do assert(workers.start()) end]=]
  end)

  it("is one for the computing time of all workers together", function()
    run [=[
      workers.seconds = 0.3
      local BUSY = [[return { decide = function()
        local began = os.clock() while os.clock() - began < 0.04 do end end }]]
      local count, err = 0
      while not err and count < 100 do  -- a worker each, as each policy has
        local worker
        worker, err = start(BUSY)
        if worker then err = select(3, worker:decide { id = "a" }) end
        if worker then worker:close() end
        count = count + 1
      end
      assert(count >= 3 and count <= 8, count)
      assert(err.code == "limit" and err.limit == "together", err)
      assert(err.message:find("policy policy.lua: exceeds the time limit of 0.3 s that all policies"
        .. " have together", 1, true), err)
      assert(not start(BUSY))
      workers.renew()
      assert(start(BUSY)):close()]=]
  end)

  it("counts a worker that a limit ended", function()
    run [=[
      workers.seconds = 0.3
      for i = 1, 2 do
        local _, err = start("while true do end", { load_seconds = 0.2 })
        assert(err.limit == "load", err)
      end
      local _, err = start "return { decide = 'keep' }"
      assert(err.limit == "together", err)]=]
  end)

  it("is named by what it is", function()
    run [=[
      local function message(text, options)
        local worker, err = start(text, options)
        if not worker then return err.message end
        for i = 1, 100 do
          err = select(3, worker:decide { id = "a" })
          if err then return err.message end
        end
      end
      local function expect(expected, text, options)
        local got = message(text, options)
        assert(got and got:find(expected, 1, true), got)
      end
      expect("exceeds the time limit of 0.1 s to load", "while true do end", { load_seconds = 0.1 })
      expect("exceeds the time limit of 10 ms per action on average", [[return { decide =
        function() local began = os.clock() while os.clock() - began < 0.1 do end end }]],
        { average_seconds = 0.01 })
      expect("exceeds the memory limit of 1 MiB", "return { ('x'):rep(2^21) }", { memory = 2^20 })
      expect("exceeds the output limit of 1 KiB, or of 1024 bytes for a reason",
        "print(('x'):rep(2000))", { output = 1024 })]=]
  end)

  it("must be sensible", function()
    run [=[
      for _, options in ipairs { { memory = 1 }, { longest_seconds = 0 / 0 }, { output = 2^30 },
                                 { load_seconds = "x" }, { seconds = 1 } } do
        assert(not pcall(workers.start, options))
      end]=]
  end)
end)

describe("a worker", function()
  it("takes a decision by its whole name", function()
    run [=[
      local worker = assert(start [[return { decide = function(action)
        return action.id == "1" and "cancel\0not" or { decision = "keep\0" }
      end }]])
      for i = 1, 2 do
        worker:send { id = tostring(i) }
        local decision, _, err = worker:receive()
        assert(not decision and err.message:find("decide returned", 1, true), decision)
      end
      assert(not start [[return { decide = "cancel\0" }]])
      worker:close()]=]
  end)

  it("is internal", function()
    for _, script in ipairs { "exec $mde --worker", "echo | $mde --worker | cat; exit 2",
                              "exec env -i $mde --worker", "env -i $mde --worker x" } do
      local result = program.sh(script)
      assert.equal(2, result.status)
      assert.truthy(result.err:find "^mde: %-%-worker is internal")
    end
  end)

  linux("is confined, and has no secret of the program #root", function()
    local out = run([=[
      local worker = assert(start [[return { decide = "keep" }]])
      local there = "/proc/" .. worker:pid()
      local status = read(there .. "/status")
      assert(status:find "\nSeccomp:%s*2\n" and status:find "\nNoNewPrivs:%s*1\n", status)
      local function ls()
        local pipe = io.popen("ls " .. there .. "/fd 2>&1")
        local list = pipe:read("a"):gsub("\n", " ")
        pipe:close()
        return list
      end
      local list = ls()
      if list:find "ermission" then print "unprivileged" os.exit(0) end
      assert(list == "0 1 ", list)
      assert(read(there .. "/environ") == "")
      local limits = read(there .. "/limits")
      for _, name in ipairs { "core file size", "file size", "processes" } do
        assert(limits:find("Max " .. name .. " +0 +0 "), limits)
      end
      assert(limits:find "Max open files +2 +2 " and limits:find "Max cpu time +3600 +3600 ")
      local memory, found = assert(io.open(there .. "/mem", "rb")), 0
      for first, last in read(there .. "/maps"):gmatch "(%x+)%-(%x+) rw" do
        memory:seek("set", tonumber(first, 16))
        local bytes = memory:read(math.min(tonumber(last, 16) - tonumber(first, 16), 2^26)) or ""
        found = found + #bytes
        assert(not bytes:find("hush" .. "hush", 1, true))
      end
      assert(found > 2^16)
      print(limits:find "Max address space +%d" and "limited" or "unlimited")]=],
      "MDE_TOKEN=$(printf 'hush%s' hush) API_KEY=$(printf 'hush%s' hush); export MDE_TOKEN API_KEY")
    if out == "unprivileged\n" then pending "needs root to look inside" end
    assert.equal(sanitized and "unlimited\n" or "limited\n", out)
  end)

  linux("that dies is an error with its signal", function()
    run [=[
      local worker = assert(start [[return { decide = "keep" }]])
      os.execute("kill -9 " .. worker:pid())
      worker:send { id = "a" }
      worker:send { id = "b" }
      local decision, _, err = worker:receive()
      assert(decision == nil and err.code == "worker" and err.signal == 9, tostring(err))
      assert(err.message:find "died of signal 9 %(Killed%) %(action a or one of the 1 after it%)")
      assert(not worker:close())]=]
  end)

  linux("that is silent is killed", function()
    run [=[
      local worker = assert(start([[return { decide = "keep" }]],
        { longest_seconds = 0.1, patience = 0.1 }))
      os.execute("kill -STOP " .. worker:pid())
      local decision, _, err = worker:decide { id = "a" }
      assert(decision == nil and err.code == "worker")
      assert(err.message:find("its process did not answer in time and was killed", 1, true))
      assert(worker:pid() == 0)]=]
  end)

  linux("ignores what a terminal sends to all, and ends when the program does", function()
    local result = program.sh [[
      cat >playbook.lua <<'END'
        local worker = assert(require "mde.program.policy.worker".start())
        assert(worker:load("p.lua", "return { decide = 'keep' }"))
        os.execute("kill -INT " .. worker:pid() .. "; kill -TERM " .. worker:pid())
        assert(worker:decide { id = "a" } == "keep")
        print(worker:pid())
        io.stdout:flush()
        os.execute("kill -9 " .. require "mde.process".pid())
END
      pid=$($mde run playbook.lua)
      for _ in $(seq 100); do [ -d /proc/$pid ] || exit 0; sleep 0.2; done
      exit 1]]
    assert.equal(0, result.status, result.err)
  end)

  it("has the plan's time and random numbers", function()
    local text = [=[
      local function told(options)
        local worker = assert(start([[
          local at, list = os.time(), { os.date("!%FT%T"), os.date("*t").year, math.random(1e9) }
          math.randomseed()
          list[#list + 1] = math.random(1e9)
          math.randomseed(7)
          list[#list + 1] = math.random(1e9)
          return { decide = function()
            return keep(at .. " " .. os.time() .. " " .. table.concat(list, " ") .. " "
              .. math.random(1e9) .. " " .. os.time { year = 2026, month = 1, day = 2 })
          end }]], options))
        return select(2, worker:decide { id = "a" })
      end
      print(told { time = 1769198400, seed = 5 })
      print(told { time = 1769198400, seed = 5 })
      print(told { time = 1769198400, seed = 6 })]=]
    local first, second, third = run(text):match "^(.-)\n(.-)\n(.-)\n$"
    assert.equal(first, second)
    assert.not_equal(first, third)
    assert.truthy(first:find "^1769198400 1769198400 2026%-01%-23T20:00:00 2026 ", first)
    assert.truthy(first:find " 1767355200$", first)
    assert.equal(first .. "\n" .. second .. "\n" .. third .. "\n", run(text))
  end)

  linux("ends with the program, though its policy computes", function()
    local result = program.sh [[
      cat >playbook.lua <<'END'
        local worker = assert(require "mde.program.policy.worker".start { load_seconds = 3600 })
        io.stdout:write(worker:pid(), "\n")
        io.stdout:flush()
        worker:load("p.lua", "while true do end")
END
      mkfifo pipe
      $mde run playbook.lua >pipe &
      program=$!
      read -r pid <pipe
      kill -9 $program
      for _ in $(seq 300); do [ -d /proc/$pid ] || exit 0; sleep 0.2; done
      exit 1]]
    assert.equal(0, result.status, result.err)
  end)

  it("is refused if no descriptors are left, and none is lost", function()
    local out = run([=[
      local kept, err = {}, nil
      for _ = 1, 100 do
        local worker
        worker, err = workers.start { memory = 2^20 }
        if not worker then break end
        kept[#kept + 1] = worker
      end
      assert(#kept > 0 and #kept < 100 and err.code == "worker", tostring(err))
      assert(err.message:find "cannot start a worker: Too many open files", err.message)
      local first = #kept
      for _ = 1, 50 do assert(not workers.start { memory = 2^20 }) end
      for i, worker in ipairs(kept) do assert(worker:close()) end
      kept = {}
      for i = 1, first do kept[i] = assert(workers.start { memory = 2^20 }) end
      assert(not workers.start { memory = 2^20 })
      kept = nil
      collectgarbage()
      for i = 1, 2 * first do
        local worker <close> = assert(workers.start())
      end
      print "fine"]=], "ulimit -n 30")
    assert.equal("fine\n", out)
  end)

  it("has its own descriptors if the program has closed its standard ones", function()
    local out = run [=[
      io.stdin:close()
      io.stderr:close()
      local worker = assert(start [[return { decide = "keep" }]])
      assert(worker:decide { id = "a" } == "keep")
      assert(worker:close())
      print "fine"]=]
    assert.equal("fine\n", out)
  end)

  it("can be reaped if SIGCHLD is ignored", function()
    run([=[
      local worker = assert(start [[return { decide = "keep" }]])
      assert(worker:close())]=], "trap '' CHLD")
  end)

  it("is used as it must be", function()
    run [=[
      local worker = workers.start()
      assert(not pcall(worker.send, worker, {}))
      assert(not pcall(worker.receive, worker))
      assert(worker:load("p.lua", "return { decide = 'keep' }"))
      assert(not pcall(worker.load, worker, "p.lua", "return {}"))
      local ok, message = pcall(worker.send, worker, { id = "a", commands = { { print } } })
      assert(not ok and message:find "commands%[1%]%[1%] is a function", message)
      assert(worker:decide { id = "a" } == "keep")
      for _ = 1, workers.most do worker:send { id = "a" } end
      assert(not pcall(worker.send, worker, { id = "a" }))
      for _ = 1, workers.most do assert(worker:receive() == "keep") end
      worker:send { id = "a" }
      ok, message = worker:close()
      assert(not ok and message.message:find "closed before it had answered")]=]
  end)
end)
