-- Carries out a batch of the journal, or its open items, and shows progress.
--
-- Ctrl-C stops sending and waits for requests in flight; a second one stops waiting. Either way the
-- batch can be resumed.
--
-- If parsed.stop_reason is given, nothing is shown, signals are left to the caller, and the
-- results are returned as a table. stop_reason is called at least once a second; if it returns a
-- text, sending stops for that reason. parsed.show_item(item), if given, shows each item
-- (false: none is shown).

local automatic_stop = require "mde.program.batch.automatic_stop"
local changes = require "mde.client.changes"
local cjson = require "cjson"
local errors = require "mde.base.errors"
local failure = require "mde.program.exit"
local guards = require "mde.program.batch.guards"
local hours = require "mde.program.policy.hours"
local interruption = require "mde.program.terminal.interruption"
local moments = require "mde.program.terminal.moment"
local notify = require "mde.program.batch.notify"
local notice = require "mde.program.terminal.notice"
local options = require "mde.program.input.options"
local output = require "mde.program.terminal.output"
local permission = require "mde.program.session.permission"
local progress = require "mde.program.batch.progress"
local recorder = require "mde.program.batch.journal_writer"
local releases = require "mde.program.batch.releases"
local report = require "mde.program.batch.summary"
local stop = require "mde.program.batch.stop"
local system = require "mde.program.system"
local verdicts = require "mde.service.verdicts"
local words = require "mde.program.batch.words"

local execution = {}

local DEADLINE = 600  -- seconds that --wait waits for an action
local STORE_LIMIT = 600  -- seconds that a running batch waits for its store
local PLANNED = 40    -- calls in flight for a plan or undo: one list call reads as many actions

-- Adds --reserve, the share of the quota that is left to others.
function execution.define_reserve(command)
  options.add(command, "--reserve", "PERCENT", "Leave this share of the quota to others. Default:"
    .. " 20 without a terminal, else 0.", options.percent)
end

-- Adds the options of every command that carries out a batch.
function execution.define(command)
  options.add(command, "--parallel", "N", "Calls in flight at once. Default: 10.", options.count)
  execution.define_reserve(command)
  command:flag("--wait", "Wait for the end of actions that are accepted or launched.")
  options.add(command, "--deadline", "TIME", "With --wait: longest wait per action."
    .. " Default: 10m.", options.duration)
  options.add(command, "--progress", "json", "Progress as JSON on standard error.",
    options.word("a form of progress", function() return { "json" } end))
  automatic_stop.define(command)
  permission.define(command)
  command:flag("--json", "One JSON object per item.")
end

-- Returns settings of the client that carries out a batch. Without a terminal, a share of the quota
-- is left to others.
function execution.settings(parsed)
  local percent = parsed.reserve
                  or system.terminal.is_terminal(2) and 0 or 20
  return { reserve = percent / 100 }
end

-- The hours of a plan's guards: an array of texts

-- Returns whether requests may be sent at `moment`, and when that changes (nil: never).
local function open(list, moment)
  local parsed = {}
  for i, text in ipairs(list) do parsed[i] = hours.parse(text) end
  local is_open, seconds = hours.open(parsed, moment)
  return is_open, seconds and moment + seconds
end

-- Raises outside of these hours.
function execution.check_hours(list, moment)
  local is_open, change = open(list, moment)
  if is_open then return end
  failure.raise(failure.refused, "outside of the hours of its guards (%s): it may continue %s",
    table.concat(list, "; "), change and "from " .. moments.at(change) or "never")
end

-- Returns the hours that limit a batch.
local function hours_of(session, batch, parsed)
  return guards.hours(session, parsed, batch.hours and cjson.decode(batch.hours) or {}, batch)
end

local Execution = {}
Execution.__index = Execution

function Execution:say(...)
  if not self.is_shown then return end
  self.progress:clear()
  if self.safety.is_asking and not system.state.json then system.stderr:write "\n" end
  output.note(...)
end

-- Checks once a second whether the hours of the plan have ended. -> whether they have
function Execution:check_hours()
  local now = self.session.clock.wall()
  if not self.hours[1] or now < (self.looked_at or 0) + 1 then return self.closed end
  self.looked_at = now
  if not self.closed and not open(self.hours, now) then
    self.closed = true
    self:say("The hours of the plan's guards (%s) have ended: nothing more is sent.",
      table.concat(self.hours, "; "))
  end
  return self.closed
end

-- Reports an item. If that fails, nothing more is sent: its verdict would be lost.
function Execution:item(item)
  if item.error and item.error.code == "store" then self.store_failure = item.error end
  self.safety:ended(item)
  if item.verdict ~= "unsent" then self.progress:count(item.verdict) end
  if self.report.lists_items then self.progress:clear() end
  local done, problem = pcall(self.report.item, self.report, item)
  if not done then self.problem = self.problem or problem end
  self.progress:tick()
end

