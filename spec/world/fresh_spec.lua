-- Runs new worlds for a minute ($WORLD_SECONDS): a failure names the seed for `make world SEED=n`.
--
-- The first seed follows from CHANGELOG.md, so that each change has new ones and a failure can be
-- repeated.

local core = require "mde.core"
local judged = require "spec.world.judged"
local plans = require "spec.world.plan"
local sha256 = require "spec.world.model.sha256"

local SECONDS = tonumber(os.getenv "WORLD_SECONDS" or 60)

local function first_seed()
  local file = assert(io.open "CHANGELOG.md")
  local text = file:read "a"
  file:close()
  return tonumber(sha256(text):sub(1, 7), 16)
end

describe("new worlds", function()
  it("work", function()
    local first = first_seed()
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
