local program = require "spec.support.program"

-- Runs a script whose commands write to all they can, and looks for each secret that went
-- over the wire in all of that: outputs, journal, audit log, reports, downloaded names.
local function leaks(options, script)
  local run = program.rehearse(options, ([[
    exec 3>&1 4>&2 >../told 2>&1
    %s
    exec >&3 2>&4
    cp -r "$XDG_STATE_HOME" ../kept && rm -f ../kept/mde/tokens.db*
    wc -l <"$SECRETS"
    grep -raFf "$SECRETS" ../told ../kept . | cut -c 1-200
    tail -n 3 ../told >&2]]):format(script))
  local count, found = run.out:match "^%s*(%d+)\n(.*)$"
  return tonumber(count), found, run.out .. run.err
end

local ALL = "{ mistaken = 3, history = 40 }"

describe("no secret is shown or kept", function()
  it("by what reads, changes, downloads and reports", function()
    local count, found, run = leaks(ALL, [[
      mde --verbose list --all --limit 3; mde list --json --limit 3
      mde --verbose cancel --type Isolate --requestor soar@contoso.com -m x --yes --max 5
      mde batch report --html; mde batch report --json; mde batch show
      mde status; mde status --json
      id=$(mde list --all --type CollectInvestigationPackage --status Succeeded --ids --limit 1)
      mde --verbose download "$id"; mde --verbose api GET "/api/machineactions/$id/getPackageUri" -n
      machine=$(mde machines --ids --limit 1)
      mde --verbose launch scan "$machine" -m x --json; mde show "$machine"
      mde audit verify]])
    assert.is_truthy(count, run)
    assert.is_true(count >= 2, run)  -- the token, the link
    assert.equal("", found)
  end)

  it("where signing in fails", function()
    local count, found, run = leaks(ALL, [[
      AZURE_CLIENT_SECRET=wrong-and-long-enough mde --verbose list
      MDE_TOKEN=a.token.that.is.not.valid mde --verbose cancel --type Isolate -m x --yes --max 5]])
    assert.is_truthy(count, run)
    assert.is_true(count >= 2)
    assert.equal("", found)
  end)

  it("by any way to sign in", function()
    local pem = program.support .. "/certificates/leaf.pem"
    local options = ([[{ mistaken = 3, history = 0, sign_in = { federated = { "%s" },
      certificate = require "mde.core".certificate(io.open(%q):read "a") } }]])
      :format(("federated-"):rep(9), pem)
    local count, found, run = leaks(options, ([[
      mde --verbose login; mde --verbose list; mde status; mde logout --json
      unset AZURE_CLIENT_SECRET; printf %%s %s >federated
      AZURE_CLIENT_CERTIFICATE_PATH=%s mde --verbose list
      AZURE_FEDERATED_TOKEN_FILE=federated mde --verbose list; rm federated
      AZURE_CLIENT_CERTIFICATE_PATH=%s mde --verbose --json; mde login --json; mde --verbose list
      mde --verbose logout]]):format(("federated-"):rep(9), program.quote(pem),
        program.quote(pem)))
    assert.is_truthy(count, run)
    assert.is_true(count >= 8, run)  -- tokens, refresh tokens, codes, assertions
    assert.equal("", found)
  end)
end)
