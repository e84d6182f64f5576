-- Waiting for an audit log that another process has locked.

local audit = require "mde.program.audit.log"
local file = require "mde.file"
local logs = require "spec.support.audit"
local system = require "mde.program.system"
local systems = require "spec.support.system"

-- Calls f(log, said, clock) in a program whose audit log another handle has locked. `said` are the
-- notes; `world` is that of the store. A sleep takes virtual time only; during(waited) runs in it.
local function locked(f, world, during)
  local path, said = logs.new_path(), {}
  world.say = function(text) said[#said + 1] = text end
  local own = systems.new({}, { file = file })
  local began = own.clock.monotonic()
  own.clock.sleep = function(seconds)
    own.clock.advance(seconds)
    if during then during(own.clock.monotonic() - began) end
  end
  system.run(own, function()
    local log = assert(audit.open(path))
    system.state.store = { database = { world = world } }
    local other = assert(file.log(path))
    assert.is_true(other:lock())
    f(log, said, own.clock, other)
    other:close()
  end)
end

local ENTRY = { time = 1769199040, who = "dana@soc1", what = "cancel" }

describe("an audit log that another process has locked", function()
  after_each(logs.clean)

  it("is waited for up to 60 s, or 10 minutes in a batch, with a note", function()
    for _, limit in ipairs { 60, 600 } do
      locked(function(log, said, clock)
        local began = clock.monotonic()
        local head, err = log:append { ENTRY }
        assert.is_nil(head)
        assert.equal("store", err.code)
        assert.truthy(err.message:find(("cannot be written: locked by another process for %d s;"
          .. " end the process that has locked it"):format(limit), 1, true), err.message)
        assert.same({ ("The audit log is locked by another process: waiting, at most %d s.")
          :format(limit) }, said)
        assert.is_true(math.abs(clock.monotonic() - began - limit) < 1)
      end, { limit = limit ~= 60 and limit or nil })
    end
  end)

  it("is written once it is free", function()
    local held
    locked(function(log, said, _, other)
      held = other
      assert.equal(1, assert(log:append { ENTRY }).n)
      assert.equal("The audit log is free again.", said[2])
    end, {}, function(waited)
      if waited >= 10 then held:unlock() end
    end)
  end)

  it("is not waited for after a signal", function()
    locked(function(log, _, clock)
      local began = clock.monotonic()
      assert.is_nil(log:append { ENTRY })
      assert.is_true(clock.monotonic() - began < 2)
    end, { stopped = function() return true end })
  end)

  it("is not read either", function()
    locked(function(log)
      local found, err = log:verdicts "b"
      assert.is_nil(found)
      assert.truthy(err.message:find("locked by another process", 1, true))
      assert.same({ nil, ("cannot read %s: locked by another process for 60 s"):format(log.path) },
        { audit.verify(log.path) })
    end, {})
  end)
end)
