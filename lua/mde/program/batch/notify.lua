-- Passes events to the command that a profile names with `notify`.
-- See doc/cancelling.md.
--
-- An event is queued in the store, in the transaction of the change that it reports, and dropped
-- after the command has ended with status 0. So it is passed on at least once, by this process or
-- by a later one of the same profile. Only the end of the program waits for a command.

local core = require "mde.core"
local date = require "mde.base.date"
local errors = require "mde.base.errors"
local failure = require "mde.program.exit"
local json = require "mde.program.terminal.json"
local output = require "mde.program.terminal.output"
local stores = require "mde.program.session.store"
local system = require "mde.program.system"

local notify = {}

local LONGEST = 10  -- seconds that a command may take and the end of the program waits
local AGAIN = 60    -- seconds after a failure until a process tries again
local TEXT = 400    -- longest text in an event, in bytes: the event must fit into a pipe's buffer

local KEYS = { "id", "time", "event", "profile", "tenant", "batch", "who", "command", "comment",
               "reason", "items", "open", "verdicts", "guard", "message" }

local function kill(self)
  system.process.kill_group(self.pid)
  while not system.process.wait(self.pid) do system.process.pause(0.01) end
  self.pid = nil
end

-- Passes on the events of this profile from now on (nil: of none).
function notify.use(profile)
  local former = system.state.notify
  if former and former.pid then kill(former) end  -- its event is passed on again
  system.state.notify = profile and profile.notify
    and { profile = profile.name, command = profile.notify, is_due = true } or nil
end

-- Events

-- An event of a kind, as JSON. `fields`: those of KEYS that are known.
local function text_of(profile, kind, fields)
  local event = { id = core.random_guid(), time = date.text(system.clock.wall()), event = kind,
                  profile = profile, who = stores.who(),
                  command = errors.line(system.state.command_line or "mde", TEXT) }
  for _, key in ipairs(KEYS) do
    local value = fields[key]
    if type(value) == "string" then value = errors.line(value, TEXT) end
    if value ~= nil then event[key] = value end
  end
  return json.encode(event, KEYS) .. "\n"
end

-- Queues an event in the open transaction.
function notify.queue(store, kind, fields)
  local state = system.state.notify
  if not state then return end
  store.journal:queue(state.profile, text_of(state.profile, kind, fields))
  state.is_due = true
end

-- Queues an event of a batch; `reason`: why it stopped.
function notify.of_batch(batch, kind, reason)
  if not system.state.notify then return end
  local counts = batch:counts()
  notify.queue(batch.store, kind, {
    tenant = batch.tenant, batch = batch.name, comment = batch.comment, reason = reason,
    items = batch.count, open = batch:open_count(),
    verdicts = next(counts) and counts or nil,
  })
end

-- Queues an event without a batch, such as a refusal, in its own transaction.
function notify.tell(kind, fields)
  local store = system.state.store
  if not (system.state.notify and store) then return end
  local done, problem = pcall(store.database.atomically, store.database, notify.queue, store, kind,
    fields)
  if not done then output.note("notify: cannot queue the event: %s", tostring(problem)) end
end

-- The command

local function name_of(command)
  return require "mde.config.secret".program(command)
end

-- Starts the command with an event. Raises the error.
local function start(self, event, is_quiet)
  local pid, problem = system.process.feed(self.command, event, is_quiet)
  if not pid then
    failure.raise(failure.failed, "notify: %s: %s", name_of(self.command), problem)
  end
  self.pid, self.ends_at = pid, system.clock.monotonic() + LONGEST
end

-- Kills the command. -> text
local function give_up(self)
  kill(self)
  return ("%s took longer than %d s"):format(name_of(self.command), LONGEST)
end

-- Returns true if the command ended with status 0, a text if it failed, nil while it runs.
local function result(self)
  local status = system.process.wait(self.pid)
  if status then
    self.pid = nil
    return status == 0 or ("%s ended with status %d"):format(name_of(self.command), status)
  end
  if system.clock.monotonic() < self.ends_at then return nil end
  return give_up(self)
end

-- Prints once that an event could not be passed on.
local function fail(self, problem)
  self.again_at = system.clock.monotonic() + AGAIN
  if self.has_failed then return end
  self.has_failed = true
  output.note("notify: %s; the event is kept and passed on later.", problem)
end

-- -> whether a command runs
local function step(self)
  if self.pid then
    local ended = result(self)
    if not ended then return true end
    if ended == true then system.state.store.journal:drop_notice(self.number, self.event)
    else fail(self, ended) end
  end
  local store = system.state.store
  if not (self.is_due and store) or store.database.open
     or system.clock.monotonic() < (self.again_at or 0) then return false end
  self.number, self.event = store.journal:claim_notice(self.profile)
  self.is_due = self.number ~= nil
  if self.is_due then start(self, self.event, true) end
  return self.is_due
end

-- Passes events on, without waiting. -> whether a command runs
function notify.step()
  local self = system.state.notify
  if not self then return false end
  local done, runs = pcall(step, self)
  if done then return runs end
  if not failure.status(runs) then error(runs, 0) end
  fail(self, tostring(runs):gsub("^notify: ", ""))
  return false
end

-- Passes on the events that are left, at the end of the program.
function notify.finish()
  local self = system.state.notify
  local ends_at = system.clock.monotonic() + LONGEST
  while notify.step() and system.clock.monotonic() < ends_at do system.process.pause(0.02) end
  if self.pid then fail(self, give_up(self)) end
end

-- Sends a test event to the profile's command, and waits for it. -> exit status
function notify.test()
  local self = system.state.notify
  failure.misuse_if(not self, "--test-notify: the profile has no `notify`")
  start(self, text_of(self.profile, "test", { message = "a test of mde status --test-notify" }))
  local ended
  repeat
    ended = result(self)
    if not ended then system.process.pause(0.02) end
  until ended
  output.note("notify: %s.", ended == true and name_of(self.command) .. " ended with status 0"
    or ended)
  return ended == true and 0 or failure.failed
end

return notify
