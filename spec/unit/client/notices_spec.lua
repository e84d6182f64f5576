-- Tests the notices of a client that waits, and the end of its waits.

local errors = require "mde.base.errors"
local world = require "spec.support.world"

-- A client of a service, and its notices: { seconds on the clock, notice }.
local function new(service_options, options)
  local client, service, clock = world.new(service_options, options)
  local told = {}
  function client.on_notice(notice) table.insert(told, { clock.monotonic(), notice }) end
  return client, service, clock, told
end

describe("a wait", function()
  it("for a 429 is reported within two seconds, once for many calls", function()
    local client, service, clock, told = new {
      oddities = { throttled = { operation = "list", nth = 1 }, throttled_for = 300 } }
    service:add {}
    local began = clock.monotonic()
    assert.equal(1, #assert(client:list()))
    assert.is_true(clock.monotonic() - began >= 300)
    assert.equal(1, #told)
    assert.is_true(told[1][1] - began <= 2)
    assert.same({ "too_many_requests", "list",
        "the service asks to wait (HTTP 429 to 'list'): continuing in 5m" },
      { told[1][2].code, told[1][2].operation, told[1][2].message })
    local many, ids
    many, service, clock, told = new {
      oddities = { throttled = { operation = "cancel", nth = { 1, 2, 3, 4, 5, 6 } },
                   throttled_for = 30 } }
    ids = world.add(service, 20)
    assert.same({ cancelled = 20 }, many:cancel_all(ids, { comment = "x", parallel = 6 }).counts)
    assert.equal(1, #told)
    assert.is_true(clock.monotonic() > 30)
  end)

  it("for a service or login that fails is reported", function()
    local client, service, clock, told = new {
      oddities = { unavailable = { operation = "get", nth = { 1, 2, 3 } } } }
    local id = service:add {}
    local began = clock.monotonic()
    assert.equal(id, assert(client:action(id)).id)
    assert.is_true(#told >= 1 and told[1][1] - began <= 4)
    assert.equal("service", told[1][2].code)
    local other, _, _, heard = new {
      oddities = { unavailable = { operation = "token", nth = { 1, 2, 3 } } } }
    assert(other:list())
    assert.equal("token", heard[1][2].operation)
  end)

  it("for the quota is reported", function()
    local client, service, clock, told = new()
    local id = service:add {}
    for _ = 1, 100 do assert(client:action(id)) end
    assert.equal(0, #told)
    local began = clock.monotonic()
    assert(client:action(id))
    assert.is_true(clock.monotonic() - began > 2)
    assert.same({ "quota", "get" }, { told[1][2].code, told[1][2].operation })
    assert.is_true(told[1][1] - began <= 3)
  end)

  it("that is short is not told", function()
    local client, service, _, told = new {
      oddities = { throttled = { operation = "list", nth = 1 }, throttled_for = 1 } }
    service:add {}
    assert(client:list())
    assert.same({}, told)
  end)
end)

describe("a client with an end", function()
  it("gives up there, and says why", function()
    for oddity, words in pairs { throttled = "HTTP 429", unavailable = "HTTP 503",
                                 unreachable = "can't be reached" } do
      for name, arguments in pairs { list = {}, list_machines = {},
                                     action = { ("0"):rep(8) .. "-0000-4000-8000-000000000001" },
                                     machine = { ("a"):rep(40) } } do
        local client, service, clock = new { oddities = { [oddity] = function(_, operation)
          return operation ~= "token"
        end, throttled_for = 400 } }
        local answer = service.answer
        function service:answer(request)
          local given = answer(self, request)
          if given.status == 503 then given.headers["retry-after"] = "400" end
          if given.lost == "unreachable" then given.delay = 200 end
          return given
        end
        client.ends_at = clock.monotonic() + 600
        local value, err = client[name](client, (table.unpack or unpack)(arguments))
        assert.is_nil(value)
        assert.is_true(clock.monotonic() <= client.ends_at + 2)
        if err.code == "deadline" then
          assert.truthy(err.message:find(words, 1, true), err.message)
        else
          assert.equal("unreachable", oddity)
        end
        assert.is_true(errors.is(err))
      end
    end
  end)

  it("gives up to sign in too", function()
    local client, service, clock = new()
    local answer = service.answer
    function service:answer(request)
      local given = answer(self, request)
      if not request.path:find "/token" then return given end
      return { status = 503, headers = { ["retry-after"] = "500" }, body = "", delay = 0 }
    end
    client.ends_at = clock.monotonic() + 600
    local _, err = client:list()
    assert.same({ "deadline", true }, { err.code, clock.monotonic() <= client.ends_at + 2 })
    client, service, clock = new()
    service.answer = function()
      return { status = 503, headers = { ["retry-after"] = "500" }, body = "", delay = 0 }
    end
    client.ends_at = clock.monotonic() + 600
    _, err = client:permissions()
    assert.same({ "deadline", true }, { err.code, clock.monotonic() <= client.ends_at + 2 })
  end)
end)
