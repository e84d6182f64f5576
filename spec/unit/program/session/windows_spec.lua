-- The quota's windows, as `mde status` shows them.

require "spec.support.policy"
package.preload["mde.process"] = package.preload["mde.process"] or function() return {} end
local cjson = require "cjson"
local windows = require "mde.program.session.windows"

local function window(fields)
  local all = { bucket = "cancel", window = "minute", limit = 100, used = 3, free = 97, wait = 0,
                holders = {} }
  for key, value in pairs(fields) do all[key] = value end
  return all
end

describe("a window of the quota", function()
  it("has a row with the next slot, and at most three holders", function()
    local holders = {}
    for i = 1, 5 do holders[i] = { "dana@soc1 pid " .. i .. " (1f)", i } end
    local row = windows.rows({ window { holders = holders } })[1]
    assert.same({ "cancel", "minute", "3", "97", "now", "dana@soc1 pid 1: 1, dana@soc1 pid 2: 2,"
      .. " dana@soc1 pid 3: 3, 2 more" }, row)
    assert.matches("^%d%d:%d%d:%d%d %S+ %(in 30s?%)$",
      (windows.rows({ window { wait = 30 } })[1][5]:gsub("30 s", "30s")))
  end)

  it("has an object without the parts that are not known", function()
    local object = windows.objects({ window { holders = { { "a (1f)", 2 } } } })[1]
    assert.same({ "cancel", 97, cjson.null, { { holder = "a", slots = 2 } } },
      { object.bucket, object.free, object.next_slot, object.holders })
  end)
end)
