-- Reading a whole file.

local content = require "mde.base.content"
local files = require "spec.support.folder".new()

before_each(files.make)
after_each(files.remove)

describe("the content of a file", function()
  it("is all of it, or its beginning", function()
    local path = files.put("a", "one\0two\n")
    assert.equal("one\0two\n", content.read(path))
    assert.equal("one", content.read(path, 3))
  end)

  it("of an empty file is the empty text", function()
    local path = files.put("a", "")
    assert.equal("", content.read(path))
    assert.equal("", content.read(path, 3))
  end)

  it("is refused by a check, which sees the open file", function()
    local path = files.put("a", "x")
    local text, problem = content.read(path, nil, function(handle)
      return nil, "refused: " .. handle:read(1)
    end)
    assert.same({ nil, "refused: x" }, { text, problem })
  end)

  it("is missing with a message that names the path", function()
    local path = files.path "none"
    local text, problem = content.read(path)
    assert.is_nil(text)
    assert.is_truthy(problem:find(path, 1, true), problem)
  end)
end)

describe("a file of one's own", function()
  it("is read", function()
    local path = files.put("config.lua", "return {}")
    os.execute("chmod 600 " .. path)
    assert.equal("return {}", content.read_own(path))
    assert.equal("return", content.read_own(path, 6))
  end)

  it("is missing with a message that names it", function()
    local text, problem = content.read_own(files.path "none")
    assert.is_nil(text)
    assert.is_truthy(problem:find(files.path "none", 1, true), problem)
  end)

  it("is refused if others can write it", function()
    if not pcall(require, "mde.file") then return end  -- plain Lua cannot ask
    local path = files.put("config.lua", "return {}")
    os.execute("chmod 666 " .. path)
    local text, problem = content.read_own(path)
    assert.is_nil(text)
    assert.is_truthy(problem:find(path, 1, true), problem)
  end)
end)
