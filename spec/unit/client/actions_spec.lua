-- client:actions and client:explain.

local world = require "spec.support.world"

describe("client:actions", function()
  it("reads matching actions one after the other, newest first", function()
    local client, service, clock = world.new()
    local ids = {}
    for i = 1, 3 do
      ids[i] = service:add { type = i == 2 and "Unisolate" or "Isolate" }
      clock.advance(10)
    end
    local seen = {}
    for action in client:actions { type = "Isolate" } do seen[#seen + 1] = action.id end
    assert.same({ ids[3], ids[1] }, seen)
  end)

  it("raises for a criterion that it does not know, at the caller", function()
    local client = world.new()
    assert.error_matches(function() client:actions { typ = "Isolate" } end, "'typ'")
    local ok, err = pcall(client.actions, client, { type = "Isolat" })
    assert.is_false(ok)
    assert.equal("invalid_argument", err.code)
  end)
end)

describe("client:explain", function()
  it("sends nothing", function()
    local client, service = world.new()
    local told = assert(client:explain { type = "Isolate" })
    assert.equal("type eq 'Isolate'", told.service)
    assert.equal("/api/machines", assert(client:explain({}, "machines")).path)
    assert.equal(0, service:requests())
  end)

  it("takes actions and machines only", function()
    local client = world.new()
    assert.error_matches(function() client:explain({}, "files") end, "'files'")
  end)
end)
