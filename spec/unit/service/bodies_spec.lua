-- Compares requests with the documented ones, and reads the documented answers.

local cjson = require "cjson"
local reply = require "mde.simulator.reply"
local samples = require "spec.support.samples"
local world = require "spec.support.world"

local MACHINE, ACTION = ("1e5bc9d7"):rep(5), "5382f7ea-7557-4ab7-9782-d50480024a4e"
local ROLES = { "Machine.Read.All", "Machine.ReadWrite.All", "Machine.Isolate", "Machine.Scan",
                "Machine.RestrictExecution", "Machine.CollectForensics", "Machine.Offboard",
                "Machine.StopAndQuarantine", "Machine.LiveResponse", "Library.Manage" }

-- A client whose posts are kept in `posts`, an array of { path, body }. `answer`, the name
-- of a sample, is what each request but the one for the token is answered with.
local function new(answer)
  local client, service = world.new { roles = ROLES }
  local posts, as_ever = {}, service.answer
  function service:answer(request)
    if request.path:find "/oauth2/" then return as_ever(self, request) end
    if request.method == "POST" then
      posts[#posts + 1] = { path = request.path, body = cjson.decode(request.body),
                            kind = request.headers["content-type"] }
    end
    if not answer then return as_ever(self, request) end
    local made = reply.json(200, samples.read(answer))
    made.delay = 0
    return made
  end
  return client, posts, service
end

local function sample(name)
  return cjson.decode(samples.read(name .. "-request.json"))
end

-- Operation -> its sample, the end of its path, and the option that a field of the sample
-- is beside the comment.
local LAUNCHES = {
  isolate = { "isolate", "isolate", type = "IsolationType" },
  unisolate = { "unisolate", "unisolate" },
  restrict = { "restrict", "restrictCodeExecution" },
  unrestrict = { "unrestrict", "unrestrictCodeExecution" },
  scan = { "run-antivirus-scan", "runAntiVirusScan", type = "ScanType" },
  collect = { "collect-package", "collectInvestigationPackage" },
  offboard = { "offboard", "offboard" },
  quarantine = { "stop-and-quarantine", "StopAndQuarantineFile", sha1 = "Sha1" },
  live_response = { "run-live-response", "runliveresponse", commands = "Commands" },
}

describe("the body of a request", function()
  for operation, documented in pairs(LAUNCHES) do
    it("is the documented one: " .. operation, function()
      local client, posts, service = new()
      local machine = service:add_machine { lastSeen = service:now() }
      local expected = sample(documented[1])
      local options = { comment = expected.Comment }
      for _, name in ipairs { "type", "sha1", "commands" } do
        if documented[name] then options[name] = expected[documented[name]] end
      end
      assert(client[operation](client, machine, options))
      assert.equal(1, #posts)
      assert.same(expected, posts[1].body)
      assert.equal(("/api/machines/%s/%s"):format(machine, documented[2]):lower(),
        posts[1].path:lower())
      assert.equal("application/json", posts[1].kind)
    end)
  end

  it("is the documented one for commands in the short form too", function()
    local client, posts, service = new()
    local machine = service:add_machine { lastSeen = service:now() }
    assert(client:live_response(machine, { comment = "Testing Live Response API", commands = {
      { run = "minidump.ps1", args = "OfficeClickToRun" },
      { get = "C:\\windows\\TEMP\\OfficeClickToRun.dmp.zip" },
    } }))
    assert.same(sample "run-live-response", posts[1].body)
  end)

  it("is the documented one: cancel", function()
    local client, posts, service = new()
    local id = service:add {}
    local expected = sample "cancel"
    assert(client:cancel(id, { comment = expected.Comment }))
    assert.same({ { path = "/api/machineactions/" .. id .. "/cancel", body = expected,
                    kind = "application/json" } }, posts)
  end)

  it("is the documented one: a tag of one machine", function()
    local client, posts, service = new()
    local expected, machine = sample "machine-tag", service:add_machine {}
    assert(client:tag(machine, expected.Value))
    assert(client:untag(machine, expected.Value))
    assert.same(expected, posts[1].body)
    expected.Action = "Remove"
    assert.same(expected, posts[2].body)
    assert.equal("/api/machines/" .. machine .. "/tags", posts[1].path)
  end)

  it("is the documented one: a tag of many machines", function()
    local client, posts, service = new()
    local expected = sample "machine-tags-bulk"
    for _, id in ipairs(expected.MachineIds) do service:add_machine { id = id } end
    assert(client:tag(expected.MachineIds, expected.Value))
    assert.same(expected, posts[1].body)
    assert.equal("/api/machines/addorremovetagformultiplemachines", posts[1].path:lower())
  end)

  it("is the documented one: the value of a device", function()
    local client, posts, service = new()
    local expected, machine = sample "set-device-value", service:add_machine {}
    assert(client:set_device_value(machine, expected.DeviceValue))
    assert.same(expected, posts[1].body)
    assert.equal("/api/machines/" .. machine .. "/setdevicevalue", posts[1].path:lower())
  end)

  it("is checked for each sample of a request", function()
    assert.equal(13, #samples.names "%-request%.json$")  -- as many as there are here
  end)
end)

describe("the documented answer", function()
  -- The value at a key of what a sample says.
  local function documented(name, key)
    return cjson.decode(samples.read(name))[key]
  end

  it("is read: links, of which one is quoted twice", function()
    local link = assert(new "get-package-uri.json":package_uri(ACTION)):reveal()
    assert.equal(documented("get-package-uri.json", "value"), '"' .. link .. '"')
    link = assert(new "live-response-download-link.json":result_uri(ACTION, 0)):reveal()
    assert.equal(documented("live-response-download-link.json", "value"), link)
  end)

  it("is read: the library", function()
    local files = assert(new "list-library-files.json":library())
    local expected = documented("list-library-files.json", "value")
    assert.equal(#expected, #files)
    for i, file in ipairs(expected) do
      assert.same({ file.fileName, file.sha256, file.hasParameters },
        { files[i].fileName, files[i].sha256, files[i].hasParameters })
    end
    assert.is_nil(files[1].description)  -- null
  end)

  it("is read: a live response that was launched", function()
    local client, posts = new "run-live-response-response.json"
    local action = assert(client:live_response(MACHINE, {
      comment = "Testing Live Response API", commands = { { run = "minidump.ps1" } } }))
    assert.same({ "LiveResponse", "Pending", "RunScript", 1 },
      { action.type, action.status, action.commands[1].command.type, #posts })
  end)

  it("is read: machines", function()
    local one = assert(new "get-machine.json":machine(documented("get-machine.json", "id")))
    assert.same({ "mymachine1.contoso.com", true },
      { one.computerDnsName, one:tagged "Test Tag 2" })
    local expected = documented("list-machines.json", "value")
    local machines = assert(new "list-machines.json":list_machines { limit = #expected })
    assert.equal(#expected, #machines)
    assert.equal(expected[1].id, machines[1].id)
  end)
end)
