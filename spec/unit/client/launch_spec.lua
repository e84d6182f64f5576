-- Launching actions, and launches whose answers are lost.

local world = require "spec.support.world"

local ROLES = { "Machine.Read.All", "Machine.Isolate", "Machine.RestrictExecution", "Machine.Scan",
                "Machine.CollectForensics", "Machine.Offboard", "Machine.StopAndQuarantine",
                "Machine.LiveResponse" }

local SHA1 = "87662bc3d60e4200ceaf7aae249d1c343f4b83c9"
local COMMANDS = { { run = "triage.ps1", args = "-Case 7" }, { get = "C:\\Temp\\triage.zip" } }

-- A client and a machine that the service knows.
local function new(options)
  options = options or {}
  options.roles = options.roles or ROLES
  local client, service, clock, engine = world.new(options)
  return client, service, service:add_machine { lastSeen = service:now() - 60 }, clock, engine
end

-- Operation -> the type of action that comes of it, and what it needs.
local KINDS = {
  isolate = { "Isolate" }, unisolate = { "Unisolate" }, restrict = { "RestrictCodeExecution" },
  unrestrict = { "UnrestrictCodeExecution" }, scan = { "RunAntiVirusScan" },
  collect = { "CollectInvestigationPackage" }, offboard = { "Offboard" },
  quarantine = { "StopAndQuarantineFile", { sha1 = SHA1 } },
  live_response = { "LiveResponse", { commands = COMMANDS } },
}

local function options_of(kind)
  local options = { comment = "INC0048211" }
  for key, value in pairs(KINDS[kind] and KINDS[kind][2] or {}) do options[key] = value end
  return options
end

describe("launching", function()
  it("makes one action of each kind, with the comment", function()
    for name, kind in pairs(KINDS) do
      local client, service, machine = new()
      local action, err = client[name](client, machine, options_of(name))
      assert.is_nil(err)
      assert.same({ kind[1], "INC0048211", nil },
        { action.type, action.requestorComment, action.existing })
      assert.equal(1, service:launched(machine, name), name)
      assert.equal(2, service:requests(), name)  -- the token, the launch
    end
  end)

  it("has scopes, with the documented defaults", function()
    local client, service, machine = new()
    local other = service:add_machine { lastSeen = service:now() }
    local function scope(action) return service.by_id[action.id].scope end
    assert.equal("Full", scope(client:isolate(machine, { comment = "x" })))
    assert.equal("Selective", scope(client:isolate(other, { comment = "x", type = "Selective" })))
    assert.equal("Quick", scope(client:scan(machine, { comment = "x" })))
    assert.equal("Full", scope(client:scan(other, { comment = "x", type = "Full" })))
  end)

  it("takes an action on the machine, and what lists give", function()
    local client, service, machine = new()
    local id = service:add { machine_id = machine, status = "Succeeded" }
    local action = client:action(id)
    assert.equal(machine, client:isolate(action, { comment = "x" }).machineId)
    assert.equal(machine, client:scan({ id = machine }, { comment = "x" }).machineId)
    assert.equal(machine, client:collect({ machine_id = machine }, { comment = "x" }).machineId)
  end)

  it("sends nothing when something is malformed", function()
    local client, service, machine = new()
    local function refused(pattern, name, target, options)
      local action, err = client[name](client, target, options)
      assert.is_nil(action)
      assert.equal("invalid_argument", err.code)
      assert.is_truthy(err.message:find(pattern, 1, true), err.message)
    end
    refused("comment is missing", "isolate", machine, {})
    refused("comment is missing", "isolate", machine, { comment = 7 })
    refused("is blank", "isolate", machine, { comment = " " })
    refused("'full' is not one of Full, Selective", "isolate", machine,
      { comment = "x", type = "full" })
    refused("type must be text, not a number", "scan", machine, { comment = "x", type = 1 })
    refused("sha1 is missing", "quarantine", machine, { comment = "x" })
    refused("'abc' is not a SHA-1", "quarantine", machine, { comment = "x", sha1 = "abc" })
    refused("commands are missing", "live_response", machine, { comment = "x" })
    refused("not a number", "isolate", 7, { comment = "x" })
    refused("not a nil", "isolate", nil, { comment = "x" })
    refused("has no machine", "isolate", { status = "Pending" }, { comment = "x" })
    assert.equal(0, service:requests())
  end)

  it("does not look a name up when something else is malformed", function()
    local client, service = new()
    local _, err = client:isolate("srv-1.contoso.com", { comment = " " })
    assert.equal("invalid_argument", err.code)
    _, err = client:isolate("srv-1.contoso.com", { comment = "x", type = "full" })
    assert.equal("invalid_argument", err.code)
    assert.equal(0, service:requests())
  end)

  it("raises on an unknown option, at the caller", function()
    local client, _, machine = new()
    for _, wrong in ipairs {
      function() client:isolate(machine, { comment = "x", scope = "Full" }) end,
      function() client:collect(machine, { comment = "x", type = "Full" }) end,
    } do
      local ok, message = pcall(wrong)
      assert.is_false(ok)
      assert.matches("launch_spec.lua:%d+: .*unknown option", message)
    end
  end)
end)

