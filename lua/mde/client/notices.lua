-- Records of requests and notices of waits, kept until the observers of a client can be called:
-- methods of a client.

local duration = require "mde.base.duration"
local errors = require "mde.base.errors"

local notices = {}

local LEAST = 2    -- seconds: shorter waits are not told
local AGAIN = 30   -- seconds until a wait for a slot of the quota is told again

-- Keeps a notice (mde.notice), if the client has somebody to tell.
function notices:notify(notice)
  if self.on_notice then self.notices[#self.notices + 1] = notice end
end

-- Notes that calls of `operation` have waited since `since`, and will until `moment`, because of
-- `why`. Of many such calls one is told.
function notices:notify_wait(operation, code, since, moment, why)
  self.waited_for = why
  local key, now = operation .. " " .. code, self.clock.monotonic()
  if moment - since < LEAST or moment <= (self.told[key] or -math.huge) + 1 then return end
  self.told[key] = code == "quota" and math.max(moment, now + AGAIN) or moment
  local seconds = math.max(moment - now, 0)
  self:notify { code = code, operation = operation, seconds = seconds,
    message = ("%s: going on in %s"):format(why, duration.text(math.ceil(seconds))) }
end

-- The error of calls that end at client.ends_at (a moment of the clock), if that has come.
-- -> err | nil
function notices:end_reached(operation)
  if not self.ends_at or self.clock.monotonic() < self.ends_at then return nil end
  return errors.new { code = "deadline", operation = operation,
    message = ("gave up at the deadline: %s"):format(self.waited_for
      or "the service has not answered in time") }
end

-- Calls `observer` with each of a list, which may grow meanwhile.
local function tell(observer, list)
  local entry = table.remove(list, 1)
  while entry do
    observer(entry)
    entry = table.remove(list, 1)
  end
end

-- Calls the observers, once everything is in order: they may raise, or let others go on.
function notices:observe()
  tell(self.on_notice, self.notices)
  tell(self.on_request, self.records)
end

return notices