-- Reads whether a person asked to stop the batch; `is_now`: not once a second. -> the reason | nil
function Execution:stopped_by_person(is_now)
  local who, reason = self.stop_asked(is_now or self.batch.closed)
  if not who then return nil end
  self.stopper = ("stopped by %s%s"):format(who, reason and ": " .. reason or "")
  self.by_person = self.stopper
  self:say("S%s. Nothing more is sent; mde waits for requests in flight.", self.stopper:sub(2))
  return self.stopper
end

-- Returns whether sending must stop for another reason than the safety checks.
function Execution:must_stop(is_now)
  local asked = self.asked()
  if asked then return asked end
  if not self.revoked then
    self.revoked = self.stop_reason and self.stop_reason() or self:stopped_by_person(is_now)
  end
  return self.revoked ~= nil or self.problem ~= nil or self:check_hours()
end

-- Returns whether the client must stop sending or waiting: see mde.client.many.
function Execution:stop()
  self.progress:tick()
  notify.step()
  local must = self:must_stop()
  if must then return must end
  local function is_stopped(is_now) return self:must_stop(is_now) end
  return self.safety:check(is_stopped) ~= nil or self:must_stop()
end

-- Ends items that must not be sent. `aside`: { id -> { code, message } }; the code is the verdict, and
-- without a message there is no error.
function Execution:set_aside(aside)
  if not next(aside) then return end
  for row in self.batch:rows() do
    local why = aside[row.id]
    if why and not verdicts.settled[row.verdict] then
      local err = why.message and errors.new { code = why.code, message = why.message }
      self.recorder:ended { target = row, id = row.id, verdict = why.code, err = err,
                            comment = row.comment }
      self:item { id = row.id, verdict = why.code, error = err }
    end
  end
  self.session.store:commit()
end

-- Reports items that were not sent.
function Execution:rest()
  self.safety:release()
  if not self.report.lists_items or self.problem then
    return self.report:unsent(self.total - self.report.reported)
  end
  for item in self.items do
    self:item { id = item.id, verdict = "unsent", machine = item.name }
  end
  if not self.releases then return end
  self.releases:free()
  for item in self.releases.next, self.releases do
    self:item { id = item.id, verdict = "unsent" }
  end
end

-- Sends the items. Releases run in parallel with cancels: their quotas are separate.
-- Raises the error that ends it.
function Execution:send_all(parsed)
  local undone = self.releases
  failure.check(changes.run(self.session, self.items, {
    comment = self.batch.comment, parallel = parsed.parallel or self.is_planned and PLANNED,
    record = self.recorder, wait = parsed.wait and (parsed.deadline or DEADLINE) or nil,
    on_item = function(item)
      if undone then undone:ended(item.id) end
      self:item(item)
    end,
    on_accepted = function(item) self.safety:accepted(item) end,
    stop = function() return self:stop() end,
    beside = undone and self.safety:lane(function() return undone:next() end, true) or nil,
  }))
end

-- Calls a method that waits longer for the store, so that answers in flight are not lost.
function Execution:patiently(method, ...)
  local world = self.session.store.world or {}
  world.limit = STORE_LIMIT
  local done, result = pcall(method, self, ...)
  world.limit = nil
  return done, result
end

function Execution:send(parsed)
  self.items = self.safety:lane(self.batch:items())
  self.releases = self.is_planned and releases.new(self.batch) or nil
  local done, result = self:patiently(self.send_all, parsed)
  if not done and not (errors.is(result) and result.code == "store") then error(result, 0) end
  self.store_failure = self.store_failure or self.session.scheduler.store_error
                       or not done and result
  self.interrupted = system.interrupt.count() > 0
  if not self.store_failure then self:rest() end
  if self.is_shown then system.interrupt.release() end
end

-- -> the reason why it stopped before its end | nil
function Execution:reason()
  if self.interrupted then return "interrupted" end
  if self.revoked then return self.revoked end
  if self.problem then return "output failed" end
  if self.closed then return "outside of hours" end
  local halt = self.safety:stopped()
  return halt and halt.reason
end

-- Records how the batch ended. The caller omits this if the store failed.
function Execution:note_end()
  if not self.is_shown then self:stopped_by_person(true) end  -- the next round must know
  local left = self.batch:open_count()
  if not self.batch.closed and (left > 0 or not self.recorder.has_ended) then
    self.recorder:note(left == 0 and "ended" or "stopped", self:reason())
  end
  self.interrupted = self.interrupted and left > 0
  self.stopper = (left > 0 or self.batch.closed) and self.stopper or nil
  self.left = left
  self.halt = left > 0 and self.safety:stopped() or nil
  local failed = left > 0 and (self.halt and self.halt.reason or self.report.failure)
  if failed and not (self.is_shown or self.interrupted or self.stopper) then
    self.recorder:note("closed", tostring(failed))  -- the next round plans anew
  end
end

