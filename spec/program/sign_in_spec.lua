-- Ways to sign in without a login, against the simulator over HTTP.

local program = require "spec.support.program"

local IDENTITY = "0c1d2e3f-58d2-4b77-8f0e-b1a6c2d4e587"
local PEM = program.support .. "/certificates/leaf.pem"

local function rehearse(sign_in, script)
  return program.rehearse(("{ mistaken = 3, history = 0, sign_in = { %s } }"):format(sign_in),
    script)
end

local function assert_listed(run)
  assert.same({ 0, "" }, { run.status, run.err })
  assert.truthy(run.out:find "^%x+%-%x", run.out)
end

describe("mde", function()
  it("signs in with a certificate", function()
    local registered = ([[certificate = require "mde.core".certificate(
      io.open(%q):read "a")]]):format(PEM)
    assert_listed(rehearse(registered, "unset AZURE_CLIENT_SECRET; AZURE_CLIENT_CERTIFICATE_PATH="
      .. program.quote(PEM) .. " $mde list --ids"))
    local run = rehearse("", "unset AZURE_CLIENT_SECRET; AZURE_CLIENT_CERTIFICATE_PATH="
      .. program.quote(PEM) .. " $mde list --ids")
    assert.equal(5, run.status)
    assert.truthy(run.err:find("AADSTS700027: the certificate is not registered", 1,
      true), run.err)
  end)

  it("signs in as the machine, and through no proxy", function()
    assert_listed(rehearse(("identity = %q, identity_header = 'h'"):format(IDENTITY), [[
      unset AZURE_TENANT_ID AZURE_CLIENT_ID AZURE_CLIENT_SECRET
      HTTPS_PROXY=http://127.0.0.1:9; http_proxy=$HTTPS_PROXY; export HTTPS_PROXY http_proxy
      IDENTITY_ENDPOINT="$MDE_API_URL/msi/token" IDENTITY_HEADER=h $mde list --ids]]))
    assert_listed(rehearse(("identity = %q"):format(IDENTITY), [[
      unset AZURE_TENANT_ID AZURE_CLIENT_ID AZURE_CLIENT_SECRET
      AZURE_POD_IDENTITY_AUTHORITY_HOST="$MDE_API_URL" $mde list --ids]]))
  end)

  it("signs in as whoever did so to the Azure CLI", function()
    assert_listed(rehearse("", [[
      body="client_id=$AZURE_CLIENT_ID&client_secret=$AZURE_CLIENT_SECRET"
      token=$(curl -s "$AZURE_AUTHORITY_HOST/$AZURE_TENANT_ID/oauth2/v2.0/token" -d "$body" \
        -d grant_type=client_credentials \
        -d scope=https://api.securitycenter.microsoft.com/.default |
        sed 's/.*"access_token":"\([^"]*\)".*/\1/')
      { echo '#!/bin/sh'
        echo "echo '{\"accessToken\":\"$token\",\"expires_on\":99999999999}'"; } >az
      chmod +x az; unset AZURE_TENANT_ID AZURE_CLIENT_ID AZURE_CLIENT_SECRET
      PATH=$PWD:$PATH AZURE_TOKEN_CREDENTIALS=AzureCliCredential $mde list --ids]]))
  end)

  it("says of each way what it lacks, on a line of its own", function()
    local run = program.sh "AZURE_TOKEN_CREDENTIALS=prod $mde list"
    assert.equal(5, run.status)
    for _, line in ipairs { "mde: no way to sign in:", "  token: MDE_TOKEN is not set",
                            "  Azure CLI: AZURE_TOKEN_CREDENTIALS excludes it" } do
      assert.truthy(("\n" .. run.err):find("\n" .. line .. "\n", 1, true), run.err)
    end
  end)
end)
