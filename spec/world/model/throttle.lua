-- Checks the pauses that the service asks for with HTTP 429: its operation is not sent before.
--
-- The wait is in Retry-After, and in the message of the answer. A process that had recorded a
-- request before the answer came may still send it, and so may one that was frozen meanwhile.
-- Other processes of the store know of it once the process has told them, which takes it a moment,
-- but not those that continue without the store after their disk was full.

local time = require "spec.world.model.time"

local SLACK = 0.05  -- seconds that a request may be early
local FAST = 1e-4   -- the clock of a host may run faster than true time
local SEEN = 0.5    -- seconds in which the process itself sees the answer, while it commits
local TOLD = 5      -- seconds in which other processes know

-- The seconds that an answer asks to wait | nil
local function wait_of(event)
  local failure = type(event.answer) == "table" and event.answer.error
  local message = type(failure) == "table" and failure.message
  return type(message) == "string" and tonumber(message:match "again in (%d+) second") or nil
end

-- When the request was recorded, or else sent.
local function decided(request)
  return request.sent_row and request.sent_row.at or request.sent
end

-- Reports whether the process that was asked to wait could tell others.
local function is_told(world, pause)
  local process = world.observation.processes[pause.process]
  return process and not time.was_full_during(world, process)
    and (process.ended or math.huge) > pause.at + TOLD
    and time.running(world, process.name, process.store, pause.at, pause.at + TOLD) >= TOLD
end

-- Reports whether a read may continue without the store.
local function is_apart(world, request)
  local process = world.observation.processes[request.process]
  return not request.is_post and process
    and time.was_full_during(world, process, request.sent)
end

local function check(world, request, pause, report)
  local is_own = pause.process == request.process
  if not is_own and (not is_told(world, pause) or is_apart(world, request)
    or time.has_step(world, request.store, pause.at, request.sent)) then
    return
  end
  local earliest = pause.ends - SLACK - FAST * pause.seconds
  if decided(request) > pause.at + (is_own and SEEN or TOLD) and request.sent < earliest
    and not time.was_frozen(world, request) then
    report("retry after", { pause.n, request.n },
      "%s sends %s %.1f s after %s was asked to wait %d s", request.process,
      request.event.operation, request.sent - pause.at, pause.process, pause.seconds)
    return true
  end
end

local function add_pause(pauses, request)
  local answer, seconds = request.answer, wait_of(request.event)
  if not seconds or not answer or answer.outcome ~= "delivered" or answer.status ~= 429 then
    return
  end
  table.insert(pauses, { at = answer.at, n = request.answer_n, seconds = seconds,
                         ends = answer.at + seconds, process = request.process })
end

return function(world, report)
  local pauses = {}
  for _, request in ipairs(world.requests) do
    if request.store and request.event.bucket then
      local key = request.store .. "\0" .. request.event.bucket
      pauses[key] = pauses[key] or {}
      add_pause(pauses[key], request)
    end
  end
  for _, request in ipairs(world.requests) do
    local key = request.store and request.event.bucket
      and request.store .. "\0" .. request.event.bucket
    for _, pause in ipairs(pauses[key] or {}) do
      if check(world, request, pause, report) then break end
    end
  end
end
