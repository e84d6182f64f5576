-- Parses the pause that an answer asks for, from Retry-After or its body.

local date = require "mde.base.date"
local retry = require "mde.base.retry"

local SHORTEST = 1  -- seconds: 0 or a past date would cause a storm of requests

local function believed(seconds)
  return seconds and math.max(SHORTEST, math.min(seconds, retry.longest_pause))
end

-- Seconds that an answer asks to wait; nil if it does not ask. They come from Retry-After
-- (seconds, or a date that is compared with the answer's own Date), or else from the body's
-- "… again in 8 seconds.", because the service has sent 429 without the header.
return function(response)
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
