-- Signing in with a certificate.

local by_certificate = require "mde.auth.certificate"
local certificates = require "spec.support.certificates"
local cjson = require "cjson"
local clocks = require "mde.simulator.clock"
local form = require "mde.simulator.form"
local jwt = require "mde.auth.jwt"
local samples = require "spec.support.samples"
local sim = require "mde.simulator.assertion"

local ID = "5f3b5a0e-0b9c-4a63-8d5e-0a1b2c3d4e5f"
local SCOPE = "https://api.securitycenter.microsoft.com/.default"
local URL = "https://login.microsoftonline.com/contoso.com/oauth2/v2.0/token"
local leaf = certificates.read "chain.pem"

local function settings(changes)
  local all = { authority = "https://login.microsoftonline.com", tenant = "contoso.com",
                client_id = ID, scope = SCOPE }
  for name, value in pairs(changes) do all[name] = value end
  return all
end

-- A credential with a certificate -> it, its clock
local function signing(changes)
  local all = settings { certificate = leaf, clock = clocks.new() }
  for name, value in pairs(changes or {}) do all[name] = value end
  return by_certificate.new(all), all.clock
end

-- The form that a credential sends, which is never shown.
local function sent(credential)
  local request = assert(credential.request())
  assert.equal("POST", request.method)
  assert.equal(URL, request.url)
  assert.equal("<secret>", tostring(request.body))
  local fields = form.decode(request.body:reveal())
  assert.equal("client_credentials", fields.grant_type)
  assert.equal("urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
    fields.client_assertion_type)
  assert.equal(ID, fields.client_id)
  assert.equal(SCOPE, fields.scope)
  assert.is_nil(fields.client_secret)
  return fields
end

local function names(fields)
  local all = {}
  for name in pairs(fields) do all[#all + 1] = name end
  table.sort(all)
  return all
end

describe("signing in with a certificate", function()
  it("sends an assertion that Entra accepts", function()
    for _, algorithm in ipairs { "PS256", "RS256" } do
      local credential, clock = signing { algorithm = algorithm }
      local seen = {}
      for _ = 1, 3 do
        assert.is_true((sim.check(sent(credential), { certificate = leaf, client_id = ID,
          token_url = URL, now = clock.wall(), seen = seen })))
      end
    end
  end)

  it("sends the documented claims", function()
    local parts = jwt.parts(sent(signing()).client_assertion)
    local function sample(name) return cjson.decode(samples.read(name)) end
    assert.same(names(sample "entra-assertion-header.json"), names(parts.header))
    local claims = sample "entra-assertion-claims.json"
    claims.iat = claims.nbf
    assert.same(names(claims), names(parts.claims))
  end)

  it("identifies the key by the digest of the algorithm", function()
    local header = jwt.parts(sent(signing()).client_assertion).header
    assert.same({ typ = "JWT", alg = "PS256",
                  ["x5t#S256"] = jwt.base64url(leaf:thumbprint "SHA-256") }, header)
    header = jwt.parts(sent(signing { algorithm = "RS256" }).client_assertion).header
    assert.same({ typ = "JWT", alg = "RS256", x5t = jwt.base64url(leaf:thumbprint "SHA-1") },
      header)
  end)

  it("sends the chain on request", function()
    local header = jwt.parts(sent(signing { send_chain = true }).client_assertion).header
    assert.same(leaf:chain(), header.x5c)
    assert.equal(3, #header.x5c)
  end)

  it("signs a new assertion for each request, valid for ten minutes", function()
    local credential, clock = signing()
    local first = jwt.claims(sent(credential).client_assertion)
    clock.advance(100.5)
    local second = jwt.claims(sent(credential).client_assertion)
    assert.equal(first.nbf + 100, second.nbf)
    assert.not_equal(first.jti, second.jti)
    for _, claims in ipairs { first, second } do
      assert.equal(claims.nbf, claims.iat)
      assert.equal(claims.nbf + 600, claims.exp)
      assert.is_truthy(claims.jti:find "^%x+%-%x+%-4%x+%-%x+%-%x+$")
      assert.equal(URL, claims.aud)
    end
  end)

  it("stores the token under a name of the key, application and scope", function()
    local seen = {}
    assert.equal(signing().identity, signing({ algorithm = "RS256" }).identity)
    for _, changes in ipairs { {}, { tenant = "fabrikam.com" }, { client_id = "another" },
                               { scope = "another" }, { authority = "https://another.example" },
                               { certificate = certificates.read "other.pem" } } do
      local identity = signing(changes).identity
      assert.is_nil(seen[identity])
      seen[identity] = true
    end
  end)

  it("accepts two algorithms", function()
    assert.error_matches(function() signing { algorithm = "HS256" } end,
      "algorithm: PS256 or RS256 is expected, not 'HS256'")
  end)
end)
