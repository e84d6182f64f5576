-- Several programs in one Lua process, each with a system of its own.

package.preload["mde.terminal"] = package.preload["mde.terminal"] or function()
  local function same(text) return text end
  return { printable = same, printable_json = same,
           columns = function(text) return #text end, cut = same }
end

local program = require "mde.program"
local system = require "mde.program.system"
local systems = require "spec.support.system"
local world = require "spec.support.world"

-- A system whose service has these actions; each wait of a client yields.
local function simulated(environment, action)
  local _, service, clock, engine = world.new()
  local ids = world.add(service, 1, function() return action end)
  local own = systems.new(environment, { clock = clock })
  own.mde = { client = function(settings)
    own.store = settings.store
    local client = world.client(service, engine, nil, settings.store)
    client.host = { wait = function(_, seconds)
      coroutine.yield "waits"
      engine:poll(seconds)
    end }
    return client
  end }
  return own, ids[1]
end

-- Runs programs { { system, argument… } } side by side. -> their exit statuses, and how often
-- another one was resumed
local function run_all(list)
  local threads, statuses, turns = {}, {}, 0
  for i, each in ipairs(list) do
    threads[i] = coroutine.create(function()
      return program({ table.unpack(each, 2) }, each[1])
    end)
  end
  repeat
    local going = false
    for i, thread in ipairs(threads) do
      if coroutine.status(thread) ~= "dead" then
        local done, result = coroutine.resume(thread)
        assert(done, result)
        going, turns, statuses[i] = true, turns + 1, result
      end
    end
  until not going
  return statuses, turns
end

describe("programs in one process", function()
  it("see their own environment, time and output when they run in turns", function()
    local a, id = simulated({ MDE_STORE = "memory" }, { requestor = "a@contoso.com" })
    local b, other = simulated({ MDE_STORE = "elsewhere" }, { requestor = "b@contoso.com" })
    b.clock.advance(86400)
    local statuses, turns = run_all { { a, "show", id }, { b, "show", other },
                                      { b, "show", other, "--store", "memory" } }
    assert.same({ 0, 2, 0 }, statuses, a.stderr.text .. b.stderr.text)
    assert.truthy(turns > 6, turns)
    for own, expected in pairs { [a] = { "a@contoso", "1m ago" }, [b] = { "b@contoso", "1d" } } do
      assert.truthy(own.stdout.text:find(expected[1], 1, true), own.stdout.text)
      assert.truthy(own.stdout.text:find(expected[2], 1, true), own.stdout.text)
    end
    assert.equal("", a.stderr.text)
    assert.truthy(b.stderr.text:find("MDE_STORE: 'elsewhere'", 1, true), b.stderr.text)
  end)

  it("have stores of their own", function()
    local a, id = simulated({}, {})
    local b, other = simulated({}, {})
    local statuses = run_all { { a, "cancel", id, "-m", "x", "--store", "memory", "--json" },
                               { b, "cancel", other, "-m", "y", "--store", "memory", "--json" } }
    assert.same({ 0, 0 }, statuses, a.stderr.text .. b.stderr.text)
    assert.truthy(a.stdout.text:find('"verdict":"cancelled"', 1, true), a.stdout.text)
    assert.truthy(b.stdout.text:find(other, 1, true))
    assert.are_not.equal(a.store, b.store)
  end)

  it("end with the profile and the filter of none but their own command line", function()
    local a = systems.new { MDE_STORE = "memory", AZURE_CLIENT_ID = "x" }
    a.mde = { client = function()
      coroutine.yield "waits"
      return nil, require "mde.base.errors".new { code = "bad_request", operation = "list",
                                                  message = "no such filter" }
    end }
    local b = systems.new({ MDE_STORE = "memory", AZURE_CLIENT_ID = "x" }, { mde = a.mde })
    assert.same({ 2, 4 }, (run_all { { a, "list", "--filter", "x eq 1" }, { b, "list" } }))
    assert.truthy(a.stderr.text:find "no such filter" and b.stderr.text:find "no such filter")
  end)

  it("need only their tables: environment, clock, engine, and a folder for store and audit log",
    function()
      local folder = os.tmpname()
      os.remove(folder)
      finally(function() os.execute("rm -rf " .. folder) end)
      local function new(name)
        local _, service, clock, engine = world.new()
        local ids = world.add(service, 3, function() return {} end)
        local own = systems.new({ AZURE_TENANT_ID = service.tenant,
          AZURE_CLIENT_ID = service.client_id, AZURE_CLIENT_SECRET = service.client_secret,
          XDG_STATE_HOME = folder .. "/" .. name, MDE_CONFIG = "/nowhere" }, { clock = clock })
        local poll = engine.poll
        function engine.poll(...)
          coroutine.yield "waits"
          return poll(...)
        end
        own.new_engine = function() return engine end
        return own, service, ids
      end
      local a, one, ids = new "a"
      local b, two, others = new "b"
      local statuses, turns = run_all {
        { a, "cancel", ids[1], ids[2], "-m", "x", "--yes", "--batch", "same" },
        { b, "cancel", others[1], "-m", "y", "--batch", "same" } }
      assert.same({ 0, 0 }, statuses, a.stderr.text .. b.stderr.text)
      assert.is_true(turns > 4)
      assert.same({ 2, 1 }, { one:requests "cancel", two:requests "cancel" })
      for name, count in pairs { a = 2, b = 1 } do
        local lines = 0
        for line in io.lines(folder .. "/" .. name .. "/mde/audit.jsonl") do
          if line:find('"verdict":"cancelled"', 1, true) then lines = lines + 1 end
        end
        assert.equal(count, lines)
      end
    end)

  it("run playbooks and prompts with globals, modules and files of their own", function()
    local files = { ["book.lua"] = "x = arg[1]\ny = require 'helper'\nmde.wait()\nprint(x, y)",
                    ["/books/helper.lua"] = "return x .. ' ' .. package.loaded.mde.name" }
    local function new(name, input)
      local own = systems.new({}, { mde = { name = name, client = function() end,
                                            clients = function() end,
                                            wait = function() coroutine.yield "waits" end } })
      function own.open(path)
        local text = files[path]
        if not text then return nil, path .. ": No such file or directory" end
        return { read = function() return text end, close = function() end }
      end
      own.stdin = { read = function() return table.remove(input, 1) end }
      own.file = { real = function(path) return "/books/" .. path end }
      local package = { searchers = {}, loaded = {} }
      own.globals = setmetatable({
        package = package, io = own,
        print = function(...) own.stdout:write(table.concat({ ... }, " "), "\n") end,
        require = function(module) return package.searchers[1](module)() end,
      }, { __index = _G })
      return own
    end
    local a, b, c = new "a", new "b", new("c", { "x = 7", "x", "mde.name" })
    assert.same({ 0, 0, 0 }, (run_all { { a, "run", "book.lua", "one" },
                                        { b, "run", "book.lua", "two" }, { c, "repl" } }),
      a.stderr.text .. c.stderr.text)
    assert.same({ "one one a\n", "two two b\n", "7\nc\n" },
      { a.stdout.text, b.stdout.text, c.stdout.text }, a.stderr.text .. c.stderr.text)
    assert.is_nil(rawget(_G, "x"))
  end)

  it("leave no state when they end", function()
    local own = systems.new {}
    assert.equal(0, program({ "--version" }, own))
    assert.equal("mde " .. require "mde.base.version" .. "\n", own.stdout.text)
    assert.is_nil(next(system.state))
    assert.equal(os.getenv, system.getenv)
  end)
end)
