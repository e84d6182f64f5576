-- Ids from arguments and files.

require "spec.support.policy"
local files = require "spec.support.folder".new()
local ids = require "mde.program.input.ids"

local A, B = "5382f7ea-7557-4ab7-9782-d50480024a4e", "6382f7ea-7557-4ab7-9782-d50480024a4e"

before_each(files.make)
after_each(files.remove)

local function from_file(text)
  local list = {}
  local handle = assert(io.open(files.put("ids", text), "rb"))
  local ok, raised = pcall(ids.from_file, handle, function(id) list[#list + 1] = id end)
  handle:close()
  return ok and list or nil, not ok and raised or nil
end

describe("ids", function()
  it("from arguments are in lower case", function()
    local list = {}
    ids.from_arguments({ A:upper(), B }, function(id) list[#list + 1] = id end)
    assert.same({ A, B }, list)
    local ok, raised = pcall(ids.from_arguments, { "x" }, function() end)
    assert.is_false(ok)
    assert.matches("^'x' is not the id", tostring(raised))
  end)

  it("from a file are lines, JSON objects and comments", function()
    assert.same({ A, B, A }, from_file("\239\187\191# two\n" .. A .. "  # one\r\n\n"
      .. '{"id":"' .. B:upper() .. '","type":"Isolate"}\n' .. A))
    assert.same({}, from_file "")
  end)

  it("from a file are a column of CSV with any delimiter, by its header", function()
    assert.same({ A, B }, from_file("\239\187\191Name;ID\r\n\"a;b\"; " .. A .. " \r\nc;"
      .. B .. "\r\n"))
    assert.same({ A, B }, from_file('Id\tName\n' .. A .. '\t"a"\n\n"' .. B .. '"\t\n'))
    assert.same({ A }, from_file('NAME,ID\n"a, ""b""",' .. A))
  end)

  it("are refused in UTF-16, without a header, and in a row without one", function()
    for text, expected in pairs {
      ["\255\254i\0d\0\n\0"] = "^the input is in UTF%-16: save it in UTF%-8; nothing was sent$",
      ["Action;Name\r\n"] = "^line 1: 'Action;Name' is not the id of a machine action, such as .*"
        .. " or a header of CSV with a column id; nothing was sent$",
      ["id,name\n,a\n"] = "^line 2: ',a' does not contain the id of a machine action",
    } do
      local none, raised = from_file(text)
      assert.is_nil(none)
      assert.matches(expected, tostring(raised))
    end
  end)

  it("end at a malformed line, with its number", function()
    for _, line in ipairs { "x", "{", "{}", '{"id":7}' } do
      local list, raised = from_file(A .. "\n" .. line .. "\n")
      assert.is_nil(list)
      assert.matches("^line 2: ", tostring(raised))
    end
  end)

  it("may span blocks of the file, but no line is longer than a megabyte", function()
    local list = from_file((A .. "\n"):rep(5000))
    assert.equal(5000, #list)
    local none, raised = from_file(("x"):rep(1200000))
    assert.is_nil(none)
    assert.matches("longer than 1048576 bytes", tostring(raised))
  end)
end)
