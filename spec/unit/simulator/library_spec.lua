-- Tests the simulated live response library.

local cjson = require "cjson"
local core = require "mde.core"
local samples = require "spec.support.samples"
local sim = require "spec.support.sim"

local FORM = "multipart/form-data; boundary=----4711"

-- `fields` are { name, content [, filename] }.
local function form(fields)
  local lines = {}
  for _, field in ipairs(fields) do
    lines[#lines + 1] = "------4711\r\nContent-Disposition: form-data; name=\"" .. field[1] .. '"'
      .. (field[3] and '; filename="' .. field[3] .. '"' or "") .. "\r\n"
      .. (field[3] and "Content-Type: application/octet-stream\r\n" or "") .. "\r\n"
      .. field[2] .. "\r\n"
  end
  return table.concat(lines) .. "------4711--\r\n"
end

local function new(options)
  options = options or {}
  options.roles = options.roles or { "Library.Manage" }
  local asker, service, clock = sim.new(options)
  function asker:upload(fields, kind)
    return self:ask("POST", "/api/libraryfiles", { ["content-type"] = kind or FORM },
      type(fields) == "table" and form(fields) or fields)
  end
  function asker:names()
    local _, body = self:ask("GET", "/api/libraryfiles")
    local names = {}
    for i, file in ipairs(body.value) do names[i] = file.fileName end
    return names, body
  end
  return asker, service, clock
end

describe("the simulated library", function()
  it("accepts a file with any bytes, and lists it in the published form", function()
    local asker, service = new()
    local content = "\0\r\n--x\r\n------471\r\n\255"
    local status, file = asker:upload { { "file", content, "Get It.ps1" },
      { "Description", "finds it" }, { "ParametersDescription", "-Case N" },
      { "HasParameters", "true" } }
    assert.equal(200, status)
    assert.equal(core.sha256(content), file.sha256)
    assert.same({ "Get It.ps1", "finds it", true, "-Case N", service.client_id },
      { file.fileName, file.description, file.hasParameters, file.parametersDescription,
        file.createdBy })
    local names, body = asker:names()
    assert.same({ "Get It.ps1" }, names)
    local published = cjson.decode(samples.read "list-library-files.json").value[1]
    for key, value in pairs(published) do
      if value ~= cjson.null then
        assert.equal(type(value), type(body.value[1][key]), key)
      end
    end
    assert.same({ 1, { true } }, { service:launched("/libraryfiles", "upload") })
  end)

  it("replaces a file only on request", function()
    local asker, service, clock = new()
    service:add_file { name = "a.ps1", content = "old" }
    clock.advance(60)
    local status, body = asker:upload { { "File", "new", "a.ps1" } }
    assert.equal(400, status)
    assert.equal("BadRequest", body.error.code)
    assert.equal("old", service.files["a.ps1"].content)
    local file
    status, file = asker:upload { { "File", "new", "a.ps1" }, { "OverrideIfExists", "true" } }
    assert.equal(200, status)
    assert.equal("2026-01-23T20:00:00Z", file.creationTime)
    assert.equal("2026-01-23T20:01:00Z", file.lastUpdatedTime)
    assert.is_false(file.hasParameters)
    assert.equal(cjson.null, file.description)
  end)

  it("refuses a malformed form, and a large file", function()
    local asker = new()
    local function code(...)
      local status, body = asker:upload(...)
      assert.equal(400, status)
      return body.error.code
    end
    local whole = form { { "file", "x", "a" } }
    assert.equal("InvalidRequestBody", code(whole, "application/json"))
    assert.equal("InvalidRequestBody", code(whole, "multipart/form-data"))
    assert.equal("InvalidRequestBody", code(whole:sub(1, -10)))
    assert.equal("InvalidRequestBody", code "")
    assert.equal("MissingRequiredParameter", code { { "Description", "x" } })
    assert.equal("MissingRequiredParameter", code { { "file", "x" } })
    assert.equal("InvalidInput", code { { "file", ("x"):rep(20 * 1024 * 1024 + 1), "a" } })
    assert.same({}, (asker:names()))
    assert.equal(200, (asker:upload { { "file", ("x"):rep(20 * 1024 * 1024), "a" } }))
  end)

  it("deletes by name, percent-encoded and case-sensitive", function()
    local asker, service = new()
    service:add_file { name = "Get It%.ps1", content = "" }
    local function delete(name) return (asker:ask("DELETE", "/api/libraryfiles/" .. name)) end
    assert.equal(404, delete "get%20it%25.ps1")
    assert.equal(204, delete "Get%20It%25.ps1")
    assert.equal(404, delete "Get%20It%25.ps1")
    assert.same({}, (asker:names()))
    assert.is_truthy(select(3, asker:ask("GET", "/api/libraryfiles")).body:find('"value":[]', 1,
      true))
  end)

  it("requires its permission", function()
    local asker = new { roles = { "Machine.LiveResponse" } }
    assert.equal(403, (asker:ask("GET", "/api/libraryfiles")))
    assert.equal(403, (asker:upload { { "file", "x", "a" } }))
    assert.equal(403, (asker:ask("DELETE", "/api/libraryfiles/a")))
  end)
end)
