-- Time, as everything in mde is given it.
--
-- A clock is a table with two functions: `monotonic()`, seconds that never step
-- back and go on while the machine sleeps, for waiting; and `wall()`, seconds
-- since 1970-01-01T00:00:00Z, for what is stored, signed or shown. Tests pass
-- a virtual one.

local core = require "mde.core"

return {
  -- The machine's own clock.
  system = { monotonic = core.monotonic, wall = core.wall },
}
