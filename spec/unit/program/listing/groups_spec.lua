-- Groups of machine actions.

require "spec.support.policy"
local cjson = require "cjson"
local groups = require "mde.program.listing.groups"

local function add(found, type, requestor, age)
  found:add { type = type, status = "Pending", requestor = requestor,
              creationDateTimeUtc = "date of " .. age, age = function() return age end }
end

describe("groups", function()
  it("are counted, the largest first, with their oldest and newest", function()
    local found = groups.new()
    add(found, "Isolate", "bob", 60)
    add(found, "Offboard", nil, 90)
    add(found, "Isolate", "bob", 7200)
    assert.same({ "count", "type", "status", "requestor", "oldest", "newest" }, found:names())
    assert.same({
      { count = 2, type = "Isolate", status = "Pending", requestor = "bob",
        oldest = "date of 7200", newest = "date of 60" },
      { count = 1, type = "Offboard", status = "Pending", requestor = cjson.null,
        oldest = "date of 90", newest = "date of 90" },
    }, found:objects())
    assert.equal(3, found.count)
  end)

  it("may be of ages", function()
    local found = groups.new { "age" }
    for _, age in ipairs { 1, 3599, 3600, 86399, 86400, 700000 } do
      add(found, "Isolate", "b", age)
    end
    local names = {}
    for i, object in ipairs(found:objects()) do names[i] = object.count .. " " .. object.age end
    assert.same({ "2 under 1h", "1 1d to 7d", "1 1h to 4h", "1 4h to 1d", "1 over 7d" }, names)
  end)

  it("are named on the command line", function()
    assert.same({ "type", "group" }, groups.parse "type,group")
    local keys, problem = groups.parse "type,nonsense"
    assert.is_nil(keys)
    assert.truthy(problem:find("'nonsense' is none of type, ", 1, true))
  end)
end)
