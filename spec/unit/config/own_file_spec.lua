-- Reading files that no other user may write.

local files = require "spec.support.folder".new()
local own = require "mde.config.own_file"

before_each(files.make)
after_each(files.remove)

describe("a file of one's own", function()
  it("is read", function()
    local path = files.put("config.lua", "return {}")
    os.execute("chmod 600 " .. path)
    assert.equal("return {}", own.read(path))
    assert.equal("return", own.read(path, 6))
  end)

  it("is missing with a message that names it", function()
    local text, problem = own.read(files.path "none")
    assert.is_nil(text)
    assert.is_truthy(problem:find(files.path "none", 1, true), problem)
  end)

  it("is refused if others can write it", function()
    if not pcall(require, "mde.file") then return end  -- plain Lua cannot ask
    local path = files.put("config.lua", "return {}")
    os.execute("chmod 666 " .. path)
    local text, problem = own.read(path)
    assert.is_nil(text)
    assert.is_truthy(problem:find(path, 1, true), problem)
  end)
end)
