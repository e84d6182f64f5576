-- Changes in a batch of the journal: tags and values of machines, library files, free requests.

local changes = require "mde.client.changes"
local cjson = require "cjson"
local core = require "mde.core"
local world = require "spec.support.world"

local ROLES = { "Machine.Read.All", "Machine.ReadWrite.All" }

-- -> client, service, ids of `count` machines
local function new(count, oddities)
  local client, service = world.new { roles = ROLES, oddities = oddities }
  local ids = {}
  for i = 1, count do ids[i] = service:add_machine {} end
  return client, service, ids
end

-- Carries out `change` on machines, with more fields of the items. -> counts, verdicts by id
local function run(client, change, ids, arguments, fields)
  local i, verdicts = 0, {}
  local report = assert(changes.run(client, function()
    i = i + 1
    if not ids[i] then return nil end
    local item = { id = ids[i], position = i, change = change, arguments = arguments }
    for name, value in pairs(fields or {}) do item[name] = value end
    return item
  end, { on_item = function(item) verdicts[item.id] = item.verdict end }))
  return report.counts, verdicts
end

local function tagged(service, ids, tag)
  local count = 0
  for _, id in ipairs(ids) do
    if service.machine_by_id[id]:has_tag(tag) then count = count + 1 end
  end
  return count
end

describe("tags of a batch", function()
  it("are set and removed 500 machines a call, with a verdict for each", function()
    local client, service, ids = new(501)
    local counts, verdicts = run(client, "add_tag", ids, '{"value":"x"}')
    assert.same({ done = 501 }, counts)
    assert.same({ "done", "done" }, { verdicts[ids[1]], verdicts[ids[501]] })
    assert.same({ 1, 1 }, { service:requests "tag_machines", service:requests "tag" })
    assert.equal(501, tagged(service, ids, "x"))
    assert.same({ done = 501 }, run(client, "remove_tag", ids, '{"value":"x"}'))
    assert.equal(0, tagged(service, ids, "x"))
  end)

  it("are read first if they may have been sent, and sent only if they are missing", function()
    local client, service, ids = new(4)
    run(client, "add_tag", ids, '{"value":"x"}')
    assert.same({ done = 4 }, run(client, "add_tag", ids, '{"value":"x"}', { read_first = true }))
    assert.same({ 1, 1 }, { service:requests "find_by_tag", service:requests "tag_machines" })
    assert.same({ done = 4 }, run(client, "add_tag", ids, '{"value":"y"}', { read_first = true }))
    assert.equal(2, service:requests "tag_machines")
    assert.equal(4, tagged(service, ids, "y"))
  end)

  it("are not done if the service refuses them", function()
    local client, service = world.new { roles = { "Machine.Read.All" } }
    local ids = { service:add_machine {}, service:add_machine {} }
    assert.same({ forbidden = 2 }, run(client, "add_tag", ids, '{"value":"x"}'))
    assert.equal(0, tagged(service, ids, "x"))
  end)
end)

describe("values of a batch", function()
  it("are set one machine a call", function()
    local client, service, ids = new(3)
    assert.same({ done = 3 }, run(client, "set_value", ids, '{"value":"High"}'))
    assert.equal(3, service:requests "set_device_value")
    assert.same({ not_found = 1 }, run(client, "set_value", { ("a"):rep(40) }, '{"value":"Low"}'))
  end)

  it("are read back if an answer was lost", function()
    local client, service, ids = new(5, {
      lost_after = { operation = "set_device_value" } })
    assert.same({ done = 5 }, run(client, "set_value", ids, '{"value":"High"}'))
    assert.same({ 5, 5 }, { service:requests "set_device_value", service:requests "machine" })
  end)
end)

local LIBRARY = { "Library.Manage" }

describe("files of the library in a batch", function()
  local function upload_of(content)
    local path = os.tmpname()
    finally(function() os.remove(path) end)
    local file = assert(io.open(path, "wb"))
    file:write(content)
    file:close()
    return cjson.encode { path = path, name = "a.ps1", sha256 = core.sha256(content),
                          fields = {} }, path
  end

  it("are uploaded and deleted, and read first if they may have been before", function()
    local client, service = world.new { roles = LIBRARY }
    local arguments = upload_of "one"
    assert.same({ done = 1 }, run(client, "upload", { "a.ps1" }, arguments))
    assert.same({ done = 1 }, run(client, "upload", { "a.ps1" }, arguments, { read_first = true }))
    assert.same({ refused = 1 }, run(client, "upload", { "a.ps1" }, arguments))
    assert.same({ done = 1 }, run(client, "delete_file", { "a.ps1" }))
    assert.same({ done = 1 }, run(client, "delete_file", { "a.ps1" }, nil, { read_first = true }))
    assert.same({ not_found = 1 }, run(client, "delete_file", { "a.ps1" }))
    assert.same({ done = 1 }, run(client, "upload", { "a.ps1" }, arguments, { read_first = true }))
    assert.same({ 3, 2, 3 }, { service:requests "upload", service:requests "delete_file",
                               service:requests "library" })
  end)

  it("are not uploaded with other content than was agreed to", function()
    local client, service = world.new { roles = LIBRARY }
    local arguments, path = upload_of "one"
    local file = assert(io.open(path, "wb"))
    file:write "two"
    file:close()
    assert.same({ error = 1 }, run(client, "upload", { "a.ps1" }, arguments))
    assert.equal(0, service:requests())
  end)
end)

describe("a request in a batch", function()
  local PATH = "/api/machines/%s/isolate"

  -- -> client, service, its item's id and arguments
  local function new_request(oddities)
    local client, service = world.new { roles = { "Machine.Isolate" }, oddities = oddities }
    local path = PATH:format(service:add_machine {})
    return client, service, { "POST " .. path }, cjson.encode { method = "POST", path = path,
      body = '{"Comment":"x","IsolationType":"Full"}' }
  end

  it("is sent, and its item has the answer", function()
    local client, _, ids, arguments = new_request()
    local answer
    local report = changes.run(client, { { id = ids[1], position = 1, change = "request",
      arguments = arguments } }, { on_item = function(item) answer = item.answer end })
    assert.same({ { done = 1 }, "Isolate" }, { report.counts, answer.type })
  end)

  it("is unknown if its answer was lost, and never sent again", function()
    local client, service, ids, arguments = new_request { lost_after = { operation = "isolate" } }
    assert.same({ unknown = 1 }, run(client, "request", ids, arguments))
    for _, fields in ipairs { { read_first = true, verdict = "unknown" },
                              { read_first = true } } do
      assert.same({ unknown = 1 }, run(client, "request", ids, arguments, fields))
    end
    assert.equal(1, service:requests "isolate")
  end)

  it("is sent again if it was refused because of its token", function()
    local client, service, ids, arguments = new_request()
    assert.same({ done = 1 }, run(client, "request", ids, arguments, { verdict = "error",
      read_first = true }))
    assert.equal(1, service:requests "isolate")
  end)
end)
