-- Tests the checks of assertions and federated tokens.

local assertion = require "mde.simulator.assertion"
local certificates = require "spec.support.certificates"
local jwt = require "mde.auth.jwt"

local ID = "3c9f4f0a-58d2-4b77-8f0e-b1a6c2d4e587"
local URL = "https://login.microsoftonline.com/contoso.com/oauth2/v2.0/token"
local NOW = 1769198400
local leaf, other = certificates.read "leaf.pem", certificates.read "other.pem"

-- A table with changes; false: without.
local function changed(fields, changes)
  for name, value in pairs(changes or {}) do
    if value == false then value = nil end
    fields[name] = value
  end
  return fields
end

local function header(changes)
  return changed({ typ = "JWT", alg = "PS256",
                   ["x5t#S256"] = jwt.base64url(leaf:thumbprint "SHA-256") }, changes)
end

local function claims(changes)
  return changed({ aud = URL, iss = ID, sub = ID, jti = "1", iat = NOW, nbf = NOW,
                   exp = NOW + 600 }, changes)
end

local function form(text, changes)
  return changed({ client_assertion = text,
    client_assertion_type = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer" }, changes)
end

local function check(text, changes)
  return assertion.check(form(text), changed({ certificate = leaf, client_id = ID,
    token_url = URL, now = NOW }, changes))
end

local function signed(in_header, in_claims, by)
  return assert(jwt.sign(header(in_header), claims(in_claims), by or leaf))
end

local function refused(number, good, name, got, message)
  assert.is_nil(good)
  assert.equal("invalid_client", name)
  assert.equal(number, got)
  assert.is_truthy(message:find "%.$" or message:find "%]$")
end

describe("an assertion signed with the application's certificate", function()
  local old = { alg = "RS256", ["x5t#S256"] = false,
                x5t = jwt.base64url(leaf:thumbprint "SHA-1") }

  it("is accepted with either algorithm and thumbprint", function()
    assert.is_true(check(signed()))
    assert.is_true(check(signed(old)))
    assert.is_true(check(signed { x5t = old.x5t }))
  end)

  it("must have been signed by that key", function()
    refused(700027, check(signed({}, {}, other)))
    refused(700027, check(signed(old, {}, other)))
    refused(700027, check(signed(), { certificate = other }))
    refused(700027, check(signed(), { certificate = false }))
    local parts = { signed():match "^(.+)%.(.+)%.(.+)$" }
    local forged = jwt.base64url '{"aud":"x"}'
    refused(700027, check(parts[1] .. "." .. forged .. "." .. parts[3]))
    refused(700027, check(parts[1] .. "." .. parts[2] .. ".AAAA"))
  end)

  it("must name the certificate and the algorithm", function()
    refused(700027, check(signed { ["x5t#S256"] = "AAAA" }))
    refused(700027, check(signed { x5t = "AAAA" }))
    refused(50027, check(signed { ["x5t#S256"] = false }))
    local unsigned = { jwt.base64url '{"alg":"none","x5t":"AAAA"}', jwt.base64url "{}", "AA" }
    refused(50027, check(table.concat(unsigned, ".")))
    refused(50027, check(signed():gsub("^[^.]+", (jwt.base64url '{"x5t":"AAAA"}')), {}))
  end)

  it("must be issued by the application, for this endpoint", function()
    refused(700021, check(signed({}, { iss = "somebody" })))
    refused(700021, check(signed({}, { sub = "somebody" })))
    refused(700021, check(signed({}, { iss = false, sub = false })))
    refused(700023, check(signed({}, { aud = "https://login.microsoftonline.us/x" })))
    refused(700023, check(signed({}, { aud = false })))
  end)

  it("must be current, within five minutes", function()
    for _, moment in ipairs { NOW - 300, NOW, NOW + 899 } do
      assert.is_true(check(signed(), { now = moment }))
    end
    for _, moment in ipairs { NOW - 301, NOW + 900, NOW + 86400 } do
      refused(700024, check(signed(), { now = moment }))
    end
    refused(700024, check(signed({}, { exp = false })))
    refused(700024, check(signed({}, { exp = "soon" })))
  end)

  it("is accepted once, if that is checked", function()
    local seen = {}
    assert.is_true(check(signed(), { seen = seen }))
    refused(50013, check(signed(), { seen = seen }))
    assert.is_true(check(signed({}, { jti = "2" }), { seen = seen }))
    refused(700027, check(signed({}, { jti = "3" }, other), { seen = seen }))
    assert.is_true(check(signed({}, { jti = "3" }), { seen = seen }))
    refused(50027, check(signed({}, { jti = false }), { seen = seen }))
  end)
end)

describe("a federated token", function()
  local function token(changes)
    return assert(jwt.sign({ alg = "RS256", kid = "cluster" }, changed({
      iss = "https://cluster.example", sub = "system:serviceaccount:soc:mde",
      aud = "api://AzureADTokenExchange", exp = NOW + 3600 }, changes), other))
  end

  it("is accepted repeatedly if the application trusts it", function()
    local seen = {}
    for _ = 1, 2 do
      assert.is_true(check(token(), { federated = { "x", token() }, seen = seen }))
    end
    assert.is_true(check(token(), { federated = { token() }, certificate = false }))
  end)

  it("may name the key of its issuer", function()
    local named = assert(jwt.sign({ alg = "RS256", x5t = "AAAA" },
      { iss = "https://sts.example", exp = NOW + 3600 }, other))
    assert.is_true(check(named, { federated = { named } }))
  end)

  it("is refused otherwise", function()
    refused(700213, check(token()))
    refused(700213, check(token(), { federated = { token { sub = "somebody" } } }))
    refused(700024, check(token(), { federated = { token() }, now = NOW + 3900 }))
  end)
end)

describe("a malformed assertion", function()
  it("is refused", function()
    refused(7000218, assertion.check({}, {}))
    refused(7000218, assertion.check(form "", {}))
    for _, text in ipairs { "x", "a.b.c", "..", (" "):rep(100) } do refused(50027, check(text)) end
    local good, name, number = assertion.check(form("x", { client_assertion_type = false }), {})
    assert.same({ nil, "invalid_request", 900144 }, { good, name, number })
  end)
end)
