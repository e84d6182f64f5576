-- Actions by the first digits of their ids.

require "spec.support.policy"
local short_id = require "mde.program.input.short_id"
local system = require "mde.program.system"
local systems = require "spec.support.system"

local ID = "5382f7ea-7557-4ab7-9782-d50480024a4e"

-- A session whose tenant has these ids open, and the journal these.
local function session_of(open, journal)
  return {
    list = function(_, criteria)
      local list = {}
      for i, id in ipairs(criteria.status and open or {}) do list[i] = { id = id } end
      return list
    end,
    action = function(_, id) return { id = id, is_read = true } end,
    store = { journal = { ids_with = function() return journal or {} end } },
  }
end

describe("a short id", function()
  it("has eight digits of a GUID or more", function()
    for length = 8, 35 do assert.truthy(short_id.is(ID:sub(1, length)), length) end
    for _, text in ipairs { "5382f7e", ID, "5382f7eg", "5382f7ea7", "srv-1", ("a"):rep(40),
                            "5382-f7ea" } do
      assert.falsy(short_id.is(text), text)
    end
  end)

  it("finds the action that begins so, open or in the journal", function()
    assert.same({ id = ID }, short_id.find(session_of { ID }, "5382F7EA"))
    assert.same({ id = ID }, short_id.find(session_of({ ID }, { ID }), "5382f7ea"))
    assert.same({ id = ID, is_read = true }, short_id.find(session_of({}, { ID }), "5382f7ea-7"))
    assert.is_nil(short_id.find(session_of { ID }, "00000000"))
  end)

  it("is completed in the path of an action, but not with --yes", function()
    local session = session_of { ID }
    local action = { id = ID, age = function() end }
    function session.list() return { action } end
    local function path(text, is_agreed)
      return system.run(systems.new {}, short_id.in_path, session, text, is_agreed)
    end
    assert.equal("/api/machineactions/" .. ID .. "/cancel",
      path "/api/machineactions/5382f7ea/cancel")
    for _, other in ipairs { "/api/machineactions/" .. ID, "/api/machines/5382f7ea",
                             "/api/machineactions" } do
      assert.equal(other, path(other))
    end
    local done, raised = pcall(path, "/api/machineactions/5382f7ea/cancel", true)
    assert.is_false(done)
    assert.truthy(tostring(raised):find("only the beginning of an id", 1, true))
  end)

  it("is refused if several begin so, or none", function()
    local other = ID:gsub("e$", "f")
    local done, raised = pcall(short_id.find, session_of({ ID }, { other }), "5382f7ea")
    assert.is_false(done)
    assert.truthy(tostring(raised):find("'5382f7ea' begins the ids of 2 actions: " .. ID, 1, true))
    done, raised = pcall(short_id.check, session_of {}, "5382f7ea")
    assert.is_false(done)
    assert.truthy(tostring(raised):find("give the whole id", 1, true))
  end)
end)
