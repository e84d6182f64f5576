-- The client of a command.

require "spec.support.policy"
local client = require "mde.program.session.client"
local system = require "mde.program.system"
local systems = require "spec.support.system"

local PROCESS = { who = function() return "dana", "soc1" end, pid = function() return 7 end }
local INTERRUPT = { count = function() return 0 end }

-- The settings of a client in a program with a process of its own.
local function settings(parsed, given)
  local own = setmetatable({ process = PROCESS, interrupt = INTERRUPT }, { __index = system.real })
  return system.run(own, client.settings, parsed, given)
end

describe("the client's options", function()
  it("come from the command line over those that are given", function()
    local given = { timeout = 5, reserve = 0.1, on_notice = print }
    local merged = settings({ timeout = 9 }, given)
    assert.same({ 9, 0.1, 5 }, { merged.timeout, merged.reserve, given.timeout })
    assert.equal(print, merged.on_notice)
    assert.equal(5, settings({}, given).timeout)
  end)

  it("have an observer of requests with --verbose alone", function()
    local given = { on_notice = print }
    assert.is_nil(settings({}, given).on_request)
    assert.is_function(settings({ verbose = true }, given).on_request)
  end)
end)

describe("a command that only reads", function()
  it("ends after ten minutes, or --deadline", function()
    local session = { clock = { monotonic = function() return 1000 end } }
    system.run(systems.new {}, function()
      assert.equal(1600, client.bounded(session, {}).ends_at)
      assert.equal(1005, client.bounded(session, { deadline = 5 }).ends_at)
    end)
  end)

  it("shows at a terminal which page it reads, after two seconds", function()
    local now, passed = 1000, 0
    local session = { clock = { monotonic = function() return now end },
                      on_request = function() passed = passed + 1 end }
    local own = systems.new({ TERM = "xterm" }, { terminal = {
      is_terminal = function() return true end, width = function() return 80 end } })
    system.run(own, function()
      client.bounded(client.bounded(session, {}), {})
      session.on_request { operation = "list", status = 200 }
      assert.equal("", own.stderr.text)
      now = 1002
      session.on_request { operation = "list", status = 200 }
      session.on_request { operation = "list", status = 503 }
      session.on_request { operation = "cancel" }
      assert.equal("\rreading actions: page 2\27[K", own.stderr.text)
      session.ends_at = nil
      session.on_request { operation = "list", status = 200 }
      assert.equal("\rreading actions: page 2\27[K", own.stderr.text)
    end)
    assert.equal(5, passed)
  end)
end)
