-- Cancels 5000 actions under the virtual clock.
--
-- Prints the seconds of virtual and of real time, and the number of 429 answers.

local core = require "mde.core"
local world = require "spec.support.world"

local began = core.monotonic()
local client, service, clock = world.new()
local ids, start = world.add(service, 5000), clock.monotonic()
local report = assert(client:cancel_all(ids, { comment = "bench" }))
assert(report.counts.cancelled == 5000)
print(("%.1f %.3f %d"):format(clock.monotonic() - start, core.monotonic() - began,
  service:requests(nil, 429)))