describe("a live response", function()
  local live_response = require "mde.service.live_response"

  it("has commands in a short form, or as the service writes them", function()
    assert.same({
      { type = "PutFile", params = { { key = "FileName", value = "tool.exe" } } },
      { type = "RunScript", params = { { key = "ScriptName", value = "a.ps1" },
                                       { key = "Args", value = "-x" } } },
      { type = "GetFile", params = { { key = "Path", value = "C:\\x" } } },
    }, live_response.commands { { put = "tool.exe" },
      { type = "RunScript", params = { { key = "ScriptName", value = "a.ps1" },
                                       { key = "Args", value = "-x" } } }, { get = "C:\\x" } })
  end)

  it("refuses commands that the service would", function()
    local function refused(pattern, commands)
      local _, err = live_response.commands(commands)
      assert.is_truthy(err.message:find(pattern, 1, true), err.message)
    end
    refused("commands are missing", {})
    refused("commands are missing", "x")
    refused("command 1: put, run or get is missing", { {} })
    refused("command 1: unknown key 'script'", { { script = "x" } })
    refused("command 2: RunScript comes after GetFile", { { get = "x" }, { run = "x" } })
    refused("command 1: args go with run only", { { put = "x", args = "y" } })
    refused("command 1: args must be text", { { run = "x", args = {} } })
    refused("command 1: run must be text", { { run = " " } })
    refused("command 1: type 'Reboot' is not PutFile, RunScript or GetFile",
      { { type = "Reboot" } })
    refused("command 1: params is missing", { { type = "GetFile" } })
    refused("command 1: each of params needs", { { type = "GetFile", params = { {} } } })
    refused("command 1: must be a table, not a string", { "x" })
    refused("command 1: put and run: each command is one of put, run and get",
      { { put = "a", run = "b" } })
    refused("command 1: type and get", { { type = "GetFile", get = "x",
                                           params = { { key = "Path", value = "x" } } } })
    refused("a command is missing before number 3", { { run = "a" }, nil, { get = "b" } })
    refused("without the key 'get'", { { run = "a" }, get = "b" })
  end)
end)

describe("what was launched before", function()
  it("is given as existing", function()
    local client, service, machine = new { oddities = { duplicate_as = "existing" } }
    local first = client:isolate(machine, { comment = "x" })
    local id = service:add { machine_id = machine, type = "RunAntiVirusScan", age = 600,
                             comment = "x" }
    local second = client:isolate(machine, { comment = "another reason" })
    assert.same({ first.id, true }, { second.id, second.existing })
    local scan = client:scan(machine, { comment = "x" })
    assert.same({ id, true }, { scan.id, scan.existing })  -- the same words, but older
  end)

  it("is reported as existing if its scope is another, however young it is", function()
    local client, _, machine = new { oddities = { duplicate_as = "existing" } }
    assert(client:isolate(machine, { comment = "x" }))
    assert.is_true(client:isolate(machine, { comment = "x", type = "Selective" }).existing)
  end)

  it("is named if the service refuses", function()
    local client, _, machine = new { oddities = { duplicate_as = "error" } }
    local first = client:isolate(machine, { comment = "x" })
    local second, err = client:isolate(machine, { comment = "x" })
    assert.is_nil(second)
    assert.same({ "bad_request", "ActiveRequestAlreadyExists", first.id },
      { err.code, err.service_code, err.active_action_id })
  end)
end)

