-- The service's clock, derived from the Date header of its answers.
--
-- Dates of the service are compared with it. It has the form of mde.base.clock. Until the first
-- answer it equals this machine's clock.

local date = require "mde.base.date"

local service_clock = {}

-- Clocks that differ by at most this many seconds count as equal: a Date has whole seconds, and
-- its answer took time to arrive.
service_clock.tolerance = 2

-- `clock` is this machine's.
function service_clock.new(clock)
  local self, ahead = { monotonic = clock.monotonic }, nil

  function self.wall()
    local wall = clock.wall()
    local told = ahead and clock.monotonic() + ahead or wall
    return math.abs(told - wall) > service_clock.tolerance and told or wall
  end

  -- Takes the Date of an answer that arrived at `now` (monotonic).
  function self.read(response, now)
    local moment = response.headers.date and date.http(response.headers.date)
    if moment then ahead = moment + 0.5 - now end
  end

  return self
end

return service_clock
