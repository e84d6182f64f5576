-- Which files a policy's text comes from.

local policies = require "spec.support.policy"
local policy = require "mde.policy"

local folder

local function write(files)
  folder = policies.folder(files)
  return folder .. "main.lua"
end

local function requiring(name)
  return ('local m = require %q return { comment = m.comment, decide = "cancel" }'):format(name)
end

describe("a policy's files", function()
  after_each(function()
    if folder then policies.remove(folder) end
    folder = nil
  end)

  it("are required at or below its folder", function()
    local path = write { ["main.lua"] = requiring "shared.words",
                         ["shared/words.lua"] = 'return require "deep"',
                         ["deep.lua"] = 'return { comment = "from below" }' }
    local loaded = assert(policy.load(path))
    assert.equal("from below", loaded.comment)
  end)

  it("have no names that lead elsewhere", function()
    for _, name in ipairs { "../x", "..x", "/etc/passwd", "shared/words", "a..b", "", "x.",
                            ".x", "a\0b", "~" } do
      local loaded, err = policy.load(write { ["main.lua"] = requiring(name) })
      assert.is_nil(loaded)
      assert.truthy(tostring(err):find("at or below the policy's folder", 1, true), tostring(err))
      policies.remove(folder)
    end
  end)

  it("are not led out of it by links", function()
    local path = write { ["inside/main.lua"] = requiring "leak",
                         ["outside.lua"] = 'return { comment = "leaked" }' }
    path = path:gsub("main", "inside/main")
    os.execute(("ln -s ../outside.lua '%sinside/leak.lua'"):format(folder))
    local loaded, err = policy.load(path)
    assert.is_nil(loaded)
    assert.truthy(tostring(err):find "a link that leads out")
    os.execute(("rm '%sinside/leak.lua'; mv '%soutside.lua' '%sinside/real.lua';"
      .. " ln -s real.lua '%sinside/leak.lua'"):format(folder, folder, folder, folder))
    assert.equal("leaked", assert(policy.load(path)).comment)
  end)

  it("are regular, whole and of 256 KiB at most", function()
    local path = write { ["main.lua"] = requiring "pipe" }
    os.execute(("mkfifo '%spipe.lua'"):format(folder))
    local loaded, err = policy.load(path)
    assert.is_nil(loaded)
    assert.truthy(tostring(err):find "not a regular file")
    loaded, err = policy.load(folder .. "pipe.lua")
    assert.is_nil(loaded)
    assert.equal("invalid_argument", err.code)
    loaded, err = policy.load "/dev/zero"
    assert.is_nil(loaded)
    assert.truthy(tostring(err):find "not a regular file")
    loaded, err = policy.load(folder .. "none.lua")
    assert.is_nil(loaded)
    assert.truthy(tostring(err):find "No such file")
    policies.remove(folder)
    loaded, err = policy.load(write { ["main.lua"] = "--" .. ("x"):rep(262143) })
    assert.is_nil(loaded)
    assert.truthy(tostring(err):find "longer than 262144 bytes")
  end)

  it("are in the hash, all of them and nothing else", function()
    local files = { ["main.lua"] = requiring "words", ["words.lua"] = 'return { comment = "a" }' }
    local first = assert(policy.load(write(files))).hash
    policies.remove(folder)
    assert.equal(first, assert(policy.load(write(files))).hash)
    policies.remove(folder)
    files["words.lua"] = 'return { comment = "a" } --'
    assert.not_equal(first, assert(policy.load(write(files))).hash)
  end)

  it("stay as they were read, when the policy is loaded again", function()
    local path = write { ["main.lua"] = requiring "words",
                         ["words.lua"] = 'return { comment = "a" }' }
    local loaded = assert(policy.load(path))
    assert.truthy(loaded:close())
    os.remove(folder .. "words.lua")
    assert.equal("cancel", (loaded:decide({ id = "1" }, nil)))
  end)
end)
