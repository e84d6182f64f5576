-- Replacing files atomically.

local file = require "mde.file"
local folder = require "spec.support.folder".new()

-- Runs a shell script in the folder.
local function sh(script)
  assert(os.execute(("cd '%s' && %s"):format(folder.path "", script)))
end

describe("the place of a file", function()
  before_each(folder.make)
  after_each(folder.remove)

  it("is nothing, a file, a link, a folder, or something else", function()
    sh(": >file && ln -s file link && mkdir folder && mkfifo fifo")
    for name, kind in pairs { file = "file", link = "link", folder = "folder", fifo = "other" } do
      assert.equal(kind, file.kind(folder.path(name)))
    end
    assert.is_nil(file.kind(folder.path "nothing"))
  end)

  it("gets a complete new file that replaces the older one", function()
    local path = folder.path "file"
    for _, text in ipairs { "", "one", ("two"):rep(100000) .. "\0\n" } do
      assert.is_true(file.replace(path, text))
      assert.equal(text, folder.read "file")
    end
    sh("test \"$(ls)\" = file")
  end)

  it("keeps anything but a file, and follows no link", function()
    sh("echo mine >file && ln -s file link && mkdir folder && mkfifo fifo")
    for _, name in ipairs { "link", "folder", "fifo" } do
      local done, problem = file.replace(folder.path(name), "text")
      assert.same({ nil, folder.path(name) .. ": exists, and is not a regular file" },
        { done, problem })
    end
    assert.equal("mine\n", folder.read "file")
    sh("test -h link && test -p fifo && test -d folder")
  end)

  it("is not written through a link in place of the new file", function()
    local path = folder.path "file"
    sh("echo mine >other && ln -s other file.$PPID.new")
    assert.is_true(file.replace(path, "text"))
    assert.same({ "text", "mine\n" }, { folder.read "file", folder.read "other" })
  end)

  it("reports the error if it can't be written", function()
    local done, problem, number = file.replace(folder.path "nowhere/file", "text")
    assert.same({ nil, folder.path "nowhere/file" .. ": No such file or directory", 2 },
      { done, problem, number })
  end)
end)
