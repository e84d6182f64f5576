-- Encoding of operations, and their checks.

local core = require "mde.core"

local operation = core.operation
local ID = "988cc94e-7a8f-4b28-ab65-54970c5d5018"

describe("core.operation.encode", function()
  it("makes a request of an operation and its arguments", function()
    assert.are.same({ method = "GET", path = "/api/machineactions/" .. ID },
      operation.encode("get", { id = ID }))
    assert.are.same({ method = "GET", path = "/api/machineactions" }, operation.encode("list", {}))
    assert.are.same({ method = "GET", path = "/api/machineactions?$top=1" },
      operation.encode("list", { query = "$top=1" }))
    assert.are.same({ method = "POST", path = "/api/machineactions/" .. ID .. "/cancel",
                      fields = { Comment = "by mistake" } },
      operation.encode("cancel", { id = ID:upper(), comment = "by mistake" }))
  end)

  it("takes lists of machines, and commands as they are", function()
    local machine, other = ("ab"):rep(20), ("cd"):rep(20)
    assert.are.same({ method = "POST", path = "/api/machines/AddOrRemoveTagForMultipleMachines",
                      fields = { Value = "VIP", Action = "Add", MachineIds = { machine, other } } },
      operation.encode("tag_machines", { tag = "VIP", action = "Add",
                                         machines = { machine, other } }))
    local commands = { { type = "GetFile", params = { { key = "Path", value = "C:\\x" } } } }
    assert.are.same({ method = "POST", path = "/api/machines/" .. machine .. "/runliveresponse",
                      fields = { Comment = "why", Commands = commands } },
      operation.encode("live_response", { machine = machine, comment = "why",
                                          commands = commands }))
    local machines = {}
    for i = 1, 501 do machines[i] = machine end
    local _, err = operation.encode("tag_machines", { tag = "VIP", action = "Add",
                                                      machines = machines })
    assert.are.equal("tag_machines: more than 500 machines", err.message)
  end)

  it("keeps each byte of a comment and of a long query", function()
    local comment = ("\195\169"):rep(5000)
    local encoded = operation.encode("cancel", { id = ID, comment = comment })
    assert.are.equal(comment, encoded.fields.Comment)
    local query = "$filter=" .. ("x"):rep(100000)
    assert.are.equal("/api/machineactions?" .. query,
      operation.encode("list", { query = query }).path)
  end)

  it("says what is wrong with an argument", function()
    local function refused(message, ...)
      local encoded, err = operation.encode(...)
      assert.is_nil(encoded)
      assert.are.same({ code = "invalid_argument", message = message, sent = false }, err)
    end
    refused("get: id is missing", "get", {})
    refused("get: id 'x' is not a machine action's id, such as " .. ID, "get", { id = "x" })
    refused("get: id '" .. ID .. "?' is not a machine action's id, such as " .. ID,
      "get", { id = ID .. "\0" })
    refused("cancel: comment is missing: say why, in a few words", "cancel", { id = ID })
    refused("cancel: comment ' ' is not text: it is blank", "cancel", { id = ID, comment = " " })
    refused("cancel: comment 'a?b' is not UTF-8 text", "cancel", { id = ID, comment = "a\0b" })
    refused("list: query 'a b' is not a percent-encoded query string", "list", { query = "a b" })
    refused("get takes no argument 'comment'", "get", { id = ID, comment = "x" })
  end)

  it("raises when it is used wrongly", function()
    local function raises(pattern, ...)
      local arguments = { n = select("#", ...), ... }
      assert.error_matches(function()
        operation.encode(arguments[1], arguments[2])
      end, pattern)
    end
    raises "string expected"
    raises("unknown operation 'explode'", "explode", {})
    raises("unknown operation 'request'", "request", {})
    raises("argument 'commands' must be a table", "live_response", { commands = "x" })
    raises("argument 'machines' must be a string, not a number", "tag_machines",
      { machines = { 1 } })
    raises("argument 'machine' must be a string, not a table", "isolate", { machine = {} })
    raises("NUL in a name, after 'get'", "get\0", { id = ID })
    raises("table expected", "get")
    raises("table expected", "get", ID)
    raises("arguments are named by strings", "get", { ID })
    raises("arguments are named by strings", "get", { [true] = ID })
    raises("argument 'id' must be a string, not a number", "get", { id = 1 })
    raises("argument 'id' must be a string, not a boolean", "get", { id = true })
    raises("argument 'comment' must be a string, not a userdata", "cancel",
      { id = ID, comment = core.secret "x" })
    raises("NUL in a name, after 'id'", "get", { id = ID, ["id\0"] = "../x" })
    local many = {}
    for i = 1, 9 do many["argument" .. i] = "x" end
    raises("too many arguments", "get", many)
    many.argument9 = nil
    assert.are.equal("invalid_argument", select(2, operation.encode("get", many)).code)
  end)

  it("does not ask metatables", function()
    local arguments = setmetatable({ id = ID }, { __index = { comment = "x" }, __pairs = error })
    assert.are.equal("cancel: comment is missing: say why, in a few words",
      select(2, operation.encode("cancel", arguments)).message)
  end)
end)

describe("core.operation.rows", function()
  it("tells what the operations are", function()
    local rows = operation.rows
    for name, row in pairs(rows) do
      if name ~= "request" then assert.is_string(row.permissions[1], name) end
      assert.is_string(row.returns)
      assert.is_true((row.per_minute or row.per_hour) > 0)
    end
    assert.are.equal(100, rows.isolate.per_minute)
    assert.are.equal(1500, rows.isolate.per_hour)
    assert.are.equal(10, rows.live_response.per_minute)
    assert.is_nil(rows.live_response.per_hour)
    assert.are.same({ 2, 120 }, { rows.package_uri.per_minute, rows.package_uri.per_hour })
    assert.is_nil(rows.investigate)
    assert.are.equal("POST", rows.cancel.method)
    assert.are.equal("action", rows.get.returns)
    assert.are.equal("actions", rows.list.returns)
    assert.are.same({ "Machine.Read.All", "Machine.ReadWrite.All", "Machine.Read",
                      "Machine.ReadWrite" }, rows.list.permissions)
  end)
end)

describe("core.operation.match", function()
  it("names the operation that a request is", function()
    assert.are.equal("cancel", operation.match("POST", "/api/machineactions/" .. ID .. "/cancel"))
    assert.are.equal("request", operation.match("GET", "/api/alerts"))
  end)
end)

describe("core.operation.guid", function()
  it("gives an id in lower case", function()
    assert.are.equal(ID, operation.guid(ID))
    assert.are.equal(ID, operation.guid(ID:upper()))
  end)

  it("returns nil for other values", function()
    local bare = ID:gsub("%-", "")
    for _, text in ipairs { "", "x", "{" .. ID .. "}", ID .. " ", ID .. "\0", bare } do
      assert.is_nil(operation.guid(text))
    end
  end)

  it("takes text only", function()
    assert.error_matches(operation.guid, "string expected")
    assert.error_matches(function() operation.guid {} end, "string expected")
  end)
end)
