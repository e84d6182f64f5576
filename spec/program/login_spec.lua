-- mde login and mde logout, against the simulator.

local program = require "spec.support.program"

-- Only tenant and application are known: no secret.
local USER = "unset AZURE_CLIENT_SECRET; "

local function rehearse(sign_in, script)
  return program.rehearse(("{ mistaken = 3, history = 0, sign_in = { %s } }"):format(sign_in),
    USER .. script)
end

local function assert_has(text, ...)
  for _, part in ipairs { ... } do
    assert.truthy(text:find(part, 1, true), ("%q lacks %q"):format(text, part))
  end
end

describe("mde login", function()
  it("shows the code, waits, and signs later commands in until mde logout", function()
    local run = rehearse("device_interval = 1, device_after = 1", [[
      $mde login || exit 90
      $mde list --ids | wc -l
      $mde list --ids >/dev/null && $mde logout && $mde logout
      AZURE_TOKEN_CREDENTIALS=dev $mde list; echo "status $?"]])
    assert_has(run.err, "Open https://microsoft.com/devicelogin and enter the code ",
      "Signed out of 7d0b3b4e-6e1f-4c43-9d5a-2f8d4a1c9b60", "No user was signed in",
      "mde login: no user has signed in")
    assert_has(run.out, "Signed in as dana@contoso.com to 7d0b3b4e", "renewed automatically",
      "status 5")
    assert.falsy(run.err:find "do not use this sign-in")
    assert.equal(0, run.status)
  end)

  it("speaks JSON", function()
    local run = rehearse("device_interval = 1", "$mde login --json; $mde logout --json")
    local code, signed_in, out = run.out:match "^(%b{})\n(%b{})\n(%b{})\n$"
    assert.truthy(code, run.out .. run.err)
    assert_has(code, '"event":"code"', '"url":"https://microsoft.com/devicelogin"', '"code":"')
    assert_has(signed_in, '"event":"signed_in","user":"dana@contoso.com"', '"renewed":true')
    assert_has(out, '"forgotten":true')
  end)

  it("renews the sign-in with the kept refresh token, which it replaces", function()
    local run = program.rehearse(
      "{ mistaken = 3, history = 0, token_lifetime = 2, sign_in = { device_interval = 1 } }",
      USER .. "$mde login && sleep 2 && $mde list --ids && sleep 2 && $mde list --ids | wc -l")
    assert.same({ 0, "" }, { run.status, run.err:gsub("^Open [^\n]*\n", "") and "" })
    assert.truthy(run.out:find "\n%d+\n$", run.out .. run.err)
  end)

  it("says how it ended otherwise", function()
    local run = rehearse("device_interval = 1, device = 'declined'", "$mde login")
    assert.equal(5, run.status)
    assert_has(run.err, "authorization_declined", "was declined")
    run = rehearse("device_interval = 1, device = 'pending', device_lifetime = 2", "$mde login")
    assert.equal(5, run.status)
    assert_has(run.err, "expired_token", "not entered in time")
    run = rehearse("is_public = false", "$mde login")
    assert.equal(5, run.status)
    assert_has(run.err, "AADSTS7000218", "allow public client flows")
  end)

  it("is ended by a signal, and keeps nothing", function()
    local run = rehearse("device_interval = 1, device = 'pending'", [[
      $mde login 2>said & pid=$!  # such a job is deaf to INT
      wait_until 'grep -q Open said'
      kill -TERM $pid; wait $pid; echo "status $?"; cat said
      $mde logout]])
    assert_has(run.out, "status 130", "interrupted; no user was signed in")
    assert_has(run.err, "No user was signed in")
  end)

  it("needs to know where", function()
    local run = program.run "login"
    assert.equal(2, run.status)
    assert_has(run.err, "--tenant", "--client-id", "AZURE_TENANT_ID", "AZURE_CLIENT_ID")
    run = program.run("login", "--tenant", "a b", "--client-id", "x")
    assert.equal(2, run.status)
    assert_has(run.err, "tenant: the value of 3 characters")
    run = program.run("--store", "memory", "login", "--tenant", "contoso.com", "--client-id",
      "3c9f4f0a-58d2-4b77-8f0e-b1a6c2d4e587")
    assert.equal(2, run.status)
    assert_has(run.err, "cannot keep sign-ins")
  end)

  it("says when something else goes first", function()
    local run = program.rehearse("{ mistaken = 3, history = 0, sign_in = { device_interval = 1 } }",
      "$mde login")
    assert.equal(0, run.status)
    assert_has(run.err, "other commands do not use this sign-in")
  end)

  it("shows no token, and keeps them in the token file alone", function()
    local run = program.rehearse(
      "{ mistaken = 3, history = 0, sign_in = { device_interval = 1 } }", USER .. [[
      $mde --verbose login --json >said 2>&1 && $mde --verbose list --json >>said 2>&1
      test "$(stat -c %a "$XDG_STATE_HOME/mde/tokens.db")" = 600 || echo open
      refresh=$(grep -aoh '0\.[0-9a-f]\{120\}' "$XDG_STATE_HOME"/mde/tokens.db* | head -1)
      test -n "$refresh" || echo none
      grep -c -e "$refresh" -e eyJ said
      grep -alr -e "$refresh" -e eyJ "$XDG_STATE_HOME" | grep -v tokens.db]])
    assert.equal("0\n", run.out, run.err)
  end)
end)
