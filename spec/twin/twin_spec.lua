-- Runs a few twins of worlds with real processes: `make twin` runs many.

local SEEDS = { 1, 2 }  -- SQLite, PostgreSQL

describe("a world with real processes", function()
  for _, seed in ipairs(SEEDS) do
    it("agrees with the model, seed " .. seed, function()
      local pipe = assert(io.popen(("spec/twin/run %d 1 1 2>&1"):format(seed)))
      local text = pipe:read "a"
      assert(pipe:close(), text)
    end)
  end
end)
