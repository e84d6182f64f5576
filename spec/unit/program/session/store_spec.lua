-- The choice of the program's store.

require "spec.support.policy"
package.preload["mde.process"] = package.preload["mde.process"] or function()
  return { who = function() return "dana", "soc1" end, pid = function() return 4711 end }
end
local store = require "mde.program.session.store"

describe("--store", function()
  it("takes memory and the URL of a PostgreSQL database", function()
    for _, text in ipairs { "memory", "postgresql://soc@db/mde", "postgres://db/mde" } do
      assert.equal(text, store.choice(text))
    end
  end)

  it("refuses other texts, and shows no password in them", function()
    local choice, problem = store.choice "mysql://soc:hunter2@db/mde"
    assert.is_nil(choice)
    assert.is_truthy(problem:find("mysql://…", 1, true), problem)
    assert.is_nil(problem:find("hunter2", 1, true))
  end)
end)

describe("a holder", function()
  it("is shown without the part that tells processes apart", function()
    assert.equal("dana@soc1 pid 4711", store.shown "dana@soc1 pid 4711 (19bd1c3a2f1)")
    assert.equal("dana@soc1", store.shown "dana@soc1")
  end)
end)
