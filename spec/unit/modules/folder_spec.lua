-- Tests file.make_folder of mde.file.

local file = require "mde.file"
local files = require "spec.support.folder".new()

local ENOENT, ENOTDIR = 2, 20

local function fails(number, result, message, got)
  assert.is_nil(result)
  assert.equal("string", type(message))
  assert.equal(number, got)
end

describe("file.make_folder", function()
  before_each(files.make)
  after_each(files.remove)

  it("makes missing folders, only for the owner", function()
    local folder = files.path "here"
    os.execute("mkdir " .. folder)
    os.execute("chmod 755 " .. folder)
    assert.is_true(file.make_folder(folder .. "/a//b/c"))
    for _, path in ipairs { "/a", "/a/b", "/a/b/c" } do
      assert.equal(tonumber("700", 8), file.mode(folder .. path))
    end
    assert.equal(tonumber("755", 8), file.mode(folder))
  end)

  it("accepts an existing folder, also through a link and with a final slash", function()
    local folder = files.path "here"
    os.execute("mkdir " .. folder)
    assert.is_true(file.make_folder(folder))
    assert.is_true(file.make_folder(folder .. "/"))
    assert.is_true(file.make_folder "/")
    assert.is_true(file.make_folder ".")
    os.execute(("ln -s %s %s/link"):format(folder, folder))
    assert.is_true(file.make_folder(folder .. "/link"))
    assert.is_true(file.make_folder(folder .. "/link/new/"))
    assert.is_number(file.mode(folder .. "/new"))
  end)

  it("reports errors", function()
    local folder = files.path "here"
    os.execute("mkdir " .. folder)
    files.put("here/plain", "")
    fails(ENOTDIR, file.make_folder(folder .. "/plain"))
    fails(ENOTDIR, file.make_folder(folder .. "/plain/a"))
    fails(ENOENT, file.make_folder "")
    local _, message = file.make_folder(folder .. "/plain/a/b")
    assert.equal(folder .. "/plain: Not a directory", message)
    assert.error_matches(file.make_folder, "string expected")
  end)
end)