describe("a launch whose answer is lost", function()
  -- The oddity of the first launch, and how many launches the service then sees.
  local LOST = { lost_after = 1, lost_before = 2, bad_gateway = 1, internal_error = 2, late = 1,
                 cut_json = 1 }

  it("is looked for before anything is sent again, whatever was launched", function()
    for oddity, posts in pairs(LOST) do
      for name in pairs(KINDS) do
        local client, service, machine = new {
          oddities = { [oddity] = { nth = 1, operation = name }, list_lags = 3 } }
        local action, err = client[name](client, machine, options_of(name))
        assert.is_nil(err)
        assert.is_nil(action.existing, oddity .. " " .. name)
        assert.equal(1, service:launched(machine, name), oddity .. " " .. name)
        assert.equal(posts, service:requests(name), oddity .. " " .. name)
      end
    end
  end)

  it("is looked for if a proxy has answered 403 in place of the service", function()
    local client, service = world.new()
    local machine, answer = service:add_machine {}, service.answer
    local posts = 0
    function service:answer(request)
      local given = answer(self, request)
      if request.method ~= "POST" or not request.path:find "/isolate$" then return given end
      posts = posts + 1
      return { status = 403, headers = {}, body = "<html>Blocked</html>", delay = 0 }
    end
    local action = assert(client:isolate(machine, { comment = "x" }))
    assert.same({ "Isolate", 1 }, { action.type, posts })
  end)

  it("is not sent again on a list of its first minute whose answer came later", function()
    local client, service, machine = new {
      oddities = { lost_after = { nth = 1, operation = "isolate" }, list_lags = 55 },
      launch_course = function() return { { 5, "Succeeded" } } end }
    local answer = service.answer
    function service:answer(request)
      local given = answer(self, request)
      if request.method == "GET" then given.delay = 50 end
      return given
    end
    assert(client:isolate(machine, { comment = "x" }))
    assert.same({ 1, 1 }, { service:launched(machine, "isolate"), service:requests "isolate" })
  end)

  it("is recognised if the service reports that it exists", function()
    -- The list shows it too late, and the second launch is refused because of the first.
    local client, service, machine = new {
      oddities = { lost_after = { nth = 1, operation = "isolate" }, list_lags = 300,
                   duplicate_as = "error" },
      launch_course = function() return { { 400, "Succeeded" } } end }
    local action, err = client:isolate(machine, { comment = "x" })
    assert.is_nil(err)
    assert.is_nil(action.existing)
    assert.equal(1, service:launched(machine, "isolate"))
    assert.equal(2, service:requests "isolate")
  end)

  it("is not taken for another's, for one with other words, or for an older one", function()
    local client, service, machine = new {
      oddities = { lost_before = { nth = 1, operation = "scan" } } }
    service:add { machine_id = machine, type = "RunAntiVirusScan", age = 30, comment = "x",
                  status = "Succeeded" }
    service:add { machine_id = machine, type = "RunAntiVirusScan", age = -1, comment = "y",
                  status = "Succeeded" }
    service:add { machine_id = machine, type = "RunAntiVirusScan", age = -1, comment = "x",
                  status = "Succeeded", requestor = "5382f7ea-7557-4ab7-9782-d50480024a4e" }
    local action = client:scan(machine, { comment = "x" })
    assert.equal(1, service:launched(machine, "scan"))
    assert.equal("x", action.requestorComment)
    assert.equal("Pending", action.status)
  end)

  it("is not taken for that of another machine, where the service names none yet", function()
    for _, name in ipairs { "live_response", "offboard" } do
      local client, service, machine = new {
        oddities = { lost_before = { nth = 2, operation = name }, fills_after = 600 } }
      local other = service:add_machine { lastSeen = service:now() }
      local first = assert(client[name](client, machine, options_of(name)))
      local second = assert(client[name](client, other, options_of(name)))
      assert.are_not.equal(first.id, second.id)
      assert.equal(1, service:launched(other, name))
    end
  end)

  -- Loses the answer to a live response, among `count` newer ones of another machine.
  local function lose_among(count)
    local client, service, machine = new { quota = false,
      oddities = { lost_after = { nth = 1, operation = "live_response" }, cut_pages = 10,
                   fills_after = 600 } }
    for i = 1, count do
      service:add { type = "LiveResponse", age = -0.2 - i / 1000, status = "Failed",
                    machine_id = ("b"):rep(40) }
    end
    local action, err = client:live_response(machine, options_of "live_response")
    assert.equal(1, service:requests "live_response")
    return action, err
  end

  it("is found on a further page", function()
    assert.equal("LiveResponse", assert(lose_among(20)).type)
  end)

  it("is not sent again if it may be on a page that is not read", function()
    local action, err = lose_among(120)
    assert.is_nil(action)
    assert.is_true(err.sent)
  end)

  it("is sent again if the pages of the time of its sending have no such action", function()
    local client, service, machine = new { quota = false,
      oddities = { lost_before = { nth = 1, operation = "scan" }, cut_pages = 1 } }
    for i = 1, 5 do
      service:add { type = "RunAntiVirusScan", age = i < 3 and -i or 600, status = "Succeeded",
                    machine_id = machine }
    end
    assert(client:scan(machine, { comment = "x" }))
    assert.equal(2, service:requests "scan")
  end)

  it("may have been launched, whatever is said to the second", function()
    local SECOND = { disallowed = { 2 }, unreachable = { 2, 3, 4, 5, 6, 7, 8 } }
    for oddity, nth in pairs(SECOND) do
      local client, _, machine = new {
        oddities = { lost_after = { nth = 1, operation = "isolate" }, list_lags = 300,
                     [oddity] = { nth = nth, operation = "isolate" } } }
      local action, err = client:isolate(machine, { comment = "x" })
      assert.is_nil(action)
      assert.is_true(err.sent, oddity)
    end
  end)

  it("says that it may have been launched, where nobody can tell", function()
    local client, service, machine = new {
      roles = { "Machine.Isolate" },
      oddities = { lost_after = { nth = 1, operation = "isolate" } } }
    local action, err = client:isolate(machine, { comment = "x" })
    assert.is_nil(action)
    assert.same({ "lost", true, "isolate" }, { err.code, err.sent, err.operation })
    assert.is_truthy(err.message:find("can't be read: the service refused", 1, true), err.message)
    assert.equal(1, service:requests "isolate")
  end)

  it("ends with the error, after three of them", function()
    local client, service, machine = new {
      oddities = { internal_error = { operation = "isolate" } } }
    local action, err = client:isolate(machine, { comment = "x" })
    assert.is_nil(action)
    assert.same({ "service", true, 500 }, { err.code, err.sent, err.status })
    assert.equal(3, service:requests "isolate")
  end)
end)

