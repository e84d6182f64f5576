-- mde.file: files and folders that must be this user's own.

local file = require "mde.file"
local files = require "spec.support.folder".new()

local EPERM = 1
local is_root = io.popen("id -u"):read() == "0"

-- Runs f(path) for a file and a folder that each belong to another user.
local function as_foreign(f)
  for _, make in ipairs { "touch", "mkdir" } do
    local path = files.path(make)
    os.execute(("%s %s && chown nobody %s"):format(make, path, path))
    f(path, make == "mkdir")
  end
end

describe("a file that must be ours", function()
  before_each(files.make)
  after_each(files.remove)

  it("is refused if others can write it", function()
    for mode, is_ours in pairs { ["700"] = true, ["755"] = true, ["775"] = false,
                                 ["757"] = false, ["1777"] = false } do
      local path = files.path(mode)
      os.execute(("mkdir %s && touch %s/file && chmod %s %s %s/file"):format(path, path, mode,
        path, path))
      for _, result in ipairs { { file.make_folder(path) }, { file.log(path .. "/file") },
                                { file.lock(path .. "/file") },
                                { file.check(io.open(path .. "/file"), path) } } do
        if is_ours then assert.is_truthy(result[1], result[2])
        else
          assert.same({ nil, EPERM }, { result[1], result[3] })
          assert.truthy(result[2]:find("others can write", 1, true), result[2])
          assert.truthy(result[2]:find(("(mode %s): chmod go-w it"):format(mode:sub(-3)), 1, true))
        end
      end
      assert.is_truthy(file.log(path .. "/file", "read"))
    end
  end)

  it("may be a pipe or a device, and may be root's", function()
    for _, path in ipairs { "/dev/null", "/etc/passwd" } do
      assert.is_true(file.check(io.open(path), path))
    end
    local pipe = io.popen "true"
    assert.is_true(file.check(pipe, "pipe"))
    pipe:close()
    assert.error_matches(function() file.check(7, "x") end, "FILE")
  end)

  it("is refused if it belongs to another user #root", function()
    if not is_root then return pending "only root can give a file to another user" end
    as_foreign(function(path, is_folder)
      local results = is_folder and { { file.make_folder(path) } }
        or { { file.log(path) }, { file.lock(path) }, { file.check(io.open(path), path) } }
      for _, result in ipairs(results) do
        assert.same({ nil, EPERM }, { result[1], result[3] })
        assert.equal(path .. " belongs to nobody, and this process to root: run it as nobody"
          .. " (without sudo), or change the owner", result[2])
      end
    end)
  end)
end)

describe("file.make_temporary_folder", function()
  it("makes a new folder for each call, only for the owner", function()
    local one, other = file.make_temporary_folder(), file.make_temporary_folder()
    assert.not_equal(one, other)
    for _, path in ipairs { one, other } do
      assert.equal(tonumber("700", 8), file.mode(path))
      os.remove(path)
    end
  end)
end)
