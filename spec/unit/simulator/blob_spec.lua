-- Tests links to packages and results, and their download.

local cjson = require "cjson"
local clocks = require "mde.simulator.clock"
local exchange = require "spec.support.exchange"
local engines = require "mde.simulator.engine"
local samples = require "spec.support.samples"
local sim = require "spec.support.sim"

-- -> asker with fetch(link, headers), service, clock
local function new(options)
  options = options or {}
  options.quota = false
  local asker, service, clock = sim.new(options)
  function asker:fetch(link, headers)
    return self.service:answer { method = "GET", path = link:match "^https?://[^/]+(/.*)$",
                                 headers = headers or {}, body = "" }
  end
  function asker:package(id)
    local status, body = self:ask("GET", "/api/machineactions/" .. id .. "/getPackageUri")
    return status == 200 and body.value:match '^"(.*)"$' or body.error.code, body
  end
  function asker:result(id, index)
    local status, body = self:ask("GET", ("/api/machineactions/%s/"
      .. "GetLiveResponseResultDownloadLink(index=%s)"):format(id, index))
    return status == 200 and body.value or body.error.code
  end
  return asker, service, clock
end

local function collect(service, status)
  return service:add { type = "CollectInvestigationPackage", status = status or "Succeeded" }
end

describe("the link to a simulated package", function()
  it("exists once the action succeeded, in extra quotation marks", function()
    local asker, service, clock = new()
    local id = service:add { type = "CollectInvestigationPackage", age = 0,
                             steps = { { 10, "InProgress" }, { 20, "Succeeded" } } }
    assert.equal("ResourceNotFound", (asker:package(id)))
    clock.advance(20)
    local link, body = asker:package(id)
    assert.is_truthy(link:find(
      "^https://api%.security%.microsoft%.com/blob/" .. id:gsub("%-", "%%-") .. "/"))
    assert.is_truthy(link:find "[?&]sig=%x+%%2B%%2F%x+%%3D$")
    assert.is_truthy(link:find("se=2026-01-23T20%3A30%3A20Z", 1, true))
    local published = cjson.decode(samples.read "get-package-uri.json")
    assert.equal('"', published.value:sub(1, 1))
    assert.equal(published["@odata.context"], body["@odata.context"])
    assert.equal("ResourceNotFound", (asker:package(service:add { status = "Succeeded" })))
    assert.equal("ResourceNotFound", (asker:package(collect(service, "Failed"))))
    assert.equal("ResourceNotFound", (asker:package "nothing"))
  end)

  it("is valid for half an hour, and only for its path", function()
    local asker, service, clock = new()
    local id, other = collect(service), collect(service)
    local link = asker:package(id)
    local function refused(text)
      local answer = asker:fetch(text)
      assert.equal(403, answer.status)
      assert.is_truthy(answer.body:find("<Code>AuthenticationFailed</Code>", 1, true))
    end
    refused((link:gsub(id:gsub("%-", "%%-"), other)))
    refused((link:gsub("sig=..", "sig=00")))
    refused((link:gsub("%?.*", "")))
    assert.equal(200, asker:fetch(link).status)
    clock.advance(1799.5)
    assert.equal(200, asker:fetch(link).status)
    clock.advance(0.5)
    refused(link)
    assert.equal(200, asker:fetch((asker:package(id))).status)
    assert.equal(3, service:requests("download", 200))
    assert.equal(4, service:requests("download", 403))
  end)

  it("points to another host on request", function()
    local asker, service = new { oddities = { sas_host = "https://storage.example" } }
    local link = asker:package(collect(service))
    assert.is_truthy(link:find "^https://storage%.example/blob/")
    assert.equal(200, asker:fetch(link).status)
  end)
end)