describe("a launch that certainly had no effect", function()
  it("goes out again", function()
    for _, oddity in ipairs { "unreachable", "throttled", "revoked_token" } do
      local client, service, machine = new { oddities = { [oddity] = { nth = 1,
                                                                       operation = "isolate" } } }
      assert(client:isolate(machine, { comment = "x" }))
      assert.equal(1, service:launched(machine, "isolate"), oddity)
      assert.equal(0, service:requests "list", oddity)
    end
  end)

  it("is refused once, and says why", function()
    local client, service, machine = new { roles = { "Machine.Read.All" } }
    local action, err = client:isolate(machine, { comment = "x" })
    assert.is_nil(action)
    assert.same({ "forbidden", { "Machine.Isolate" } }, { err.code, err.permissions })
    assert.equal(1, service:requests "isolate")
    local unknown = new()
    action, err = unknown:isolate(("ab"):rep(20), { comment = "x" })
    assert.is_nil(action)
    assert.equal("not_found", err.code)
  end)

  it("keeps to ten live responses a minute", function()
    local client, service, _, clock = new { launch_course = function()
      return { { 1, "Succeeded" } } end }
    local began = clock.monotonic()
    for _ = 1, 21 do
      assert(client:live_response(service:add_machine { lastSeen = service:now() },
        { comment = "x", commands = COMMANDS }))
    end
    assert.is_true(clock.monotonic() - began > 120)
    assert.equal(0, service:requests("live_response", 429))
    assert.is_true(service:most_within(60, "live_response") <= 10)
  end)
end)

describe("a launch that is to stop", function()
  it("is not sent where it had not left", function()
    local client, service, machine = new()
    function client.stop() return true end
    local action, err = client:isolate(machine, { comment = "x" })
    assert.is_nil(action)
    assert.same({ "interrupted", false, 0 }, { err.code, err.sent, service:requests() })
    client.stop = nil
    assert(client:isolate(machine, { comment = "x" }))
  end)

  it("is waited for in flight, and not looked for or sent again", function()
    local client, service, machine, clock = new {
      oddities = { lost_after = { nth = 1, operation = "isolate" } } }
    function client.stop() return service:requests "isolate" > 0 end
    local _, err = client:isolate(machine, { comment = "x" })
    assert.same({ "interrupted", true }, { err.code, err.sent })
    clock.advance(300)
    client:step()
    assert.same({ 1, 0 }, { service:requests "isolate", service:requests "list" })
  end)

  it("has what came where the answer came", function()
    local client, service, machine = new()
    function client.stop() return service:requests "isolate" > 0 end
    assert.equal("Isolate", client:isolate(machine, { comment = "x" }).type)
  end)
end)
