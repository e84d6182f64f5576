-- The service's wall clock, as the Date of its answers tells it: its dates are compared with
-- this one. A clock as in mde.base.clock; until there was an answer it is this machine's.

local date = require "mde.base.date"

local service_clock = {}

-- Seconds that the two may be apart and count as the same: a Date has whole seconds, and its
-- answer was under way.
service_clock.tolerance = 2

-- `clock` is this machine's.
function service_clock.new(clock)
  local self, ahead = { monotonic = clock.monotonic }, nil

  function self.wall()
    local wall = clock.wall()
    local told = ahead and clock.monotonic() + ahead or wall
    return math.abs(told - wall) > service_clock.tolerance and told or wall
  end

  -- An answer of the service came at `now` (monotonic).
  function self.read(response, now)
    local moment = response.headers.date and date.http(response.headers.date)
    if moment then ahead = moment + 0.5 - now end
  end

  return self
end

return service_clock
