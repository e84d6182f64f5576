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
    raises("unknown operation 'isolate'", "isolate", {})
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
    local names = {}
    for name, row in pairs(rows) do
      names[#names + 1] = name
      assert.is_string(row.permissions[1])
      assert.are.equal(100, row.per_minute)
      assert.are.equal(1500, row.per_hour)
    end
    table.sort(names)
    assert.are.same({ "cancel", "get", "list" }, names)
    assert.are.equal("POST", rows.cancel.method)
    assert.are.equal("action", rows.get.returns)
    assert.are.equal("actions", rows.list.returns)
    assert.are.same({ "Machine.Read.All", "Machine.ReadWrite.All" }, rows.list.permissions)
  end)
end)

describe("core.operation.guid", function()
  it("gives an id in lower case", function()
    assert.are.equal(ID, operation.guid(ID))
    assert.are.equal(ID, operation.guid(ID:upper()))
  end)

  it("gives nil for what is none", function()
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
