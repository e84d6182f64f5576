-- Notices of waits and records of requests: methods of a client.
--
-- Both are kept until a pass is over, since the client's observers may raise errors or yield.

local duration = require "mde.base.duration"
local errors = require "mde.base.errors"

local notices = {}

local LEAST = 2    -- seconds: shorter waits are not reported
local AGAIN = 30   -- seconds until a wait for a slot of the quota is reported again

-- Keeps a notice (mde.notice) for on_notice.
function notices:notify(notice)
  if self.on_notice then self.notices[#self.notices + 1] = notice end
end

-- Keeps the record of a request for on_request.
function notices:note_request(record)
  self.records[#self.records + 1] = record
end

-- Notifies that calls of `operation` have waited since `since`, and will until `moment`, because of
-- `why`. Many such calls make one notice. `how`: other words in place of "trying again in" and
-- "continuing in", which have notices of their own.
function notices:notify_wait(operation, code, since, moment, why, how)
  self.waited_for = why
  local key, now = operation .. code .. (how or ""), self.clock.monotonic()
  if moment <= now or moment - since < LEAST
     or moment <= (self.noted_waits[key] or -math.huge) + 1 then
    return
  end
  self.noted_waits[key] = code == "quota" and math.max(moment, now + AGAIN) or moment
  local seconds = math.max(moment - now, 0)
  self:notify { code = code, operation = operation, seconds = seconds,
    message = ("%s: %s %s"):format(why,
      how or code == "service" and "trying again in" or "continuing in",
      duration.text(math.ceil(seconds))) }
end

-- The error of calls if client.ends_at has come.
-- -> err | nil
function notices:end_reached(operation)
  if not self.ends_at or self.clock.monotonic() < self.ends_at then return nil end
  return errors.new { code = "deadline", operation = operation,
    message = ("gave up at the deadline: %s"):format(self.waited_for
      or "the service has not answered in time") }
end

-- Calls `observer` with each entry of a list, which may grow meanwhile.
local function empty(observer, list)
  local entry = table.remove(list, 1)
  while entry do
    observer(entry)
    entry = table.remove(list, 1)
  end
end

-- Calls the observers.
function notices:observe()
  empty(self.on_notice, self.notices)
  empty(self.on_request, self.records)
end

return notices
