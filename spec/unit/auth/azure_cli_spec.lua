-- Tokens from the Azure CLI.

local azure_cli = require "mde.auth.azure_cli"
local signing = require "spec.support.signing"

local files = require "spec.support.folder".new()
before_each(files.make)
after_each(files.remove)
local put = files.put

describe("the token of the Azure CLI", function()
  -- A credential whose `az` is this script, and where the words of its call are noted.
  local function cli(here, script, changes)
    local path = put("az", "#!/bin/sh\necho \"$@\" >" .. files.path "words" .. "\n" .. script)
    os.execute("chmod +x " .. path)
    local given = here:with { tenant = false, command = path }
    for name, value in pairs(changes or {}) do given[name] = value end
    given.tenant = given.tenant or nil
    return azure_cli.new(given)
  end

  local function words()
    local file = io.open(files.path "words")
    local text = file and file:read "*l"
    if file then file:close() end
    return text
  end

  it("is obtained at once, and not stored", function()
    local here = signing.new()
    local ends = here.clock.wall() + 3600
    local credential = cli(here, ('echo "WARNING: x" >&2; echo \'{"accessToken": "abc",'
      .. ' "expiresOn": "2020-01-01 00:00:00.000000", "expires_on": %d}\''):format(ends))
    assert.equal("abc", (here:sign(credential)))
    assert.same({}, here.store.tokens.kept)
    assert.equal("account get-access-token --output json --resource"
      .. " https://api.securitycenter.microsoft.com", words())
    local got = assert(cli(here, ('echo \'{"accessToken": "abc", "expiresOn": "%s.000000"}\'')
      :format(os.date("%Y-%m-%d %H:%M:%S", ends))).obtain())
    assert.equal(3600, got.lifetime)
    assert(cli(here, "echo", { tenant = "contoso.com" })).obtain()
    assert.is_truthy(words():find " --tenant contoso.com$")
  end)

  it("is missing without the program, or without a sign-in", function()
    local here = signing.new()
    local function missing(credential, text)
      local got, err = credential.obtain()
      assert.same({ nil, "missing_credential" }, { got, err.code })
      assert.is_truthy(err.message:find(text, 1, true), err.message)
    end
    missing(azure_cli.new(here:with { command = files.path "none" }), "is not installed")
    missing(cli(here, "echo \"ERROR: Please run 'az login' to setup account.\" >&2; exit 1"),
      "run `az login`")
  end)

  it("is not waited for longer than a minute", function()
    local _, err = cli(signing.new(), "exec tail -f /dev/null", { longest = 0.05 }).obtain()
    assert.equal("sign_in", err.code)
    assert.equal("the Azure CLI returned no token within 0.05 s", err.message)
  end)

  it("reports the refusal, and shows no token", function()
    local here = signing.new()
    local _, err = cli(here,
      "echo 'ERROR: AADSTS53003: Blocked. eyJhbGci.eyJhIjox.c2ln' >&2; exit 1").obtain()
    assert.equal("sign_in", err.code)
    assert.is_truthy(err.message:find("AADSTS53003", 1, true))
    assert.is_nil(err.message:find("eyJ", 1, true))
    for _, answer in ipairs { "", "{}", '{"accessToken":"eyJ x","expires_on":99999999999}',
                              '{"accessToken":"eyJx"}', '{"accessToken":"eyJx","expires_on":1}' } do
      err = select(2, cli(here, "echo '" .. answer .. "'").obtain())
      assert.equal("bad_answer", err.code)
      assert.is_nil(err.message:find("eyJ", 1, true))
    end
  end)

  it("passes only a tenant to a shell", function()
    local here = signing.new()
    for _, tenant in ipairs { "x; touch y", "$(id)", "a b", "-o", "a'b", "`id`", "a\nb", "" } do
      os.remove(files.path "words")
      local got, err = cli(here, "exit 0", { tenant = tenant }).obtain()
      assert.same({ nil, "invalid_argument" }, { got, err.code })
      assert.is_nil(words())
    end
  end)
end)
