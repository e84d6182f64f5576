-- Running the text of a configuration file.

local lua_file = require "mde.config.lua_file"
local files = require "spec.support.folder".new()

before_each(files.make)
after_each(files.remove)

local function read(text)
  local path = files.put("config.lua", text)
  os.execute("chmod 600 " .. path)
  return lua_file.read(path)
end

describe("a configuration file", function()
  it("gives its text and its value", function()
    assert.same({ "return { a = 1 + 1 }", { a = 2 } }, { read "return { a = 1 + 1 }" })
    assert.same({ "return 1", 1 }, { read "\239\187\191return 1" })
  end)

  it("sees no function of Lua's libraries", function()
    for _, name in ipairs { "os", "io", "require", "print", "string", "_G" } do
      local _, value = read("return { " .. name .. " == nil }")
      assert.same({ true }, value)
    end
  end)

  it("ends if it runs for too long", function()
    local text, problem = read "while true do end"
    assert.is_nil(text)
    assert.matches("1000000 steps", problem, 1, true)
  end)

  it("fails with the line, and quotes nothing that may be secret", function()
    local text, problem = read "return {\n  secret = 'hunter2' 'x',\n}"
    assert.is_nil(text)
    assert.matches("config.lua:2:", problem, 1, true)
    assert.is_nil(problem:find("hunter2", 1, true))
    text, problem = read "\27Lua"
    assert.is_nil(text)
    assert.matches("bytecode", problem)
  end)
end)
