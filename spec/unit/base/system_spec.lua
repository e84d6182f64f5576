-- The system that the library uses: Lua's own, or one that a program was given.

local mde = require "mde"
local system = require "mde.base.system"

-- Calls f while `given` is the system.
local function within(given, f)
  local previous = system.use(setmetatable(given, { __index = system.real }))
  local done, problem = pcall(f)
  system.use(previous)
  assert(done, problem)
end

local PROFILE = "return { profiles = { a = { tenant = 'a.com', client_id ="
  .. " '3c9f4f0a-58d2-4b77-8f0e-b1a6c2d4e587', secret_command = 'print' } } }"

describe("the library's system", function()
  it("is Lua's own", function()
    assert.equal(os.getenv, system.getenv)
    assert.equal(io.open, system.open)
    assert.is_function(system.clock.monotonic)
    assert.is_nil(system.nothing)
  end)

  it("may be another: configuration, secrets, environment, clock, engine and store", function()
    local ran, opened = 0, 0
    within({
      shared = {}, clock = { monotonic = function() return 5 end, wall = function() return 7 end },
      file = { check = function() return true end },
      getenv = function(name) return name == "MDE_CONFIG" and "/nowhere" or nil end,
      open = function(path)
        opened = opened + 1
        return path == "/nowhere" and { read = function() return PROFILE end,
                                        close = function() end }
      end,
      popen = function()
        ran = ran + 1
        return { read = function() return "s3cret\n0\n" end, close = function() end }
      end,
      new_engine = function() return "engine" end,
    }, function()
      local client = assert(mde.client { profile = "a" })
      assert.same({ "engine", 5, 7, "a.com" }, { client.engine, client.clock.monotonic(),
        client.clock.wall(), client.tenant })
      assert.equal(client.store, system.shared.store)
    end)
    assert.same({ 1, 0 }, { opened, ran })
  end)

  it("keeps secrets for one program only", function()
    local secret = require "mde.config.secret"
    local function program(text)
      within({ shared = {}, popen = function()
        return { read = function() return text .. "\n\n0\n" end, close = function() end }
      end }, function()
        assert.equal(text, secret.of_command "same"())
      end)
    end
    program "one"
    program "two"
  end)
end)
