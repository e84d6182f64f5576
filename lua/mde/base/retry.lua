-- Retry rules: which answers are worth another attempt, and after which pause.

local date = require "mde.base.date"

local retry = {
  attempts = 5,          -- most attempts of one request; 429 answers to a call do not count
  longest = 30,          -- seconds: the cap of a growing pause
  shortest_pause = 1,    -- seconds: Retry-After is at least this; 0 or a past date would
                         -- cause a storm of requests
  longest_pause = 3600,  -- seconds: Retry-After is at most this
}

-- Seconds to wait before attempt number `attempt` + 1: doubles from one second up to a cap,
-- and is spread over its upper half so that many callers do not retry at the same moment.
-- `random()` gives a number in [0, 1).
function retry.delay(attempt, random)
  local pause = math.min(2 ^ (attempt - 1), retry.longest)
  return pause * (0.5 + random() / 2)
end

local function believed(seconds)
  return seconds and math.max(retry.shortest_pause, math.min(seconds, retry.longest_pause))
end

-- Seconds that an answer asks to wait; nil if it does not ask. They come from Retry-After
-- (seconds, or a date that is compared with the answer's own Date), or else from the body's
-- "… again in 8 seconds.", because the service has sent 429 without the header.
function retry.after(response)
  local header = response.headers["retry-after"]
  if header then
    local seconds = header:match "^%s*(%d+)%s*$"
    if seconds then return believed(tonumber(seconds)) end
    local moment = date.http(header)
    local server = response.headers.date and date.http(response.headers.date)
    if moment and server then return believed(moment - server) end
  end
  return believed(tonumber(response.body:match "again in (%d+) second"))
end

-- Reports if a status is worth another attempt of the same request.
function retry.is_transient(status)
  return status == 500 or status == 502 or status == 503 or status == 504 or status == 408
end

return retry
