-- The configuration file, its profiles, and the secrets that it names.

local config = require "mde.config.profiles"

local has_modes = pcall(require, "mde.file")
local folder, path

local function write(name, text, mode)
  os.remove(folder .. "/" .. name)  -- its mode may forbid writing
  local file = assert(io.open(folder .. "/" .. name, "wb"))
  file:write(text)
  file:close()
  os.execute(("chmod %s '%s/%s'"):format(mode or "600", folder, name))
end

local function load_text(text, mode)
  write("config.lua", text, mode)
  return config.load(path)
end

-- The one profile of a file with these fields, as text.
local function profile(fields, defaults)
  local loaded = assert(load_text(("return { defaults = { %s }, profiles = { a = { %s } } }")
    :format(defaults or "", fields)))
  return loaded.profiles.a.options, loaded.profiles.a.how
end

local function refusal(text, mode)
  local loaded, err = load_text(text, mode)
  assert.is_nil(loaded)
  assert.equal("invalid_argument", err.code)
  return err.message
end

local function assert_has(text, ...)
  for _, part in ipairs { ... } do assert.is_truthy(text:find(part, 1, true), text) end
end

describe("a configuration", function()
  before_each(function()
    local pipe = assert(io.popen "mktemp -d")
    folder = pipe:read()
    pipe:close()
    path = folder .. "/config.lua"
  end)

  after_each(function() os.execute("rm -rf '" .. folder .. "'") end)

  it("is found by MDE_CONFIG, XDG_CONFIG_HOME, or in the home folder", function()
    local function found(variables)
      return { config.path(function(name) return variables[name] end) }
    end
    assert.same({ "x.lua", true }, found { MDE_CONFIG = "x.lua", XDG_CONFIG_HOME = "/c" })
    assert.same({ "/c/mde/config.lua", false }, found { XDG_CONFIG_HOME = "/c", HOME = "/h" })
    assert.same({ "/h/.config/mde/config.lua", false },
      found { MDE_CONFIG = "", XDG_CONFIG_HOME = "relative", HOME = "/h" })
    assert.is_nil(found({})[1])
  end)

  it("gives each profile the defaults, which its own fields replace", function()
    local loaded = assert(load_text [[
      local profiles = { a = { tenant = "a.com", cloud = "eu", timeout = 5, proxy = false,
                               quota = { per_minute = 7 } } }
      for i = 1, 3 do profiles["b" .. i] = { tenant = ("b%d.com"):format(i) } end
      return { defaults = { client_id = "i", cloud = "uk" }, profiles = profiles }]])
    assert.same({ tenant = "a.com", client_id = "i", cloud = "eu", timeout = 5, proxy = false,
                  quota = { per_minute = 7 } }, loaded.profiles.a.options)
    assert.same({ tenant = "b3.com", client_id = "i", cloud = "uk" }, loaded.profiles.b3.options)
    assert.equal(path, loaded.path)
  end)

  it("has one credential per profile: its own, or else that of the defaults", function()
    local options, how = profile("tenant = 'a.com'", "client_certificate = '/c.pem',"
      .. "send_certificate_chain = true")
    assert.same({ tenant = "a.com", client_certificate = "/c.pem", send_certificate_chain = true },
      options)
    assert.equal("certificate /c.pem", how)
    options, how = profile("tenant = 'a.com', managed_identity = true",
      "client_certificate = '/c.pem', send_certificate_chain = true")
    assert.same({ tenant = "a.com", managed_identity = true }, options)
    assert.equal("managed identity", how)
    options = profile("tenant = 'a.com', client_certificate = '/d.pem'",
      "send_certificate_chain = true")
    assert.same({ tenant = "a.com", client_certificate = "/d.pem", send_certificate_chain = true },
      options)
    assert_has(refusal "return { profiles = { a = { client_secret = 's', secret_file = 'f' } } }",
      "profiles.a: client_secret and secret_file: give only one of them")
  end)

  it("uses the profile's cloud instead of the defaults' hosts", function()
    local options = profile("tenant = 'a.com', cloud = 'eu'", "api_url = 'https://x.example'")
    assert.same({ tenant = "a.com", cloud = "eu" }, options)
  end)

  it("names files relative to its own folder, or to the home folder", function()
    local options = profile "tenant = 'a.com', ca_file = 'x.pem', client_certificate = '~/c.pem'"
    assert.equal(folder .. "/x.pem", options.ca_file)
    assert.equal(os.getenv "HOME" .. "/c.pem", options.client_certificate)
  end)

  it("refuses unknown keys, with path and line", function()
    local message = refusal [[
      return {
        profiles = {
          contoso = { tenant = "a.com" },
          ["emea-x"] = {
            tennant = "b.com",
          },
        },
      }]]
    assert_has(message, path .. ":5: profiles.emea-x.tennant: unknown; known are ", "tenant,",
      "secret_command")
    assert_has(refusal "return { profile = {} }",
      ":1: profile: unknown; known are defaults, profiles")
    assert_has(refusal "return { defaults = { secret = 'x' } }", "defaults.secret: unknown")
    assert_has(refusal "return { profiles = { a = { 'x' } } }", "profiles.a.1: unknown")
    assert_has(refusal "return { defaults = { quota = { minute = 7 } } }",
      ":1: defaults.quota.minute: unknown; known are per_hour, per_minute")
    assert_has(refusal "local p = {}\nreturn { profiles = { a = { ['ten' .. 'ent'] = 1 } } }",
      path .. ": profiles.a.tenent: unknown")
  end)

  it("refuses values of another type, and does not show them", function()
    for text, expected in pairs {
      ["return 7"] = "the file must be a table, not a number",
      ["return nil"] = "the file returns nothing", [""] = "the file returns nothing",
      ["return { profiles = { a = 's3cret' } }"] = "profiles.a: must be a table, not a string",
      ["return { profiles = 's3cret' }"] = "profiles: must be a table",
      ["return { defaults = { tenant = 7 } }"] = "defaults.tenant: must be a string",
      ["return { profiles = { a = { client_secret = { 's3cret' } } } }"] =
        "profiles.a.client_secret: must be a string, not a table",
      ["return { profiles = { a = { tenant = 't', proxy = true } } }"] =
        "profiles.a.proxy: must be a string or false",
      ["return { profiles = { a = { tenant = 't', secret_command = {} } } }"] =
        "secret_command: has no words",
      ["return { profiles = { a = { tenant = 't', secret_command = { 1 } } } }"] =
        "secret_command: must be an array of words",
      ["return { profiles = { a = {} } }"] = "profiles.a: tenant is missing",
      ["return { profiles = { ['a b'] = {} } }"] = "'a b' is not a name",
      ["return { profiles = { ['*'] = {} } }"] = "'*' is not a name",
      ["return { profiles = { {} } }"] = "'1' is not a name",
    } do
      local message = refusal(text)
      assert_has(message, path, expected)
      assert.is_falsy(message:find("s3cret", 1, true), message)
    end
  end)

  it("is Lua without globals, under a limit of steps", function()
    assert_has(refusal "return {\n  profiles = ,\n}", path .. ":2:")
    assert_has(refusal "\nreturn os.getenv 'HOME'", path .. ":2:", "os")
    assert_has(refusal "x = 1\nreturn { profiles = { a = { tenant = print } } }",
      "tenant is missing")
    assert.is_nil(rawget(_G, "x"))
    assert_has(refusal "\n\nwhile true do end", path .. ":3:", "runs for more than")
    assert_has(refusal "local function f() return f() end\nreturn f()", path .. ":1:",
      "runs for more than")
    assert_has(refusal "return (function() return f() end)()", path .. ":1:")
    assert_has(refusal(string.dump(function() return {} end)), path .. ": bytecode")
    assert.is_truthy(load_text "\239\187\191return { profiles = { a = { tenant = 'a.com' } } }")
  end)

  it("quotes nothing of the text in an error", function()
    for _, wrong in ipairs { '"s3cret', "[[s3cret", "a s3cret", "3s3cret", "'s3cret' + {}",
                             "{} + 's3cret'", "'s3cret' .. nil", "('s3cret').x.y" } do
      local message = refusal("\nreturn { client_secret = " .. wrong .. " }")
      assert.is_truthy(message:find("%.lua:2: .", #path - 4), message)
      assert.is_falsy(message:find("s3cret", 1, true), message)
    end
    assert_has(refusal "return {", path .. ":1: ", "near", "<eof>")
  end)

  it("restores an existing hook", function()
    local function hook() end
    debug.sethook(hook, "", 1000000)
    load_text "while true do end"
    local left = debug.gethook()
    debug.sethook()
    assert.equal(hook, left)
  end)

  it("reports a file that can't be read", function()
    local loaded, err = config.load(folder .. "/none.lua")
    assert.is_nil(loaded)
    assert_has(err.message, folder .. "/none.lua: No such file")
    loaded, err = config.load(folder)
    assert.is_nil(loaded)
    assert_has(err.message, folder)
  end)

  if has_modes then
    it("has secrets only if others can't read it", function()
      local text = "return { profiles = { a = { tenant = 'a.com', client_secret = 's3cret' } } }"
      local message = refusal(text, "640")
      assert_has(message, path .. ":1: profiles.a.client_secret: others can read or write",
        "mode 640", "chmod 600", "secret_command")
      assert.is_falsy(message:find("s3cret", 1, true))
      assert_has(refusal("return { defaults = { client_certificate_password = 'x' } }", "604"),
        "defaults.client_certificate_password")
      assert.is_truthy(load_text(text, "400"))
      assert.is_truthy(load_text("return { defaults = { client_id = 'x' } }", "644"))
    end)

    it("is refused if others can write it", function()
      local text = "return { profiles = { a = { tenant = 'a.com', secret_command = 'true' } } }"
      assert_has(refusal(text, "660"), "others can write " .. path .. " (mode 660): chmod go-w it")
      assert_has(refusal("return {}", "602"), "others can write")
      assert.is_truthy(load_text(text, "644"))
    end)

    it("takes a secret only from a file that others can't read", function()
      local options = profile "tenant = 'a.com', secret_file = 'shown'"
      write("shown", "s3cret\n", "644")
      local text, err = options.client_secret()
      assert.is_nil(text)
      assert.equal("missing_credential", err.code)
      assert_has(err.message, folder .. "/shown (mode 644): chmod 600")
    end)
  end

  it("takes a secret from a file's first line, on use", function()
    local options, how = profile "tenant = 'a.com', secret_file = 'secret'"
    assert.equal("client secret in " .. folder .. "/secret", how)
    write("secret", "s3 cret\r\nmore\n")
    assert.equal("s3 cret", options.client_secret())
    options = profile "tenant = 'a.com', secret_file = 'other'"
    assert_has(select(2, options.client_secret()).message, folder .. "/other: No such file")
    write("third", "\ns3cret")
    options = profile "tenant = 'a.com', secret_file = 'third'"
    assert_has(select(2, options.client_secret()).message, "the first line", "is empty")
  end)

  it("takes a secret from a command, once", function()
    local options, how = profile(("tenant = 'a.com', secret_command = [[%s]]")
      :format(("echo x >>'%s/runs'; echo \"it's\"; echo more"):format(folder)))
    assert.equal("client secret from a command (echo)", how)
    assert.is_nil(io.open(folder .. "/runs"))
    assert.equal("it's", options.client_secret())
    assert.equal("it's", options.client_secret())
    local file = assert(io.open(folder .. "/runs"))
    assert.equal("x\n", file:read "*a")
    file:close()
    options = profile [[tenant = 'a.com', secret_command = { "printf", "%s", "a '$HOME' b" }]]
    assert.equal("a '$HOME' b", options.client_secret())
  end)

  it("reports only the name and status of a command that fails", function()
    for command, expected in pairs {
      ["'echo s3cret; false'"] = "secret_command (echo): it ended with status 1",
      ["'echo s3cret; exit 3'"] = "secret_command (echo): it ended with status 3",
      ["{ 'sh', '-c', 'echo s3cret; exit 143' }"] = "secret_command (sh): it ended with status 143",
      ["'TOKEN=s3cret false'"] = "secret_command (the command): it ended with status 1",
      ["{ 'true' }"] = "secret_command (true): its first line is empty",
      ["'echo; echo s3cret'"] = "its first line is empty",
    } do
      local text, err = profile("tenant = 'a.com', secret_command = " .. command).client_secret()
      assert.is_nil(text)
      assert.equal("missing_credential", err.code)
      assert_has(err.message, expected)
      assert.is_falsy(err.message:find("s3cret", 1, true), err.message)
    end
  end)

  it("runs a command without the program's standard input", function()
    assert.equal("end", profile("tenant = 'a.com', secret_command = 'cat; echo end'")
      .client_secret())
  end)
end)

describe("a choice of profiles", function()
  local loaded = { path = "config.lua", profiles = {} }
  for name in ("contoso emea-a emea-b emea.c fabrikam"):gmatch "%S+" do
    loaded.profiles[name] = { name = name }
  end

  local function names(wanted)
    local list, err = config.select(loaded, wanted)
    if not list then return err.message end
    for i, one in ipairs(list) do list[i] = one.name end
    return table.concat(list, " ")
  end

  it("selects names, patterns or all, sorted by name", function()
    assert.equal("contoso", names "contoso")
    assert.equal("contoso emea-b", names "emea-b, contoso,emea-b")
    assert.equal("emea-a emea-b", names "emea-*")
    assert.equal("emea-a emea-b emea.c fabrikam", names { "*a*", "emea.c" })
    assert.equal("contoso emea-a emea-b emea.c fabrikam", names(true))
    assert.equal("emea.c", names "emea.c")
    assert.equal("emea-a", names "*-a")
  end)

  it("names similar profiles if it matches none", function()
    assert_has(names "contosso", "config.lua has no profile 'contosso'",
      "similar are contoso, ")
    assert_has(names "emea-x*", "'emea-x*'", "similar are emea-a, emea-b, emea.c")
    assert_has(names "contoso,", "empty profile name")
    assert_has(names "%a", "'%a'")
    assert.equal("x has no profiles", select(2,
      config.select({ path = "x", profiles = {} }, "a")).message)
  end)
end)