function Execution:status()
  local again = ("%s resume %s"):format(self.report.program, self.batch.name)
  if self.interrupted then
    if self.report.batch then output.note("Interrupted: `%s` continues it.", again) end
    return failure.interrupted
  end
  if self.store_failure then
    output.note("%s. Nothing more was sent. When the store works again, `%s` continues it.",
      tostring(self.store_failure), again)
    return failure.failed
  end
  if self.stopper then
    output.note(self.batch.closed and "S%s; the batch is closed." or "S%s: `%s` continues it.",
      self.stopper:sub(2), again)
    return failure.interrupted
  end
  if self.halt then
    output.note("Stopped: %s.%s", self.halt.reason,
      self.report.batch and (" `%s` continues it."):format(again) or "")
    return self.halt.status
  end
  if self.closed and self.batch:open_count() > 0 then
    output.note("`%s` continues it, within those hours.", again)
    return failure.refused
  end
  local problem = self.problem
  if problem and failure.status(problem) ~= 0 then error(problem, 0) end
  if problem then output.note("The reader closed the output; nothing more was sent.") end
  return self.report:status()
end

-- Returns the least number of seconds in which the quota allows `calls`: { operation -> number }.
function execution.seconds(session, calls)
  session.quota:look()
  session.store:commit()
  local now, most = session.clock.monotonic(), 0
  for operation, count in pairs(calls) do
    if count > 0 then most = math.max(most, session.quota:at_best(operation, count, now)) end
  end
  return most
end

-- Prints when the calls will have been sent, if that takes a minute or more.
function execution.foretell(session, calls)
  local seconds = execution.seconds(session, calls)
  if seconds < 60 then return end
  output.note("The service's limits make this take at least %s: until %s.",
    require "mde.base.duration".text(seconds),
    system.date(seconds < 43200 and "%H:%M %Z" or "%A, %H:%M %Z",
      system.now() + math.ceil(seconds)))
end

-- Returns the results, for a caller that shows them.
function Execution:told()
  return { verdicts = self.report.counts, errors = self.report.codes, left = self.left,
           stopped = self.left ~= 0 and self:reason() or nil, by_person = self.by_person,
           is_closed = self.batch.closed ~= nil,
           status = self.halt and self.halt.status or self.report:status(),
           failure = self.store_failure or self.report.failure }
end

-- Shows no progress.
local NO_PROGRESS = { tick = function() end, count = function() end, clear = function() end,
                      finish = function() end }

-- Carries out `batch`, whose lock this process holds; `kind`: "begun" or "resumed"; `aside`: see
-- Execution:set_aside. Raises outside of the hours of its plan.
-- -> exit status (nil with parsed.stop_reason), results: { verdicts = { verdict -> how many }, errors
-- = { code -> how many }, left (open items; nil: the store failed), stopped (the reason; nil: it was
-- not), by_person (the same if a person did: `mde batch stop`, even if no item was open then),
-- is_closed (it was stopped before it did harm, and closed), status (exit status), failure (error
-- of service, network or store, or nil) }
function execution.run(session, batch, parsed, kind, aside)
  local open_hours = hours_of(session, batch, parsed)
  execution.check_hours(open_hours, session.clock.wall())
  local recording = recorder.new(session.store, batch,
    recorder.actor(failure.check(session:sign_in()), session.profile))
  local clock = session.clock
  local began, total = clock.monotonic(), batch:open_count()
  local is_kept, is_shown = session.store.name ~= "memory", not parsed.stop_reason
  local change, kinds = batch:change(), batch:kind_counts()
  local self = setmetatable({
    session = session, batch = batch, total = total,
    is_planned = batch.plan ~= nil or kinds.undo ~= nil or kinds.release ~= nil,
    recorder = recording,
    report = report.new(session, total, parsed.json, is_kept and batch.name or nil, is_shown,
      change),
    progress = not is_shown and NO_PROGRESS
               or progress.new(session, total, parsed.progress, words.operation(change, kinds),
                  parsed.wait),
    hours = open_hours, closed = false, stop_reason = parsed.stop_reason, is_shown = is_shown,
    stop_asked = stop.watched(batch, clock),
  }, Execution)
  self.safety = automatic_stop.new(session, batch, parsed, kind, total,
    function(...) self:say(...) end)
  self.report.waited = parsed.wait
  if parsed.show_item ~= nil then self.report:show_items(parsed.show_item) end
  self.asked = interruption.asked(function(text) self:say(text) end)
  function session.on_notice(entry)
    if entry.code == "quota" then return end  -- the progress shows when the next call is sent
    notice.show(entry, function(...) self:say(...) end)
  end
  if is_shown then system.interrupt.watch() end  -- before the first item is shown
  self.recorder:note(kind)
  if batch.overridden then self.recorder:note("overridden", batch.overridden) end
  self:set_aside(aside or change == "request" and recording:settled() or {})
  self:send(parsed)
  self.progress:finish()
  if not self.store_failure then
    local noted, problem = self:patiently(self.note_end)
    if not noted then self.store_failure = problem end
  end
  self.recorder:finish()
  if not is_shown then return nil, self:told() end
  self.report:summary(clock.monotonic() - began, self.left == 0,
    self.store_failure and {} or batch:cancelled_isolations())
  return self:status(), self:told()
end

return execution