describe("a simulated package", function()
  it("has the requested size, and is the same for the same action", function()
    local asker, service = new { package_size = 200000 }
    local id, other = collect(service), collect(service)
    local whole = service:content(id, "package")
    assert.equal(200000, #whole)
    assert.equal(whole, service:content(id, "package"))
    assert.not_equal(whole, service:content(other, "package"))
    local answer = asker:fetch((asker:package(id)))
    assert.equal(200000, answer.length)
    assert.is_true(#answer.body < 100000)  -- it is repeated on its way
    assert.equal("bytes", answer.headers["accept-ranges"])
    assert.is_truthy(answer.headers.etag:find '^"0x%x+"$')
  end)

  it("can be huge", function()
    local asker, service = new { package_size = 2 ^ 33 }
    local answer = asker:fetch((asker:package(collect(service))),
      { range = "bytes=8589934590-" })
    assert.equal(206, answer.status)
    assert.equal(2, #answer.body)
    assert.equal("bytes 8589934590-8589934591/8589934592", answer.headers["content-range"])
  end)

  it("is sent in ranges", function()
    local asker, service = new { package_size = 150000 }
    local id = collect(service)
    local whole, link = service:content(id, "package"), asker:package(id)
    for _, part in ipairs { { 0, 0 }, { 0, 65536 }, { 65530, 65540 }, { 149999, 149999 },
                            { 70000, 150000 }, { 1, 80000 } } do
      local answer = asker:fetch(link, { range = ("bytes=%d-%d"):format(part[1], part[2]) })
      local last = math.min(part[2], 149999)
      assert.equal(206, answer.status)
      assert.equal(("bytes %d-%d/150000"):format(part[1], last), answer.headers["content-range"])
      assert.equal(last - part[1] + 1, answer.length)
      local body = answer.body
      while #body < answer.length do body = body .. answer.body end
      assert.is_true(body:sub(1, answer.length) == whole:sub(part[1] + 1, last + 1))
    end
    local beyond = asker:fetch(link, { range = "bytes=150000-" })
    assert.equal(416, beyond.status)
    assert.equal("bytes */150000", beyond.headers["content-range"])
    assert.equal(200, asker:fetch(link, { range = "bytes=-5" }).status)
  end)

  it("obeys If-Match and If-Range", function()
    local asker, service = new { oddities = { blob_changes = { nth = 3 } } }
    local id = collect(service)
    local link = asker:package(id)
    local etag = asker:fetch(link).headers.etag
    local function part(headers)
      headers.range = "bytes=10-19"
      return asker:fetch(link, headers).status
    end
    assert.equal(206, part { ["if-range"] = etag, ["if-match"] = etag })
    assert.equal(412, part { ["if-match"] = etag })  -- it is another one by now
    assert.equal(200, part { ["if-range"] = etag })
    assert.equal(206, part { ["if-match"] = "*" })
    assert.not_equal(etag, asker:fetch(link).headers.etag)
  end)

  it("refuses and counts a request with a token", function()
    local asker, service = new()
    local link = asker:package(collect(service))
    local answer = asker:fetch(link, { authorization = "Bearer " .. asker.token })
    assert.equal(400, answer.status)
    assert.equal("InvalidAuthenticationInfo", answer.headers["x-ms-error-code"])
    assert.equal(1, service.leaks)
    asker:fetch(link)
    assert.equal(1, service.leaks)
  end)

  it("may be sent whole instead of a range, or break off", function()
    local asker, service = new { oddities = { no_ranges = { nth = 1 }, cut_blob = { nth = 2 } } }
    local link = asker:package(collect(service))
    local answer = asker:fetch(link, { range = "bytes=5-9" })
    assert.equal(200, answer.status)
    assert.is_nil(answer.headers["accept-ranges"])
    assert.is_nil(answer.headers["content-range"])
    assert.equal(50000, asker:fetch(link).cut)
    assert.is_nil(asker:fetch(link).cut)
  end)
end)

describe("the results of a simulated live response", function()
  local COMMANDS = { { type = "PutFile", params = { { key = "FileName", value = "a" } } },
    { type = "RunScript", params = { { key = "ScriptName", value = "minidump.ps1" } } },
    { type = "GetFile", params = { { key = "Path", value = "C:\\a" } } } }

  it("are a transcript and a file, by links", function()
    local asker, service = new { package_size = 1000 }
    local id = service:add { type = "LiveResponse", status = "Succeeded", commands = COMMANDS }
    local script = asker:fetch((asker:result(id, 1)))
    local published = cjson.decode(samples.read "live-response-transcript.json")
    local transcript = cjson.decode(script.body)
    for key, value in pairs(published) do
      assert.equal(type(value), type(transcript[key]), key)
    end
    assert.equal("minidump.ps1", transcript.script_name)
    assert.is_truthy(transcript.script_output:find("\0", 1, true))
    assert.equal(service:content(id, 1), script.body)
    local file = asker:fetch((asker:result(id, 2)))
    assert.equal(service:content(id, 2), file.body)
    assert.equal(1000, #file.body)
    assert.equal("ResourceNotFound", asker:result(id, 0))
    assert.equal("ResourceNotFound", asker:result(id, 3))
    assert.equal("NotFound", asker:result(id, -1))
    assert.equal("ResourceNotFound", asker:result("nothing", 0))
  end)

  it("exist only after the end, also if the cancel was too late", function()
    local asker, service = new { oddities = { commands_completed = true } }
    local id = service:add { type = "LiveResponse", commands = COMMANDS }
    assert.equal("ResourceNotFound", asker:result(id, 1))
    assert.equal("ResourceNotFound", asker:result(service:add { type = "LiveResponse",
      status = "Failed", commands = COMMANDS }, 1))
    asker.token = service:token { "Machine.Isolate", "Machine.Read.All" }
    asker:cancel(id)
    assert.is_truthy(asker:result(id, 1):find "^https://")
  end)
end)

describe("a download over the simulated engine", function()
  it("is complete, or lost if it breaks off", function()
    local clock = clocks.new()
    local asker, service = new { clock = clock, package_size = 300000,
                                 oddities = { cut_blob = { nth = 2 } } }
    local engine, id = engines.new(service), collect(service)
    local link = asker:package(id)
    local function fetch()
      local request = assert(engine:start({ url = link }, exchange.owner()))
      local response, err
      repeat
        engine:poll(1)
        response, err = engine:take(request)
      until response ~= false
      return response, err
    end
    local response = fetch()
    assert.equal("300000", response.headers["content-length"])
    assert.is_true(response.body == service:content(id, "package"))
    local none, err = fetch()
    assert.is_nil(none)
    assert.equal("lost", err.code)
    assert.is_true(err.sent)
  end)
end)
