-- Carries a batch of the journal out, from its first cancel or from where it stopped,
-- and shows how it goes. Ctrl-C stops sending and waits for what is in the air; a
-- second one stops waiting. Either way the batch can be resumed.

local errors = require "mde.errors"
local failure = require "mde.cli.failure"
local interrupt = require "mde.interrupt"
local options = require "mde.cli.options"
local output = require "mde.cli.output"
local permission = require "mde.cli.permission"
local progress = require "mde.cli.progress"
local recorder = require "mde.cli.recorder"
local report = require "mde.cli.report"

local execution = {}

local DEADLINE = 600  -- seconds that --wait waits for an action

-- Adds the options that say how a batch is carried out.
function execution.define(command)
  options.add(command, "--parallel", "N", "Calls under way at once. Default: 10.", options.count)
  options.add(command, "--reserve", "PERCENT", "Leave this share of the quota to others. Default:"
    .. " 20 without a terminal, else 0.", options.percent)
  command:flag("--wait", "Wait for the end of actions that are accepted and not final yet.")
  options.add(command, "--deadline", "TIME", "With --wait: at most so long for each."
    .. " Default: 10m.", options.duration)
  options.add(command, "--progress", "json", "Progress as JSON on standard error.",
    function(text)
      if text == "json" then return text end
      return nil, ("'%s' is not json"):format(text)
    end)
  permission.define(command)
  command:flag("--json", "One JSON object an action.")
end

-- The settings of the client that carries a batch out. Where nobody watches, some of the
-- quota is left to people.
function execution.settings(parsed)
  local percent = parsed.reserve
                  or require "mde.terminal".is_terminal(2) and 0 or 20
  return { reserve = percent / 100 }
end

local Execution = {}
Execution.__index = Execution

-- Reports an item. Where that fails nothing more is sent, since nobody could
-- tell what was done.
function Execution:item(item)
  if item.error and item.error.code == "store" then self.store_failure = item.error end
  if item.verdict ~= "unsent" then self.progress:count(item.verdict) end
  if not self.report.is_quiet then self.progress:clear() end
  local done, problem = pcall(self.report.item, self.report, item)
  if not done then self.problem = self.problem or problem end
  self.progress:tick()
end

-- What the client is to do: see mde.batch.
function Execution:stop()
  self.progress:tick()
  local signals = interrupt.count()
  if signals > 1 then return "at once" end
  if signals == 1 and not self.interrupted then
    self.interrupted = true
    self.progress:clear()
    output.note("Interrupted: nothing more is sent; what is under way is waited for."
      .. " Ctrl-C again stops at once.")
  end
  return self.interrupted or self.problem ~= nil
end

-- Reports what was not taken up.
function Execution:rest(items)
  if self.report.is_quiet or self.problem then
    return self.report:unsent(self.total - self.report.reported)
  end
  for item in items do self:item { id = item.id, verdict = "unsent" } end
end

function Execution:send(parsed)
  local items = self.batch:items()
  interrupt.watch()
  local done, result, err = pcall(self.session.cancel_all, self.session, items, {
    comment = self.batch.comment, parallel = parsed.parallel, record = self.recorder,
    wait = parsed.wait and (parsed.deadline or DEADLINE) or nil,
    on_item = function(item) self:item(item) end,
    stop = function() return self:stop() end,
  })
  if done then failure.check(result, err) end
  if not done and not (errors.is(result) and result.code == "store") then error(result, 0) end
  self.store_failure = self.store_failure or self.session.store_failure or not done and result
  self.interrupted = interrupt.count() > 0
  if not self.store_failure then self:rest(items) end
  interrupt.release()
end

-- Notes how it ended, unless the store is the reason.
function Execution:note_end()
  local left = self.batch:open_count()
  local reason = self.interrupted and "interrupted" or self.problem and "output failed" or nil
  self.interrupted = self.interrupted and left > 0
  self.recorder:note(left == 0 and "ended" or "stopped", reason)
end

function Execution:status()
  local name = self.batch.name
  if self.interrupted then
    if self.report.batch then output.note("Interrupted: `mde resume %s` goes on with it.", name) end
    return failure.interrupted
  end
  if self.store_failure then
    output.note("%s. Nothing more was sent; `mde resume %s` goes on, when the store works again.",
      tostring(self.store_failure), name)
    return failure.failed
  end
  local problem = self.problem
  if problem and failure.status(problem) ~= 0 then error(problem, 0) end
  return self.report:status()
end

-- Learns what the quota is like now, and tells what it makes of `count` cancels, where
-- that is worth waiting for.
function execution.foretell(session, count)
  session.quota:look()
  session.store:commit()
  local seconds = session.quota:at_best("cancel", count, session.clock.monotonic())
  if seconds < 60 then return end
  output.note("The service's limits make this take at least %s: until %s.",
    require "mde.duration".text(seconds),
    os.date(seconds < 43200 and "%H:%M" or "%A, %H:%M", os.time() + math.ceil(seconds)))
end

-- Carries out `batch`, which this process holds; `kind`: "begun" or "resumed".
-- -> exit status
function execution.run(session, batch, parsed, kind)
  local clock = session.clock
  local began, total = clock.monotonic(), batch:open_count()
  local is_kept = session.store.name ~= "memory"
  local self = setmetatable({
    session = session, batch = batch, total = total,
    recorder = recorder.new(session.store, batch),
    report = report.new(session.tenant, total, parsed.json, is_kept and batch.name or nil),
    progress = progress.new(session, total, parsed.progress),
  }, Execution)
  self.report.waited = parsed.wait
  self.recorder:note(kind)
  self:send(parsed)
  self.progress:finish()
  if not self.store_failure then
    local noted, problem = pcall(self.note_end, self)
    if not noted then self.store_failure = problem end
  end
  self.report:summary(clock.monotonic() - began)
  return self:status()
end

return execution
