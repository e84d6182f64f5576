-- The library of live response.

local core = require "mde.core"
local world = require "spec.support.world"

local function new(options)
  options = options or {}
  options.roles = { "Library.Manage" }
  return world.new(options)
end

local function file_with(content, f)
  local path = os.tmpname()
  local file = assert(io.open(path, "wb"))
  file:write(content)
  file:close()
  local results = { pcall(f, path) }
  os.remove(path)
  if not results[1] then error(results[2], 0) end
end

describe("the library of live response", function()
  it("takes a file, lists it, and gives it up", function()
    local client, service = new()
    local content = "#!ps\r\n--mde-\0\255" .. ("x"):rep(100000)
    file_with(content, function(path)
      local file = assert(client:upload(path, { name = "triage 1.ps1", description = "Triage",
                                                parameters = "-Case N" }))
      assert.equal("triage 1.ps1", file.fileName)
      local list = assert(client:library())
      assert.equal(1, #list)
      assert.same({ "triage 1.ps1", core.sha256(content), "Triage", true, "-Case N" },
        { list[1].fileName, list[1].sha256, list[1].description, list[1].hasParameters,
          list[1].parametersDescription })
      assert.is_true(client:delete_file "triage 1.ps1")
      assert.same({}, client:library())
      assert.equal("not_found", select(2, client:delete_file "triage 1.ps1").code)
      assert.equal(1, service:requests "upload")
    end)
  end)

  it("refuses options of another kind, and sends nothing", function()
    local client, service = new()
    file_with("one", function(path)
      for _, options in ipairs { { name = 7 }, { description = true }, { description = 7 },
                                 { parameters = true } } do
        local file, err = client:upload(path, options)
        assert.is_nil(file)
        assert.equal("invalid_argument", err.code)
      end
    end)
    local done, err = client:delete_file(7)
    assert.is_nil(done)
    assert.equal("invalid_argument", err.code)
    assert.equal(0, service:requests())
  end)

  it("is read again if the answer was cut", function()
    local client, service = new { oddities = { cut_json = { nth = 1, operation = "library" } } }
    assert.same({}, client:library())
    assert.equal(2, service:requests "library")
  end)

  it("is read if the answer to an upload or a deletion is unclear", function()
    for oddity, reads in pairs { bad_gateway = 2, cut_json = 1, lost_after = 2 } do
      local client, service = new { oddities = { [oddity] = { operation = "changes" } } }
      file_with("one", function(path)
        local file = assert(client:upload(path, { name = "a.ps1" }))
        assert.equal(core.sha256 "one", file.sha256)
        assert.is_true(client:delete_file "a.ps1")
        assert.same({ 1, 1, reads }, { service:requests "upload", service:requests "delete_file",
                                   service:requests "library" }, oddity)
      end)
    end
  end)

  it("is sent the file again if it has not arrived, at most five times", function()
    local client, service = new { oddities = { lost_before = { operation = "upload" } } }
    file_with("one", function(path)
      local file, err = client:upload(path, { name = "a.ps1" })
      assert.is_nil(file)
      assert.same({ "lost", true, 5 }, { err.code, err.sent, service:requests "upload" })
    end)
  end)

  it("keeps a file that is there, unless told otherwise", function()
    local client = new()
    file_with("one", function(path)
      assert(client:upload(path, { name = "a.ps1" }))
      local file, err = client:upload(path, { name = "a.ps1" })
      assert.is_nil(file)
      assert.equal("bad_request", err.code)
      assert(client:upload(path, { name = "a.ps1", overwrite = true }))
    end)
  end)

  it("refuses what is malformed, and sends nothing", function()
    local client, service = new()
    file_with("x", function(path)
      for _, wrong in ipairs { { nil }, { "/no/such/file" }, { path, { name = "a/b" } },
                               { path, { name = ".." } }, { path, { name = "" } } } do
        local file, err = client:upload(wrong[1], wrong[2])
        assert.is_nil(file)
        assert.equal("invalid_argument", err.code)
      end
    end)
    file_with("", function(path)
      assert.matches("the file is empty", select(2, client:upload(path, { name = "x" })).message)
    end)
    file_with(("x"):rep(20 * 1048576 + 1), function(path)
      assert.matches("larger than 20 MiB", select(2, client:upload(path, { name = "x" })).message)
    end)
    assert.equal("invalid_argument", select(2, client:delete_file "a/b").code)
    assert.equal(0, service:requests())
  end)
end)
