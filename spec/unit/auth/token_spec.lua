-- Tests fetching, refreshing and refusing of the access token.

local core = require "mde.core"
local errors = require "mde.base.errors"
local retry = require "mde.base.retry"
local static = require "mde.auth.access_token"
local tokens = require "mde.auth.token"
local fetching = require "spec.support.fetching"

local granted, refused, failed = fetching.granted, fetching.refused, fetching.failed
local current, answer = fetching.current, fetching.answer

local clock, token, fetches

local function new(with) clock, token, fetches = fetching.new(with) end

local function now() return clock.monotonic() end

-- There is no header, and the fetch to wait for is number `count`, the last.
local function assert_waits(count)
  local header, fetch = current()
  assert.is_nil(header)
  assert.equal(count, #fetches)
  assert.equal(fetches[count], fetch)
end

-- A token with a first header, "Bearer one", that was fetched just now.
local function signed_in(lifetime)
  new()
  current()
  assert.equal("done", (answer(granted("one", lifetime))))
end

describe("a token", function()
  before_each(function() new() end)

  it("is fetched on first use", function()
    assert.equal(0, #fetches)
    assert_waits(1)
    assert.equal("token", fetches[1].operation)
    assert.equal("done", (answer(granted "one")))
    assert.is_true(fetches[1].done)
    assert.is_nil(fetches[1].err)
    assert.same({ "Bearer one", nil }, { current() })
    assert.equal(1, #fetches)
  end)

  it("is fetched once for all that wait for it", function()
    local _, first = current()
    for _ = 1, 10 do
      local header, fetch = current()
      assert.is_nil(header)
      assert.equal(first, fetch)
    end
    assert.equal("start", (first:step(now())))
    assert.same({ "wait", nil }, { first:step(now()) })
    assert.equal(first, select(2, current()))
    first:step(now(), granted "one")
    assert.equal("Bearer one", (current()))
    assert.equal(1, #fetches)
  end)

  it("prints as a secret", function()
    current()
    answer(granted "one")
    assert.equal("<secret>", tostring((token:current(now()))))
  end)

  it("is kept until its refresh is due", function()
    signed_in(3600)
    clock.advance(3299)
    assert.equal("Bearer one", (current()))
    assert.equal(1, #fetches)
  end)
end)

describe("a refresh", function()
  it("begins five minutes before the expiry, while the old token is used", function()
    signed_in(3600)
    clock.advance(3300)
    assert.equal("Bearer one", (current()))
    assert.equal(2, #fetches)
    for _ = 1, 5 do assert.equal("Bearer one", (current())) end
    assert.equal(2, #fetches)
    answer(granted "two")
    assert.equal("Bearer two", (current()))
    clock.advance(3299)
    assert.equal("Bearer two", (current()))
    assert.equal(2, #fetches)
  end)

  it("begins in the last quarter of a short lifetime", function()
    signed_in(100)
    clock.advance(74)
    current()
    assert.equal(1, #fetches)
    clock.advance(1)
    assert.equal("Bearer one", (current()))
    assert.equal(2, #fetches)
  end)

  it("counts the lifetime from the request", function()
    new()
    current()
    answer(granted("one", 3600), nil, 50)
    clock.advance(3249)
    current()
    assert.equal(1, #fetches)
    clock.advance(1)
    current()
    assert.equal(2, #fetches)
  end)

  it("counts the lifetime from the request that was answered", function()
    new()
    local _, fetch = current()
    answer(nil, failed(), 50)
    clock.advance(0.5)
    answer(granted("one", 3600))
    assert.is_true(fetch.done)
    clock.advance(3300)
    current()
    assert.equal(2, #fetches)
  end)

  it("that fails keeps the old token, and is tried again after half a minute", function()
    signed_in(3600)
    clock.advance(3300)
    current()
    answer(refused(401))
    assert.equal("Bearer one", (current()))
    clock.advance(29)
    assert.equal("Bearer one", (current()))
    assert.equal(2, #fetches)
    clock.advance(1)
    assert.equal("Bearer one", (current()))
    assert.equal(3, #fetches)
    answer(granted "three")
    assert.equal("Bearer three", (current()))
  end)

  it("that does not end before the expiry is waited for", function()
    signed_in(3600)
    clock.advance(3300)
    current()
    assert.equal("start", (fetches[2]:step(now())))
    clock.advance(299)
    assert.equal("Bearer one", (current()))
    clock.advance(1)
    assert_waits(2)
    fetches[2]:step(now(), granted "two")
    assert.equal("Bearer two", (current()))
    assert.equal(2, #fetches)
  end)

  it("that was missed becomes a fetch", function()
    signed_in(3600)
    clock.advance(10000)
    assert_waits(2)
    answer(granted "two")
    assert.equal("Bearer two", (current()))
  end)
end)

describe("a refused token", function()
  it("is discarded, and a new one is fetched", function()
    signed_in()
    assert.is_true(token:refuse((token:current(now()))))
    assert_waits(2)
    answer(granted "two")
    assert.equal("Bearer two", (current()))
  end)

  it("is discarded only if it is still the current one", function()
    signed_in()
    local old = token:current(now())
    token:refuse(old)
    current()
    answer(granted "two")
    assert.is_true(token:refuse(old))
    assert.equal("Bearer two", (current()))
    assert.equal(2, #fetches)
  end)

  it("is recognized by its content", function()
    signed_in()
    token:refuse(core.secret "Bearer other")
    assert.equal("Bearer one", (current()))
    token:refuse(core.secret "Bearer one")
    assert.is_nil((current()))
  end)

  it("waits for the running refresh", function()
    signed_in(3600)
    clock.advance(3300)
    token:refuse((token:current(now())))
    assert_waits(2)
  end)
end)

describe("a given token", function()
  before_each(function() new(static.new "given") end)

  it("does not expire", function()
    assert.equal("Bearer given", (current()))
    clock.advance(1e9)
    assert.equal("Bearer given", (current()))
    assert.equal(0, #fetches)
  end)

  it("has no successor after a refusal", function()
    assert.is_false(token:refuse((token:current(now()))))
    assert.equal("Bearer given", (current()))
    assert.equal(0, #fetches)
  end)
end)

describe("a fetch", function()
  before_each(function()
    new()
    current()
  end)

  it("ends at a refusal, without another attempt", function()
    for _, status in ipairs { 400, 401, 403, 404, 302 } do
      local _, fetch = current()
      assert.equal("done", (answer(refused(status))))
      assert.is_true(fetch.done)
      assert.same({ "sign_in", status, "token" },
        { fetch.err.code, fetch.err.status, fetch.err.operation })
    end
  end)

  it("may be started again after a refusal", function()
    answer(refused(401))
    assert_waits(2)
    answer(granted "two")
    assert.equal("Bearer two", (current()))
  end)

  it("stays ended", function()
    answer(granted "one")
    assert.equal("done", (fetches[1]:step(now())))
    clock.advance(100)
    assert.equal("done", (fetches[1]:step(now())))
  end)

  it("is tried again with growing pauses after a transient failure", function()
    for _, trouble in ipairs { { nil, failed "timeout" }, { nil, failed "connection" },
                               { nil, failed "lost" }, { refused(500) }, { refused(503) },
                               { refused(429) } } do
      new()
      current()
      for attempt = 1, retry.attempts - 1 do
        local what, moment = answer(trouble[1], trouble[2])
        assert.equal("wait", what)
        assert.equal(2 ^ (attempt - 1) / 2, moment - now())
        clock.advance(moment - now() - 0.25)
        assert.same({ "wait", moment }, { fetches[1]:step(now()) })
        clock.advance(0.25)
      end
      assert.equal("done", (answer(trouble[1], trouble[2])))
      assert.is_truthy(fetches[1].err)
      assert.is_nil((current()))
    end
  end)

  it("waits for the time that Retry-After asks for", function()
    local what, moment = answer(refused(429, { ["retry-after"] = "40" }))
    assert.same({ "wait", 40 }, { what, moment - now() })
    clock.advance(40)
    what, moment = answer(refused(503, { ["retry-after"] = "0" }))
    assert.same({ "wait", 1 }, { what, moment - now() })
    clock.advance(1)
    assert.equal("done", (answer(granted "one")))
    assert.equal("Bearer one", (current()))
  end)

  it("is not tried again after a permanent failure", function()
    for _, code in ipairs { "tls", "invalid_request" } do
      new()
      current()
      assert.equal("done", (answer(nil, failed(code))))
      assert.equal(code, fetches[1].err.code)
    end
  end)

  it("reports that it was about signing in, and does not change the engine's error", function()
    local err = { code = "tls", message = "the certificate has expired", sent = false }
    answer(nil, err)
    assert.is_true(errors.is(fetches[1].err))
    assert.equal("signing in: the certificate has expired", tostring(fetches[1].err))
    assert.equal("token", fetches[1].err.operation)
    assert.equal("the certificate has expired", err.message)
  end)
end)

describe("a header", function()
  it("is a bearer token with its scheme, as a secret", function()
    local header = tokens.header "a.b-c_d~e+f/g=="
    assert.equal("<secret>", tostring(header))
    assert.equal("Bearer a.b-c_d~e+f/g==", header:reveal())
  end)

  it("has no other characters", function()
    for _, text in ipairs { "", "a b", "a\n", "=", "a=b", "ä", 7, true, {} } do
      assert.is_nil(tokens.header(text))
    end
    assert.is_nil(tokens.header(nil))
  end)
end)
