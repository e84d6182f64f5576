-- When to try again: pure functions over answers.

local date = require "mde.base.date"

local retry = {
  attempts = 5,          -- how often a request goes out at most; a call's 429 does not count
  longest = 30,          -- seconds: the cap of a growing pause
  shortest_pause = 1,    -- seconds: the shortest Retry-After that is believed, since "0"
                         -- and dates that have passed would make a storm
  longest_pause = 3600,  -- seconds: the longest
}

-- Seconds to wait before attempt number `attempt` + 1: doubling from one
-- second, capped, and spread over its upper half so that many callers do not
-- come back together. `random()` gives a number in [0, 1).
function retry.delay(attempt, random)
  local pause = math.min(2 ^ (attempt - 1), retry.longest)
  return pause * (0.5 + random() / 2)
end

local function believed(seconds)
  return seconds and math.max(retry.shortest_pause, math.min(seconds, retry.longest_pause))
end

-- Seconds that an answer asks to wait: from Retry-After, in seconds or as a
-- date (compared with the answer's own Date), else from the text of the body ("… again in 8 seconds."), since the
-- service has sent 429 without the header. nil if it does not say.
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

-- Whether an answer is worth another try of the same request.
function retry.is_transient(status)
  return status == 500 or status == 502 or status == 503 or status == 504 or status == 408
end

return retry
