-- Fetches of a token whose credential does more than one request and answer.

local core = require "mde.core"
local errors = require "mde.base.errors"
local tokens = require "mde.auth.token"
local fetching = require "spec.support.fetching"

local REQUEST, credential = fetching.request, fetching.credential
local granted, refused, failed = fetching.granted, fetching.refused, fetching.failed
local current, answer = fetching.current, fetching.answer

local clock, fetches

local function new(with)
  local _
  clock, _, fetches = fetching.new(with)
end

local function now() return clock.monotonic() end

describe("a fetch that takes several rounds", function()
  -- A credential with these functions in place of the usual ones.
  local function with(functions)
    local own = { request = credential.request, read = credential.read }
    for name, f in pairs(functions) do own[name] = f end
    new(own)
    current()
  end

  it("repeats its request after each pause of the credential, without limit", function()
    local rounds = 0
    with { read = function(response)
      rounds = rounds + 1
      if rounds < 20 then return { pause = 5 } end
      return credential.read(response)
    end }
    for _ = 1, 19 do
      local what, moment = answer(refused(400))
      assert.same({ "wait", 5 }, { what, moment - now() })
      clock.advance(5)
    end
    assert.equal("done", (answer(granted "one", nil)))
    assert.equal("Bearer one", (current()))
  end)

  it("continues at once after a pause of 0", function()
    local rounds = 0
    with { read = function(response)
      rounds = rounds + 1
      if rounds == 1 then return { pause = 0 } end
      return credential.read(response)
    end }
    local what, request = answer(refused(401))
    assert.same({ "start", REQUEST }, { what, request })
    assert.equal("done", (fetches[1]:step(now(), granted "one")))
  end)

  it("ends if there is no request to send", function()
    local problem = errors.new { code = "missing_credential", message = "no secret" }
    with { request = function() return nil, problem end }
    assert.equal("done", (fetches[1]:step(now())))
    assert.same({ "missing_credential", "token" },
      { fetches[1].err.code, fetches[1].err.operation })
    assert.is_nil((current()))
  end)

  it("may get the token without a request", function()
    with { request = function()
      return nil, nil, { header = core.secret "Bearer own", lifetime = 60 }
    end }
    assert.equal("done", (fetches[1]:step(now())))
    assert.equal("Bearer own", (current()))
  end)

  it("lets its credential interpret a network failure", function()
    local said
    with { failed = function(err)
      said = err
      return nil, errors.new { code = "missing_credential", message = "nobody there" }
    end }
    assert.equal("done", (answer(nil, failed "connection")))
    assert.equal("nobody there", fetches[1].err.message)
    assert.equal("connection", said.code)
    with { failed = function() end }
    assert.equal("wait", (answer(nil, failed "connection")))
    with { failed = function() return { pause = 7 } end }
    local what, moment = answer(nil, failed "connection")
    assert.same({ "wait", 7 }, { what, moment - now() })
  end)

  it("stores tokens that are not passing", function()
    local kept = {}
    local store = { tokens = { get = function() end, put = function(_, identity, header)
      kept[#kept + 1] = identity .. " " .. header:reveal()
    end } }
    for _, passing in ipairs { true, false } do
      local own = { identity = "me", request = function()
        return nil, nil, { header = core.secret "Bearer x", lifetime = 60,
                           is_passing = passing or nil }
      end }
      local made = tokens.new(own, { clock = clock, store = store }, function() end)
      made:fetch():step(now())
    end
    assert.same({ "me Bearer x" }, kept)
  end)
end)
