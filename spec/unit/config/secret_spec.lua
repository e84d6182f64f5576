-- Client secrets from a command or a file.

local files = require "spec.support.folder".new()
local secret = require "mde.config.secret"

before_each(files.make)
after_each(files.remove)

describe("a secret from a command", function()
  it("is the first line that the command prints", function()
    assert.equal("s e", (secret.of_command "echo 's e'; echo more" ()))
    assert.equal("a'b $HOME", (secret.of_command { "printf", "%s\n", "a'b $HOME" } ()))
  end)

  it("is fetched once, and so is an error", function()
    local get = secret.of_command(("echo x >>%s; echo s"):format(files.path "runs"))
    assert.same({ "s", "s" }, { get(), (get()) })
    local fail = secret.of_command(("echo x >>%s; exit 3"):format(files.path "runs"))
    for _ = 1, 2 do
      local text, err = fail()
      assert.is_nil(text)
      assert.same({ "missing_credential", "secret_command (echo): it ended with status 3" },
        { err.code, err.message })
    end
    local lines = 0
    for _ in io.lines(files.path "runs") do lines = lines + 1 end
    assert.equal(2, lines)
  end)

  it("is missing if the first line is empty", function()
    local text, err = secret.of_command "echo; echo s" ()
    assert.is_nil(text)
    assert.matches("first line is empty", err.message)
  end)

  it("is named by its program alone", function()
    assert.equal("pass", secret.program "pass show mde")
    assert.equal("the command", secret.program "PASSWORD='x' pass")
    assert.equal("pass", secret.program { "pass", "show" })
  end)
end)

describe("a secret from a file", function()
  it("is the first line of the file", function()
    local path = files.put("secret", "sesame\r\nmore\n")
    os.execute("chmod 600 " .. path)
    assert.equal("sesame", (secret.of_file(path)()))
  end)

  it("is refused if others can read the file", function()
    local path = files.put("open", "sesame\n")
    os.execute("chmod 644 " .. path)
    if not secret.mode(path) then return end  -- plain Lua cannot ask
    local text, err = secret.of_file(path)()
    assert.is_nil(text)
    assert.matches("chmod 600", err.message)
    assert.is_nil(err.message:find("sesame", 1, true))
  end)
end)
