-- mde resume: goes on with a batch that has stopped, on whatever machine.

local agreement = require "mde.program.batch.confirmation"
local client = require "mde.program.session.client"
local execution = require "mde.program.batch.execution"
local duration = require "mde.base.duration"
local failure = require "mde.program.exit"
local guards = require "mde.program.plan.guards"
local number = require "mde.program.report.markup".number
local options = require "mde.program.input.options"
local output = require "mde.program.terminal.output"
local permission = require "mde.program.session.permission"
local stores = require "mde.program.session.store"

local resume = {}

function resume.define(command)
  command:epilog [[
What was in the air is read back first, and sent again only if it is still
open. What is proven done is not sent again. Without BATCH the latest one is
taken that is not done and that nobody holds. A batch is of one application
in one tenant: it is resumed by who signs in as that.

A plan's batch is checked as the plan was: what is left is read again, and
the guards, as the profile has them now, are checked again; `max` counts what
the batch has changed and what is left. If the plan has expired meanwhile, a
question is asked first; unattended, --approve gives the plan's hash again.

Examples:
   mde resume
   mde resume 2026-11-25.1
   MDE_STORE=postgresql://journal.contoso.com/mde mde resume --join]]
  command:argument("batch", "The batch."):args "?":argname "BATCH"
  command:flag("--join", "Go on with every batch that nobody holds, one after the other.")
  options.add(command, "--approve", "HASH", "Approve the batch of a plan that has expired: the"
    .. " plan's hash.")
  execution.define(command)
end

-- Whether a batch is this session's to cancel: of its tenant and application.
local function is_ours(session, batch)
  return session.store.journal:is_alias(batch.application, session.application)
         or batch.tenant ~= nil and batch.tenant == session.tenant
end

local NONE = "No batch is left to resume that nobody holds."

-- Whether a batch that is given by its name may be: tokens that do not say whose they
-- are can't be told apart.
local function may_be_ours(session, batch)
  return is_ours(session, batch)
         or batch.application:find "^token " and session.application:find "^token "
end

local function named(session, name)
  local batch = failure.check(session.store.journal:find(name))
  client.identify(session)
  if not may_be_ours(session, batch) then
    failure.raise(failure.usage, "batch '%s' is of tenant and application %s, and this signs in"
      .. " as %s", name, batch.application, session.application)
  end
  if batch:open_count() == 0 then return nil end
  local lock, holder = batch:hold()
  if not lock then
    failure.raise(failure.refused, "batch '%s' is held by %s", name, stores.shown(holder))
  end
  return batch, lock
end

-- The batches of this session that are not done, the oldest first.
local function open_ones(session)
  local open, list = {}, {}
  for _, batch in ipairs(session.store.journal:batches()) do
    if batch:open_count() > 0 then open[#open + 1] = batch end
  end
  if open[1] then client.identify(session) end
  for _, batch in ipairs(open) do
    if is_ours(session, batch) then list[#list + 1] = batch end
  end
  return list
end

local function reversed(list)
  local other = {}
  for i = #list, 1, -1 do other[#other + 1] = list[i] end
  return other
end

-- {{ A plan's batch

-- Raises if what --approve gives is not the plan's hash.
local function check_approval(batch, given)
  if not given then return end
  agreement.check_hash(given)
  if batch.plan and agreement.approves(given, batch.plan) then return end
  failure.raise(failure.refused, "batch %s is of %s, and %s… is approved", batch.name,
    batch.plan and "the plan " .. batch.plan or "no plan", given:sub(1, agreement.digits))
end

-- Checks the guards again, and asks if the plan has expired and anything may still be sent.
local function agree(session, batch, parsed)
  if batch.plan or not parsed.join then check_approval(batch, parsed.approve) end
  if not batch.plan then return end
  local left = guards.check_again(session, batch, parsed)
  local late = session.service_clock.wall() - (batch.expires or math.huge)
  if left == 0 or late < 0 or parsed.approve then return end
  local what = ("the plan expired %s ago; %s of %s are left"):format(
    duration.text(math.floor(late)), number(left), number(batch.count))
  local question = ("T%s. Continue in %s"):format(what:sub(2), agreement.place(session))
  agreement.confirm(question, what,
    ("--approve %s… agrees beforehand"):format(batch.plan:sub(1, agreement.digits)))
end

-- }}

local function continue(session, batch, lock, parsed)
  local _ <close> = lock
  permission.check(session, parsed)
  agree(session, batch, parsed)
  output.note("Batch %s: %d of %d left. %s", batch.name, batch:open_count(), batch.count,
    batch.comment)
  execution.foretell(session, batch:open_count())
  return execution.run(session, batch, parsed, "resumed")
end

-- Continues one of several batches: one that is refused ends no other. -> exit status
local function continue_one(session, batch, lock, parsed)
  local done, result = pcall(continue, session, batch, lock, parsed)
  if done then return result end
  if failure.status(result) ~= failure.refused then error(result, 0) end
  output.note("Batch %s: %s", batch.name, tostring(result))
  return failure.refused
end

-- One after the other, each once. -> the worst exit status
local function join(session, parsed)
  local worst, left = nil, open_ones(session)
  while true do
    local batch, lock = session.store:take(left)
    if not batch then break end
    for i, other in ipairs(left) do
      if other == batch then table.remove(left, i) break end
    end
    if batch:open_count() > 0 then  -- its holder may have ended it meanwhile
      local status = continue_one(session, batch, lock, parsed)
      worst = math.max(worst or 0, status)
      if status >= failure.failed then return status end
    else
      lock:release()
    end
  end
  if not worst then output.note(NONE) end
  return worst or 0
end

function resume.run(parsed)
  if parsed.join and parsed.batch then
    failure.raise(failure.usage, "--join takes what nobody holds, and not '%s'", parsed.batch)
  end
  if parsed.deadline and not parsed.wait then
    failure.raise(failure.usage, "--deadline needs --wait")
  end
  local session = client.connect(parsed, execution.settings(parsed))
  if parsed.join then return join(session, parsed) end
  local batch, lock
  if parsed.batch then batch, lock = named(session, parsed.batch)
  else batch, lock = session.store:take(reversed(open_ones(session))) end
  if batch then return continue(session, batch, lock, parsed) end
  output.note(parsed.batch and "Nothing is left to do in this batch."
    or NONE)
  return 0
end

return resume
