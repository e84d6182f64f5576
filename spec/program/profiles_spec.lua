-- Profiles: one command, many tenants, each a service of its own.

local cjson = require "cjson"
local program = require "spec.support.program"

local THREE = [[{ contoso = { actions = 2 }, ["emea-a"] = { actions = 1 }, ["emea-b"] = {} }]]

-- The second can't sign in.
local BROKEN = [[{ contoso = { actions = 2 }, ["emea-b"] = { actions = 1 },
  ["emea-a"] = { actions = 1, profile = "client_secret = 's3cret~wrong'" } }]]

local NO_ENVIRONMENT = "unset $(env | awk -F= '/^(AZURE|MDE)_/ { print $1 }') MDE; "

local function tenants(which, script, input)
  local run = program.with_tenants(which, NO_ENVIRONMENT .. script, input)
  for _, text in ipairs { run.out, run.err } do
    assert.falsy(text:find("s3cret", 1, true), text)
  end
  return run
end

local function lines(text)
  local list = {}
  for line in text:gmatch "[^\n]+" do list[#list + 1] = line end
  return list
end

local function assert_has(text, ...)
  for _, part in ipairs { ... } do assert.truthy(text:find(part, 1, true), text) end
end

local function assert_refused(run, ...)
  assert.same({ 2, "" }, { run.status, run.out })
  assert_has(run.err, ...)
  for name, count in pairs(run.asked) do assert.equal(0, count, name) end
end

describe("mde list of several tenants", function()
  it("has the tenant as its first column", function()
    local run = tenants(THREE, "mde list --all-profiles")
    assert.same({ 0, "" }, { run.status, run.err })
    local rows = lines(run.out)
    assert.truthy(rows[1]:find "^TENANT +AGE +TYPE +STATUS +MACHINE +BY +ID$")
    assert.equal(4, #rows)
    for i, name in ipairs { "contoso", "contoso", "emea-a" } do
      assert.equal(name, rows[i + 1]:match "^%S+")
    end
  end)

  it("has it in JSON and CSV, and not among ids", function()
    local run = tenants(THREE, "mde -p 'contoso,emea-*' list --json")
    assert.same({ 0, "" }, { run.status, run.err })
    local names = {}
    for i, line in ipairs(lines(run.out)) do
      assert.truthy(line:find '^{"profile":"')
      names[i] = cjson.decode(line).profile
    end
    assert.same({ "contoso", "contoso", "emea-a" }, names)
    run = tenants(THREE, "mde list --all-profiles --csv")
    assert.truthy(run.out:find "^profile,id,type,.-\r\ncontoso,%x+%-.*\r\nemea%-a,[^\r]*\r\n$")
    run = tenants(THREE, "mde list --all-profiles --ids")
    assert.equal(3, #lines(run.out))
    for _, line in ipairs(lines(run.out)) do assert.equal(36, #line) end
  end)

  it("continues if a tenant fails, and ends with 1", function()
    local run = tenants(BROKEN, "mde list --all-profiles")
    assert.equal(1, run.status)
    assert.truthy(run.err:find "^mde: emea%-a: [^\n]*AADSTS7000215[^\n]*\n$", run.err)
    local rows = lines(run.out)
    assert.equal(4, #rows)
    assert.truthy(rows[4]:find "^emea%-b ")
    run = tenants(BROKEN, "mde list -p 'emea-*' --json")
    assert.equal(1, run.status)
    assert.equal("emea-b", cjson.decode(run.out).profile)
    run = tenants([[{ a = { profile = "secret_command = 'echo s3cret; exit 4'" }, b = {} }]],
      "mde list -p a,b")
    assert.same({ 1, "" }, { run.status, run.out })
    assert.equal("mde: a: secret_command (echo): it ended with status 4\n", run.err)
  end)

  it("reads many at the same time, and shows them in their order", function()
    local list, expected = {}, {}
    for i = 1, 23 do
      list[i] = ("t%02d = { actions = 1, service = { latency = %.2f } }"):format(i, (24 - i) / 50)
      expected[i] = ("t%02d"):format(i)
    end
    local run = tenants("{ " .. table.concat(list, ", ") .. " }",
      "mde list --all-profiles --json; mde --verbose list -p 't0*' --ids")
    assert.equal(0, run.status, run.err)
    local rows = lines(run.out)
    for i, name in ipairs(expected) do assert.equal(name, cjson.decode(rows[i]).profile) end
    assert.equal(23 + 9, #rows)
  end)

  it("says which tenants have more than the limit", function()
    local run = tenants(THREE, "mde list --all-profiles --limit 1 --ids")
    assert.equal("contoso: there are more; --limit is 1.\n", run.err)
    assert.equal(2, #lines(run.out))
  end)

  it("says when none has anything", function()
    local run = tenants([[{ a = {}, b = {} }]], "mde list --all-profiles")
    assert.same({ 0, "", "No action matches.\n" }, { run.status, run.out, run.err })
  end)
end)

describe("one profile", function()
  it("is chosen by -p or MDE_PROFILE, and shown as without profiles", function()
    local run = tenants(THREE, [[mde list -p contoso; MDE_PROFILE=emea-a mde list --json
      MDE_PROFILE=contoso mde list -p emea-a --ids]])
    assert.same({ 0, "" }, { run.status, run.err })
    local rows = lines(run.out)
    assert.truthy(rows[1]:find "^AGE ")
    assert.equal(5, #rows)
    assert.falsy(rows[4]:find("profile", 1, true))
    assert.same({ contoso = 1, ["emea-a"] = 2, ["emea-b"] = 0 },
      { contoso = run.asked.contoso - 1, ["emea-a"] = run.asked["emea-a"] - 1,
        ["emea-b"] = run.asked["emea-b"] })
  end)

  it("is used when it is the only one", function()
    local run = tenants("{ a = { actions = 1 } }", "mde list --ids")
    assert.same({ 0, "", 37 }, { run.status, run.err, #run.out })
    run = tenants([[{ a = { profile = "client_secret = 's3cret~wrong'" } }]], "mde list --ids")
    assert.equal(5, run.status)
  end)

  it("wins over the environment, and says so", function()
    local run = tenants(THREE, [[
      export AZURE_TENANT_ID=x AZURE_CLIENT_SECRET=s3cret MDE_TOKEN=s3cret MDE_API_URL=https://h
      mde list -p contoso --ids; mde list -p contoso,emea-a --ids]])
    assert.equal(0, run.status, run.err)
    assert.equal(5, #lines(run.out))
    assert.equal(("The profile takes precedence: AZURE_TENANT_ID, AZURE_CLIENT_SECRET, MDE_TOKEN,"
      .. " MDE_API_URL in the environment are not used.\n"):rep(2), run.err)
  end)

  it("is not used beside the environment unless it is chosen", function()
    local run = tenants("{ a = { actions = 1 } }", "MDE_TOKEN=abc MDE_API_URL=http://127.0.0.1:1"
      .. " mde --timeout 1 list --ids")
    assert.same({ 4, 0 }, { run.status, run.asked.a })
  end)

  it("is the tenant of a cancel, and its question names it", function()
    local run = tenants(THREE, [[mde cancel -p contoso --type Isolate -m x --yes --max 5 --json
      mde list -p contoso --ids]])
    assert.equal(0, run.status, run.err)
    assert.equal(2, #lines(run.out))
    run = program.at_terminal(100, {
      "Cancel 2 machine actions in contoso (tenant 00000000-0000-4000-8000-000000000001)?", "n^M" },
      program.path, "run", program.support .. "/tenants.lua", THREE, "sh", "-c",
      NO_ENVIRONMENT .. "mde cancel -p contoso --type Isolate -m x")
    assert.equal(3, run.status, run.out)
  end)

  it("is a playbook's, unless it says whose its clients are", function()
    local script = [[cat >p.lua <<'END'
      print(mde.client().profile)
      print(mde.client({ profile = "emea-a" }).profile)
      for _, each in ipairs(assert(mde.clients { profiles = "emea-*" })) do
        print(each.profile, #assert(each:list()))
      end
END
]]
    local run = tenants(THREE, script .. "mde -p contoso run p.lua")
    assert.same({ 0, "contoso\nemea-a\nemea-a\t1\nemea-b\t0\n", "" },
      { run.status, run.out, run.err })
    run = tenants(THREE, [[cat >p.lua <<'END'
      print(mde.client())
      print(#mde.clients { all = true })
END
mde run p.lua]])
    assert.equal(0, run.status, run.err)
    assert.truthy(run.out:find "^nil\tthere are 3 profiles: contoso.*\n3\n$", run.out)
  end)
end)

describe("several profiles", function()
  it("and none chosen are refused, and listed", function()
    for _, command in ipairs { "list", "status", "cancel --type Isolate -m x --yes --max 9" } do
      assert_refused(tenants(THREE, "mde " .. command),
        "there are 3 profiles: contoso, emea-a, emea-b.", "-p NAME")
    end
  end)

  it("are refused where something is changed, or one is meant", function()
    for _, command in ipairs {
      "cancel --type Isolate -m x --yes --max 9", "resume", "run x.lua", "repl",
      "show 5382f7ea-7557-4ab7-9782-d50480024a4e",
    } do
      for _, choice in ipairs { "-p contoso,emea-a", "--all-profiles" } do
        assert_refused(tenants(THREE, ("mde %s %s </dev/null"):format(choice, command)),
          "`mde " .. command:match "%a+" .. "` works in one tenant",
          "to change several tenants, run it for each")
      end
    end
  end)

  it("are refused with what is near, or with the file that is not there", function()
    assert_refused(tenants(THREE, "mde list -p emea-c"), "config.lua has no profile 'emea-c'",
      "similar are emea-a, emea-b, contoso")
    assert_refused(tenants(THREE, "MDE_PROFILE='x*' mde list"), "'x*'")
    assert_refused(tenants(THREE, "mde list -p contoso --all-profiles"), "--all-profiles")
    assert_refused(tenants(THREE, "XDG_CONFIG_HOME=/none mde list -p a"),
      "--profile: no profiles: there is no /none/mde/config.lua")
    assert_refused(tenants(THREE, "MDE_CONFIG=none.lua mde list"), "none.lua: No such file")
    assert_refused(tenants(THREE, [[echo 'return { profiles = { a = { tennant = "s3cret" } } }' \
      >c.lua; MDE_CONFIG=c.lua mde list]]), "c.lua:1: profiles.a.tennant: unknown; known are")
  end)

  it("do not keep a command from its own name", function()
    local run = tenants("{ list = { actions = 1 }, b = {} }", "mde -p list status")
    assert.equal(0, run.status, run.err)
    run = tenants("{ list = { actions = 1 }, b = {} }", "mde --profile list list --ids")
    assert.equal(37, #run.out, run.err)
  end)

  it("do not get into a rehearsal", function()
    local run = tenants(THREE, "MDE_PROFILE=contoso mde sim --quota off mde list --ids")
    assert.equal(0, run.status, run.err)
    assert.truthy(#lines(run.out) > 313)
    run = tenants(THREE, "mde sim --quota off mde list --ids -p contoso")
    assert_refused(run, "config.lua has no profiles")
  end)
end)

describe("mde batch list of several tenants", function()
  it("says whose each batch is, and how it is resumed", function()
    local run = tenants(THREE, [[
      mde -p emea-a cancel --type Isolate -m x --yes --max 5 >/dev/null 2>&1
      mde -p contoso cancel --type Isolate -m x --yes --max 5 --parallel 1 >/dev/full
      mde batch list]])
    assert.truthy(run.out:find "^BATCH +TENANT +STATE ", run.out)
    assert.truthy(run.out:find "00000000%-0000%-4000%-8000%-000000000002 +done", run.out)
    assert.truthy(run.err:find("mde -p contoso resume 20", 1, true), run.err)
  end)

  it("lists those of the chosen profiles with -p", function()
    local run = tenants(THREE, [[
      for name in emea-a contoso; do
        mde -p $name cancel --type Isolate -m x --yes --max 5 --batch of-$name >/dev/null 2>&1
      done
      mde batch list; echo; mde batch list -p contoso; echo; mde batch list -p 'emea-*' --json]])
    local all, one, some = run.out:match "^(.-)\n\n(.-)\n\n(.*)$"
    assert.truthy(all and all:find "of%-emea%-a" and all:find "of%-contoso", run.out .. run.err)
    assert.truthy(one:find "of%-contoso" and not one:find "of%-emea%-a", one)
    assert.truthy(some:find '"batch":"of%-emea%-a"' and not some:find "of%-contoso", some)
  end)
end)

describe("mde status of several tenants", function()
  it("has the tenant as its first column", function()
    local quota = THREE:gsub("contoso = { actions = (%d)", "contoso = { actions = %1,"
      .. " profile = \"client_secret = 's3cret~contoso', quota = { per_minute = 5 }\"")
    local run = tenants(quota, "mde status --all-profiles; mde status -p 'c*' --json")
    assert.equal(0, run.status, run.err)
    local rows = lines(run.out)
    assert.truthy(rows[1]:find
      "^TENANT +SIGNED IN AS +TOKEN +CLOCK +OPEN +STUCK +ISOLATED +LIVE +CANCELS ")
    assert.truthy(rows[2]:find "^contoso .* %d+m %d+s +%d +0 +%d +0 of 25 +5 a min",
      rows[2])
    assert.truthy(rows[3]:find "^emea%-a ", rows[3])
    assert.truthy(rows[4]:find "^emea%-b .* no limits", rows[4])
    assert.equal("contoso", cjson.decode(rows[#rows]).profile)
  end)
end)

describe("mde profiles", function()
  local MANY = [[{ contoso = {}, ["emea-a"] = { profile = "secret_command = 'pass s3cret'" },
    ["emea-b"] = { profile = "secret_file = '/x/file', cloud = 'eu'" } }]]

  it("lists them, and how they sign in, without secrets", function()
    local run = tenants(MANY, "mde profiles")
    assert.equal(0, run.status)
    assert.truthy(run.err:find "^3 profiles in /.*/mde/config%.lua\n$", run.err)
    local rows = lines(run.out)
    assert.truthy(rows[1]:find "^PROFILE +TENANT +CLOUD +SIGNS IN WITH$")
    assert.truthy(rows[2]:find
      "^contoso +00000000%-0000%-4000%-8000%-000000000001 +commercial +client secret$")
    assert.truthy(rows[3]:find " client secret from a command %(pass%)$")
    assert.truthy(rows[4]:find " eu +client secret in /x/file$")
  end)

  it("gives JSON, and those that are chosen", function()
    local run = tenants(MANY, "mde profiles -p 'emea-*' --json")
    assert.same({ 0, "", 2 }, { run.status, run.err, #lines(run.out) })
    local object = cjson.decode(lines(run.out)[2])
    assert.truthy(object.config:find "/mde/config%.lua$")
    object.config = nil
    assert.same({ profile = "emea-b", tenant = "00000000-0000-4000-8000-000000000003",
      client_id = "3c9f4f0a-58d2-4b77-8f0e-b1a6c2d4e587", cloud = "eu",
      signs_in_with = "client secret in /x/file" }, object)
  end)

  it("refuses a malformed guard", function()
    local which = [[{ contoso = {}, ["emea-a"] = { profile = "guard = { max = 'many' }" } }]]
    assert_refused(tenants(which, "mde profiles"), "profiles.emea-a.guard.max: ", "many")
  end)

  it("says when there are none", function()
    local run = program.run "profiles"
    assert.same({ 0, "" }, { run.status, run.out })
    assert.truthy(run.err:find "^There are no profiles: there is no /.*/mde/config%.lua%.\n$")
  end)
end)

describe("a profile's secret", function()
  it("gets nowhere: not into the journal, nor the store but as a token", function()
    local run = tenants(THREE, [[
      mde --verbose cancel -p contoso --type Isolate -m x --yes --max 5
      mde --verbose list --all-profiles
      grep -rl 's3cret' "$XDG_STATE_HOME"; true]])
    assert.same({ 0 }, { run.status })
    assert.falsy(run.out:find("/state/", 1, true), run.out)
  end)

  it("is not asked for while a token is there", function()
    local run = tenants([[{ a = { actions = 1,
      profile = "secret_command = 'echo x >>runs; echo s3cret~a'" } }]],
      "mde list --ids; mde list --ids; cat runs")
    assert.equal("x", lines(run.out)[3])
    assert.equal(3, #lines(run.out), run.err)
  end)
end)
