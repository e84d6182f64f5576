-- Runs new worlds for a minute ($WORLD_SECONDS): a failure names the seed for `make world SEED=n`.

local core = require "mde.core"
local judged = require "spec.world.judged"
local plans = require "spec.world.plan"

local SECONDS = tonumber(os.getenv "WORLD_SECONDS" or 60)

describe("new worlds", function()
  it("work", function()
    local first = os.time() * 1000
    local seed, ends = first, core.monotonic() + SECONDS
    print("# first seed " .. first)
    while core.monotonic() < ends do
      local violation = judged(plans.draw(seed))[1]
      assert(not violation, violation and ("make world SEED=%d: %s: %s"):format(seed,
        violation.rule, violation.text))
      seed = seed + 1
    end
    print(("# %d worlds"):format(seed - first))
  end)
end)
