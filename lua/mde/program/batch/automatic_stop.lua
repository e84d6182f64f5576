-- Stops a batch if a permission is missing, or the canary or the service fails.

local agreement = require "mde.program.batch.confirmation"
local canaries = require "mde.program.batch.canary"
local duration = require "mde.base.duration"
local failure = require "mde.program.exit"
local options = require "mde.program.input.options"
local override = require "mde.program.batch.override"
local system = require "mde.program.system"
local terminal = require "mde.terminal"

local automatic_stop = {}

local Safety = {}
Safety.__index = Safety

local GIVE_UP = 1800  -- seconds for which a batch waits for a failing service
local FIRST = 3       -- items whose refusal stops it
local UNREAD = 10     -- items in a row that were not sent, since reading them failed

-- Adds its options to a command.
function automatic_stop.define(command)
  options.add(command, "--canary", "N", "Carry out N of each change first, and read them back;"
    .. " off: none. Default: 10, if there are more than 50.", function(text)
      if text == "off" then return 0 end
      return options.count(text)
    end)
  options.add(command, "--give-up", "TIME", "Stop if the service fails for this long."
    .. " Default: 30m.", options.duration)
end

-- Checks. -> { status, reason }: the batch stops | nil

local TOKEN = { unauthorized = true, sign_in = true }

-- Stops if the last item shows that others would fail as well.
function Safety:check_item(item)
  local code = item.error and item.error.code
  if self.refused == FIRST then
    return { status = failure.sign_in,
             reason = ("the first %d items ended forbidden"):format(FIRST) }
  elseif TOKEN[code] then
    return { status = failure.sign_in, reason = "the sign-in or its token was refused" }
  elseif self.unread == UNREAD then
    return { status = failure.failed, reason = "the service answers no reads" }
  elseif code == "too_many_requests" then
    return { status = failure.failed, reason = "the service keeps asking to wait (HTTP 429)" }
  end
end

-- Stops if the service has failed for too long.
function Safety:check_service()
  local now = self.session.clock.monotonic()
  local seconds, is_throttled = self.session.quota:failing_for(now, self.began)
  if seconds == 0 or seconds < self.give_up then return nil end
  return { status = failure.failed,
           reason = (is_throttled and "the service asked to wait (HTTP 429) for "
                     or "the service failed for ") .. duration.text(self.give_up) }
end

-- Changes that interrupt a person's work at once.
local DRASTIC = { isolate = true, restrict = true, quarantine = true, offboard = true }

-- Asks at the terminal until `is_stopped()`. -> whether the answer is yes; nil: there is no terminal
function Safety:ask(question, is_stopped)
  system.stdout:flush()
  self.is_asking = true
  local answer = agreement.answer(terminal.printable(question .. " [y/N] "), is_stopped)
  self.is_asking = false
  if answer == nil then return nil end
  answer = (answer or ""):lower()
  return answer == "y" or answer == "yes"
end

local function show(self)
  for _, result in ipairs(self.canary.results) do
    self.say("%-17s %s", result.verdict, result.item.machine or result.item.id)
  end
end

local function is_drastic(canary)
  for _, result in ipairs(canary.results) do
    if DRASTIC[result.change] then return true end
  end
  return false
end

-- Judges a canary whose items have ended: reads them, and asks if a person must decide.
-- is_stopped(is_now): whether the batch stops for another reason; is_now: reads the store at once.
function Safety:check_canary(is_stopped)
  local canary = self.canary
  if not (canary and canary:is_due()) then return nil end
  local session, former = self.session, self.session.stop
  session.stop = former or is_stopped
  canary:read_back(session, is_stopped)
  session.stop = former
  canary:release()
  if is_stopped() then return nil end
  local outcome, bad = canary:outcome()
  local has_failed, rest = bad > 1, self.total - #canary.results
  if not has_failed and not (self.is_attended and is_drastic(canary)) then return nil end
  self.say("The first %d were carried out and read back:", #canary.results)
  if not has_failed then show(self) end
  local wish = self.is_attended and self:ask(has_failed and outcome .. ". Continue?"
    or ("Continue with the other %d?"):format(rest), is_stopped)
  if is_stopped(true) then return nil end  -- asked by another process meanwhile
  if wish or not has_failed and wish == nil then return nil end
  return { status = failure.refused, reason = "canary: " .. (has_failed and outcome
    or "a person declined the rest") }
end

-- Notes that the service has accepted an item (mde.item) whose end is waited for.
function Safety:accepted(item)
  if self.canary then self.canary:answered(item) end
end

-- Notes that an item (mde.item) has ended.
function Safety:ended(item)
  if self.canary then self.canary:answered(item) end
  if item.verdict == "unsent" and not item.error or item.verdict == "changed" then return end
  self.count = self.count + 1
  self.unread = item.verdict == "unsent" and self.unread + 1 or 0
  if item.verdict == "forbidden" and self.count <= FIRST then self.refused = self.refused + 1 end
  self.halt = self.halt or self:check_item(item)
end

-- Returns why the batch must stop: { status, reason } | nil. is_stopped: see check_canary.
function Safety:check(is_stopped)
  self.halt = self.halt or self:check_service() or self:check_canary(is_stopped)
  return self.halt
end

-- Returns why the batch stopped: { status, reason } | nil. If each item has its verdict, the summary
-- shows the reason, so a person sees no other; but `mde watch` must not leave that batch open.
function Safety:stopped()
  return (self.count < self.total or not self.is_shown) and self.halt or nil
end

-- Returns an iterator over the items of `next`: see mde.program.batch.canary.
function Safety:lane(next, releasing)
  if not self.canary then return next end
  return self.canary:lane(next, releasing or false)
end

-- Lets all items pass.
function Safety:release()
  if self.canary then self.canary:release() end
end

-- Creates the checks of `batch`, with `total` open items. `kind`: "begun" or "resumed"; `say` shows
-- a line.
function automatic_stop.new(session, batch, parsed, kind, total, say)
  local is_shown = not parsed.stop_reason
  local each = parsed.canary or total > canaries.large and canaries.each or 0
  session.quota.is_urgent = is_shown and total == 1 and system.terminal.is_terminal(2)
  local canary = kind == "begun" and each > 0 and each < total and canaries.new(batch, each) or nil
  return setmetatable({
    session = session, total = total, say = say, is_shown = is_shown,
    began = session.clock.monotonic(),
    give_up = parsed.give_up or GIVE_UP,
    is_attended = override.is_attended(parsed),
    canary = canary, is_asking = false,
    count = 0, refused = 0, unread = 0, halt = nil,
  }, Safety)
end

return automatic_stop
