-- A client in event loops of others: the examples run, and the loop's other work goes on.

local host = require "spec.support.host"
local program = require "spec.support.program"

local modules = ([[LUA_PATH="%s/../lua/?.lua;%s/../lua/?/init.lua;;"
  LUA_CPATH="%s/../lib/lua/5.4/?.so;;" ]]):format(program.examples, program.examples,
  program.path:match "^(.*)/")

local function run(name, options, ...)
  local script = ("%s exec lua5.4 %s/event_loops/cancel_%s.lua %s"):format(modules,
    program.examples, name, table.concat({ ... }, " "))
  return program.rehearse(options, script)
end

for _, name in ipairs { "cqueues", "luv" } do
  describe("a loop of " .. name, function()
    it("is found by Lua in the folder of the example", function()
      local pipe = assert(io.popen(([[cd %s/event_loops &&
        lua5.4 -e 'print(package.searchpath("%s", package.path) or "C")']])
        :format(program.examples, name)))
      assert.is_nil(pipe:read "a":find("./", 1, true))
      pipe:close()
    end)

    it("cancels many at once, and does other work meanwhile", function()
      local result = run(name, "{ mistaken = 5, latency = 0.05 }", 8, "'A test'")
      assert.equal(0, result.status, result.err)
      assert.equal(8, select(2, result.out:gsub("%x+%-[%x-]+\tcancelled\t\n", "")))
      assert.is_true(tonumber(result.out:match "(%d+) ticks meanwhile") > 10, result.out)
      local ledger = result.ledger
      assert.same({ 8, 0, 10 }, { ledger.posts, ledger.twice, ledger.requests })
    end)

    it("tells what could not be done", function()
      local result = run(name, "{ mistaken = 1, roles = { 'Machine.Read.All' } }", 3, "x")
      assert.equal(1, result.status, result.err)
      assert.equal(3, select(2, result.out:gsub("forbidden", "")), result.out)
      result = run(name, "{ mistaken = 1 }")
      assert.equal(2, result.status)
      assert.truthy(result.err:find("usage: cancel_" .. name .. ".lua COUNT COMMENT", 1, true))
    end)
  end)
end

-- Calls that wait for seconds

describe("with 400 calls of 2 s in flight", function()
  local service

  setup(function() service = host.service() end)
  teardown(function() service:stop() end)

  -- -> seconds, CPU in seconds, output
  local function calls(loop)
    local out = host.lines(("%s lua5.4 spec/embedding/loop_calls.lua %s 400 %s")
      :format(service:environment "5.4", loop, service.http2_url))
    local seconds, cpu, answers = out:match "^([%d.]+) ([%d.]+) (%d+)\n$"
    assert.equal("400", answers, out)
    return tonumber(seconds), tonumber(cpu), out
  end

  for _, name in ipairs { "cqueues", "luv" } do
    -- The waiting takes 0.02 s, the requests themselves 0.07 s, here measured without the waiting.
    it("a loop of " .. name .. " costs little CPU, and sees each answer when it comes", function()
      service:ask "clear"
      local _, least, fast = calls(name)
      service:ask "slow/get"
      local seconds, cpu, out = calls(name)
      assert.is_true(cpu - least < 0.1, fast .. out)
      assert.is_true(seconds < 12, out)  -- five rounds: a connection carries 100
    end)
  end

  it("cqueues.poll waits for a client, whose calls its loop moves", function()
    local out = host.lines(([[%s lua5.4 -e '
      local cqueues, mde = require "cqueues", require "mde"
      local loop, steps, action = cqueues.new(), 0, nil
      local client = assert(mde.client { token = "sesame", api_url = "%s",
        host = { wait = function() coroutine.yield() end } })
      local thread = coroutine.create(function() action = client:action("%s") end)
      loop:wrap(function()
        while coroutine.status(thread) ~= "dead" do
          assert(coroutine.resume(thread))
          cqueues.poll(client)
          client:step()
          steps = steps + 1
        end
      end)
      assert(loop:loop())
      print(action.status, steps, client:events(), client:timeout())']])
      :format(service:environment "5.4", service.http2_url, host.id(1)))
    local status, steps, events = out:match "^(%a+)\t(%d+)\t(%a)\tnil\n"
    assert.equal("Pending", status, out)
    assert.equal("r", events)
    assert.is_true(tonumber(steps) < 60, out)
  end)
end)

describe("a loop of luv", function()
  it("serves two clients although a coroutine ends, and refuses calls outside of one", function()
    local service = host.service()
    local out = host.lines(([[%s timeout 30 lua5.4 -e '
      local mde, uv = require "mde", require "luv"
      local function new()
        return assert(mde.client { host = "luv", token = "sesame", api_url = "%s" })
      end
      local clients, count, id = { new(), new() }, 0, "%s"
      local function call(i) if clients[i]:action(id) then count = count + 1 end end
      local gone = coroutine.create(call)
      coroutine.resume(gone, 1)
      for i = 1, 20 do coroutine.wrap(call)(i %% 2 + 1) end
      coroutine.close(gone)
      uv.run()
      print(count, pcall(call, 1))
      uv.run()
      coroutine.wrap(call)(2)
      uv.run()
      print(count)']]):format(service:environment "5.4", service.url, host.id(1)))
    service:stop()
    assert.equal('20\tfalse\tmde: with host = "luv", make calls in a coroutine\n21\n', out)
  end)
end)
