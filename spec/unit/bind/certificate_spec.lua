-- Certificates and keys: formats, passwords, signatures.

local certificates = require "spec.support.certificates"
local core = require "mde.core"

local function output(command)
  local pipe = assert(io.popen(command))
  local text = pipe:read "*a"
  pipe:close()
  return text
end

local function hex(bytes)
  return (bytes:gsub(".", function(c) return ("%02x"):format(c:byte()) end))
end

describe("core.certificate", function()
  local leaf = certificates.read "chain.pem"

  it("reads strings and secrets", function()
    for _, name in ipairs { "encrypted.pem", "traditional.pem", "leaf.pfx" } do
      local bytes = certificates.bytes(name)
      for _, password in ipairs { "hunter2", core.secret "hunter2" } do
        assert(core.certificate(bytes, password))
        local got = assert(core.certificate(core.secret(bytes), password))
        assert.equal(leaf:thumbprint "SHA-256", got:thumbprint "SHA-256")
      end
    end
    assert(core.certificate(certificates.bytes "leaf.pem", nil))
  end)

  it("returns an error for an answer that it cannot read", function()
    local none, err = core.certificate(certificates.bytes "leaf.pfx", "wrong-password")
    assert.is_nil(none)
    assert.equal("invalid_argument", err.code)
    assert.equal("the password of the PFX is wrong", err.message)
    none, err = core.certificate ""
    assert.is_nil(none)
    assert.is_truthy(err.message:find "neither PEM nor PFX")
  end)

  it("has the thumbprints that openssl has", function()
    for name, kind in pairs { ["SHA-1"] = "sha1", ["SHA-256"] = "sha256" } do
      local said = output("openssl x509 -noout -fingerprint -" .. kind
        .. " -in spec/support/certificates/leaf.pem")
      assert.equal(said:match "=(.*)%s$":gsub(":", ""):lower(), hex(leaf:thumbprint(name)))
    end
  end)

  it("gives itself and those who issued it, as base64", function()
    local chain = leaf:chain()
    assert.equal(3, #chain)
    local own = certificates.bytes "certificate_only.pem"
    assert.equal(own:match "\n(.-)\n%-":gsub("\n", ""), chain[1])
    assert.same({ chain[1] }, certificates.read "leaf.pem":chain())
    assert.same(chain, certificates.read("leaf.pfx", "hunter2"):chain())
  end)

  it("signs what it verifies, and openssl too", function()
    local public = os.tmpname()
    output("openssl x509 -pubkey -noout -in spec/support/certificates/leaf.pem >" .. public)
    local options = { RS256 = "",
                      PS256 = "-sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:32" }
    for algorithm, option in pairs(options) do
      local signature = assert(leaf:sign("header\0claims", algorithm))
      assert.equal(256, #signature)
      assert.is_true(leaf:verify("header\0claims", signature, algorithm))
      assert.is_false(leaf:verify("header\0claimz", signature, algorithm))
      local file, data = os.tmpname(), os.tmpname()
      for name, bytes in pairs { [file] = signature, [data] = "header\0claims" } do
        local out = assert(io.open(name, "wb"))
        out:write(bytes)
        out:close()
      end
      assert.equal("Verified OK\n", output(("openssl dgst -sha256 -verify %s %s -signature %s %s")
        :format(public, option, file, data)))
      os.remove(file)
      os.remove(data)
    end
    os.remove(public)
  end)

  it("shows nothing of its key", function()
    assert.equal("<certificate>", tostring(leaf))
    assert.equal("locked", getmetatable(leaf))
    assert.is_nil(leaf.key)
  end)

  it("is used as it is meant", function()
    for _, value in ipairs { true, {}, print, leaf } do
      assert.error_matches(function() core.certificate(value) end, "string expected")
      assert.error_matches(function() core.certificate("", value) end, "string expected")
    end
    assert.error_matches(function() core.certificate("", "a\0b") end, "a password has no NUL")
    assert.error_matches(function() leaf:sign("x", "none") end, "invalid option 'none'")
    assert.error_matches(function() leaf:sign "x" end, "bad argument")
    assert.error_matches(function() leaf:verify("x", "", "HS256") end, "invalid option 'HS256'")
    assert.error_matches(function() leaf:thumbprint "MD5" end, "invalid option 'MD5'")
    assert.error_matches(function() leaf.sign({}, "x", "PS256") end, "mde.certificate expected")
  end)

  it("is gone after its end, and says so", function()
    local gone = certificates.read "leaf.pem"
    local collect = debug.getmetatable(gone).__gc
    collect(gone)
    collect(gone)
    assert.error_matches(function() gone:chain() end, "the certificate is gone")
    assert.equal("<certificate>", tostring(gone))
  end)
end)

describe("core.random_guid", function()
  it("is a random GUID of version 4", function()
    local seen = {}
    for _ = 1, 200 do
      local guid = core.random_guid()
      assert.is_truthy(guid:find "^%x+%-%x+%-4%x%x%x%-[89ab]%x%x%x%-%x+$")
      assert.equal(guid, core.operation.guid(guid))
      assert.is_nil(seen[guid])
      seen[guid] = true
    end
  end)
end)
