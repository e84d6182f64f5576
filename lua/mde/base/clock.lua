-- The system clock, in the form that mde passes clocks around.
--
-- A clock is a table with two functions. `monotonic()` gives seconds for waiting: they never
-- step back, and count while the machine sleeps. `wall()` gives seconds since
-- 1970-01-01T00:00:00Z, for values that are stored, signed or shown. Tests pass a virtual clock.

local core = require "mde.core"

return {
  system = { monotonic = core.monotonic, wall = core.wall },
}
