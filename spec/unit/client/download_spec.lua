-- Links and downloads.

local core = require "mde.core"
local world = require "spec.support.world"

local ROLES = { "Machine.Read.All" }

local function new(options)
  options = options or {}
  options.roles = options.roles or ROLES
  options.package_size = options.package_size or 10000000
  return world.new(options)
end

local function package(service)
  return service:add { type = "CollectInvestigationPackage", status = "Succeeded" }
end

local function content(service, id, part)
  return require "mde.simulator.blob".content(service, id, part or "package")
end

local files = require "spec.support.folder".new()
before_each(files.make)
after_each(files.remove)

describe("links", function()
  it("are unwrapped, and kept as secrets", function()
    local client, service = new()
    local link = assert(client:package_uri(package(service)))
    assert.equal("<secret>", tostring(link))
    assert.matches("^https://[^\"]+sig=[^\"]+$", link:reveal())
    local id = service:add { type = "LiveResponse", status = "Succeeded", commands = {
      { type = "GetFile", params = { { key = "Path", value = "C:\\x" } } } } }
    assert.matches("^https://", assert(client:result_uri(id, 0)):reveal())
    assert.equal("not_found", select(2, client:result_uri(id, 1)).code)
    assert.equal("not_found", select(2, client:package_uri(service:add {})).code)
  end)

  it("are asked for twice a minute at most", function()
    local client, service, clock = new()
    local id, began = package(service), clock.monotonic()
    for _ = 1, 5 do assert(client:package_uri(id)) end
    assert.is_true(clock.monotonic() - began > 120)
    assert.equal(0, service:requests(nil, 429))
  end)

  it("want a whole number for an index, and send nothing for another", function()
    local client, service = new()
    local id = service:add { type = "LiveResponse", status = "Succeeded" }
    for _, index in ipairs { 0.5, -1, 10000, 0 / 0, 1 / 0, "1", "x", {} } do
      local link, err = client:result_uri(id, index)
      assert.is_nil(link)
      assert.equal("invalid_argument", err.code)
      link, err = client:download(id, "/no/such/folder/x", { index = index })
      assert.is_nil(link)
      assert.equal("invalid_argument", err.code)
    end
    assert.equal(0, service:requests())
  end)

  it("are shown to no observer, whatever their form", function()
    local client, service = new()
    local id, answer, seen = package(service), service.answer, {}
    function client.on_request(record)
      for _, value in pairs(record) do seen[#seen + 1] = tostring(value) end
    end
    for _, rest in ipairs { "?sig=hidden", "/x?sig=hidden", "#hidden", "/x#hidden" } do
      function service.answer(self, request)
        if not request.path:find "getPackageUri" then return answer(self, request) end
        return { status = 200, headers = {}, delay = 0,
                 body = ('{"value":"https://x.example%s"}'):format(rest) }
      end
      client:download(id, os.tmpname() .. ".none")
    end
    assert.is_true(#seen > 0)
    assert.is_nil(table.concat(seen, "\n"):find "hidden")
  end)

  it("are refused where they are none", function()
    for _, value in ipairs { '""', '"x"', "7", "null", '"ftp://x/y"', '"http://example.com/x"',
                             '"https://a b/c"' } do
      local client, service = new()
      local id = package(service)
      local answer = service.answer
      function service.answer(self, request)
        if not request.path:find "getPackageUri" then return answer(self, request) end
        return { status = 200, headers = {}, body = '{"value":' .. value .. "}", delay = 0 }
      end
      local link, err = client:package_uri(id)
      assert.is_nil(link)
      assert.equal("bad_answer", err.code)
    end
  end)
end)

describe("client:download", function()
  it("takes an action as it was before it ended, which client:wait leaves as it is", function()
    local client, service = new()
    local action = assert(client:action(service:add { type = "CollectInvestigationPackage",
      age = 0, steps = { { 60, "InProgress" }, { 120, "Succeeded" } } }))
    local _, err = client:download(action, files.path "early")
    assert.matches("is still Pending: there is nothing to download", tostring(err))
    local now = assert(client:wait(action))
    assert.same({ "Pending", "Succeeded" }, { action.status, now.status })
    for i, each in ipairs { action, now } do
      assert.equal(10000000, assert(client:download(each, files.path("file" .. i))).size)
    end
  end)

  it("works after client:wait as the documentation shows it", function()
    local client, service = new { roles = { "Machine.Read.All", "Machine.CollectForensics" } }
    service:add_machine { computerDnsName = "srv-1.contoso.com" }
    local readme = assert(io.open "doc/embedding.md")
    local example = readme:read "*a":match "\n(local action = assert%(client:collect.-)\n```"
    readme:close()
    example = example:gsub('client:download%(action, "triage.zip"%)', "return %0", 1)
      :gsub('"triage.zip"', ("%q"):format(files.path "triage.zip")):gsub("\nclient:machine.*", "")
    local run = assert((loadstring or load)("local client = ...\n" .. example))
    assert.equal(10000000, assert(run(client)).size)
  end)

  it("fetches a package in pieces, and says size and SHA-256", function()
    local client, service = new()
    local id, seen = package(service), {}
    local result = assert(client:download(id, files.path "p.zip", {
      on_progress = function(bytes, total) seen[#seen + 1] = { bytes, total } end }))
    local wanted = content(service, id)
    assert.same({ path = files.path "p.zip", size = 10000000, sha256 = core.sha256(wanted) },
      result)
    assert.is_true(files.read "p.zip" == wanted)
    assert.same({ { 4194304, 10000000 }, { 8388608, 10000000 }, { 10000000, 10000000 } }, seen)
    assert.equal(0, service.leaks)
    assert.equal(1, service:requests "package_uri")
    assert.is_nil(files.read("p.zip." .. id .. ".part"))
  end)

  it("fetches the result of a command", function()
    local client, service = new { package_size = 1000 }
    local commands = {
      { type = "PutFile", params = { { key = "FileName", value = "x" } } },
      { type = "RunScript", params = { { key = "ScriptName", value = "x.ps1" } } },
      { type = "GetFile", params = { { key = "Path", value = "C:\\x" } } } }
    local id = service:add { type = "LiveResponse", status = "Succeeded", commands = commands }
    local _, err = client:download(id, files.path "a")
    assert.matches("has 2 results; say which by its index %(1, 2%)", err.message)
    assert(client:download(id, files.path "a", { index = 2 }))
    assert.is_true(files.read "a" == content(service, id, "2"))
    assert(client:download(id, files.path "b", { index = 1 }))
    assert.matches("Transcript", files.read "b")
    table.remove(commands, 3)
    id = service:add { type = "LiveResponse", status = "Succeeded", commands = commands }
    assert(client:download(id, files.path "c"))
    assert.is_true(files.read "c" == content(service, id, "1"))
  end)

  it("continues where it was cut", function()
    local client, service = new()
    local id = package(service)
    local wanted = content(service, id)
    files.put("p.zip." .. id .. ".part", wanted:sub(1, 9000000))
    local before
    assert(client:download(id, files.path "p.zip", { on_progress = function(bytes)
      before = before or bytes end }))
    assert.is_true(files.read "p.zip" == wanted)
    assert.equal(10000000, before)  -- one piece was left
    files.put("q.zip." .. id .. ".part", wanted)
    assert(client:download(id, files.path "q.zip"))
    assert.is_true(files.read "q.zip" == wanted)
  end)

  it("begins again if the file is another one", function()
    local client, service = new()
    local id = package(service)
    local wanted = content(service, id)
    for name, content_before in pairs { p = ("x"):rep(70000), q = wanted .. "more", r = "x" } do
      files.put(name .. "." .. id .. ".part", content_before)
      assert(client:download(id, files.path(name)))
      assert.is_true(files.read(name) == wanted, name)
    end
  end)

  it("begins again when the file changes meanwhile", function()
    local client, service = new { oddities = { blob_changes = { nth = 2 } } }
    local id = package(service)
    assert(client:download(id, files.path "p"))
    assert.is_true(files.read "p" == content(service, id))
  end)

  it("survives cut pieces, lost answers, no ranges and links that end", function()
    local oddities = {
      { cut_blob = { nth = 2, operation = "download" } },
      { lost_before = { nth = 2, operation = "download" } },
      { bad_gateway = { nth = 3, operation = "download" } },
      { no_ranges = true },
    }
    for i, oddity in ipairs(oddities) do
      local client, service = new { oddities = oddity }
      local id = package(service)
      local ok, err = client:download(id, files.path("p" .. i))
      assert.is_truthy(ok, tostring(err))
      assert.is_true(files.read("p" .. i) == content(service, id), i)
    end
    local client, service, clock = new()
    local id, pieces = package(service), 0
    assert(client:download(id, files.path "slow", { on_progress = function()
      pieces = pieces + 1
      if pieces == 1 then clock.pass(2000) end
    end }))
    assert.is_true(files.read "slow" == content(service, id))
    assert.equal(2, service:requests "package_uri")
  end)

  it("gives up when no link is of any use", function()
    local client, service = new()
    local id, answer = package(service), service.answer
    function service.answer(self, request)
      if request.path:find "^/blob" then
        return { status = 403, headers = {}, body = "", delay = 0 }
      end
      return answer(self, request)
    end
    local ok, err = client:download(id, files.path "p")
    assert.is_nil(ok)
    assert.equal("each of the service's links was refused by the file's host", err.message)
  end)

  it("gives up on a file that changes with each piece", function()
    local client, service = new { oddities = { blob_changes = true } }
    local ok, err = client:download(package(service), files.path "p")
    assert.is_nil(ok)
    assert.equal("the file changes repeatedly during the download", err.message)
  end)

  it("takes an empty file", function()
    local client, service = new { package_size = 0 }
    assert.equal(0, assert(client:download(package(service), files.path "p")).size)
    assert.equal("", files.read "p")
  end)

  it("overwrites nothing, and reports the disk's error", function()
    local client, service = new()
    local id = package(service)
    files.put("there", "mine")
    local _, err = client:download(id, files.path "there")
    assert.matches("there exists; remove it", err.message)
    assert.equal("mine", files.read "there")
    _, err = client:download(id, files.path "nowhere/p")
    assert.equal("file", err.code)
    assert.matches("nowhere/p.*No such file", err.message)
  end)

  it("refuses what leaves no file", function()
    local client, service = new()
    local _, err = client:download(service:add {}, "/no/such/folder/x")
    assert.matches("is Isolate, which leaves no file", err.message)
    _, err = client:download(package(service), "/no/such/folder/x", { index = 1 })
    assert.matches("is a package, which has no index", err.message)
    _, err = client:download(package(service), "")
    assert.equal("download: the path of a file is missing", err.message)
    assert.equal("invalid_argument", select(2, client:download("x", "/no/such/folder/x")).code)
  end)
end)

describe("a download that fails", function()
  it("says what it keeps, and leaves nothing where nothing came", function()
    local client, service = new { oddities = { lost_before = { nth = 1, operation = "download" } } }
    local id, path = package(service), files.path "a"
    local stopped = 0
    function client.stop() return stopped > 0 and "at once" end
    local function on_progress() stopped = stopped + 1 end
    local _, err = client:download(id, path, { on_progress = on_progress })
    assert.equal("interrupted", err.code)
    assert.equal(("%s.%s.part"):format(path, id), err.part)
    assert.is_true(#files.read(("a.%s.part"):format(id)) > 0)
    _, err = client:download(id, files.path "b", { on_progress = on_progress })
    assert.same({ "interrupted", nil }, { err.code, err.part })
    assert.is_nil(files.read(("b.%s.part"):format(id)))
  end)
end)
