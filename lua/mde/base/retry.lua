-- Retry rules: which statuses are worth another attempt, and the growing pauses between attempts.

local retry = {
  attempts = 5,          -- most attempts of one request; 429 answers to a call do not count
  longest = 30,          -- seconds: the cap of a growing pause
  longest_pause = 3600,  -- seconds: the longest pause that a service is believed to ask for
}

-- Seconds to wait before attempt number `attempt` + 1: doubles from one second up to a cap,
-- and is spread over its upper half so that many callers do not retry at the same moment.
-- `random()` gives a number in [0, 1).
function retry.delay(attempt, random)
  local pause = math.min(2 ^ (attempt - 1), retry.longest)
  return pause * (0.5 + random() / 2)
end

-- Seconds until a request may be sent after all its attempts ended with this error (nil: none did).
function retry.least(err)
  if not err or err.code == "not_found" then return 0 end
  return err.retry_after or 1
end

-- Reports if a status is worth another attempt of the same request.
function retry.is_transient(status)
  return status == 500 or status == 502 or status == 503 or status == 504 or status == 408
end

return retry
