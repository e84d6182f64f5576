-- mde resume: continues a batch that has stopped, on any machine of its store.

local agreement = require "mde.program.batch.confirmation"
local client = require "mde.program.session.client"
local execution = require "mde.program.batch.execution"
local duration = require "mde.base.duration"
local failure = require "mde.program.exit"
local guards = require "mde.program.batch.guards"
local interruption = require "mde.program.terminal.interruption"
local number = require "mde.program.report.markup".number
local open = require "mde.program.batch.open"
local options = require "mde.program.input.options"
local output = require "mde.program.terminal.output"
local override = require "mde.program.batch.override"
local permission = require "mde.program.session.permission"
local stores = require "mde.program.session.store"
local words = require "mde.program.batch.words"

local resume = {}

function resume.define(command)
  command:epilog [[
First reads the actions whose requests were in flight, and sends again only for
those that are still open. Items with a final verdict are not sent again.
Without BATCH, shows the open batches and asks which to resume; without a
terminal, requires BATCH or --join. A batch belongs to one application in one
tenant: sign in as the same application to resume it.

A plan's batch is checked like the plan: reads the open items again, and checks
the guards that the profile has now; `max` counts changed items and open ones.
If the plan has expired meanwhile, asks first; unattended, requires --approve
with the plan's hash.

If a guard is exceeded, asks at the terminal; unattended, requires --override
with --yes, --max and -m.

Examples:
   mde resume
   mde resume 2026-11-25.1
   mde resume 2026-11-25.1 --override max --yes --max 300 -m "INC0048211"
   MDE_STORE=postgresql://journal.contoso.com/mde mde resume --join]]
  command:argument("batch", "The batch."):args "?":argname "BATCH"
  command:flag("--join", "Continue every batch that no process runs, one after the other.")
  options.add(command, "--approve", "HASH", "Approve the batch of an expired plan by the"
    .. " plan's hash.")
  agreement.define_consent(command)
  options.add(command, "-m --comment", "TEXT", "Why guards are exceeded; kept in the journal.")
  execution.define(command)
end

local NONE = "There is no open batch to resume."

-- Returns whether a named batch may be of this session. Tokens that do not contain their
-- application can't be compared.
local function may_be_ours(session, batch)
  return open.is_of(session, batch)
         or batch.application:find "^token " and session.application:find "^token "
end

-- Takes the batch's lock. -> batch, lock | nil: another process has ended or closed it meanwhile;
-- raises if another process runs the batch
local function hold(batch)
  batch:expect_stop()
  local lock, holder = batch:hold()
  if not lock then
    failure.raise(failure.refused, "%s runs batch %s", stores.shown(holder), batch.name)
  end
  if batch:open_count() > 0 then return batch, lock end
  lock:release()
end

local function named(session, name)
  local batch = failure.check(session.store.journal:find(name))
  client.identify(session)
  failure.misuse_if(not may_be_ours(session, batch),
    "batch %s is of tenant and application %s, and this command"
    .. " signs in as %s", name, batch.application, session.application)
  if batch:open_count() == 0 then return nil end
  return hold(batch)
end

-- Without a name

-- The open batches of this session that no process runs: see open.list.
local function open_ones(session)
  if not session.store.journal:unended()[1] then return {} end
  client.identify(session)
  local list = open.list(session.store, function(batch) return open.is_of(session, batch) end)
  for i = #list, 1, -1 do
    if list[i].state == "running" then table.remove(list, i) end
  end
  return list
end

-- The batch that an answer chooses: its number in the list or its name.
local function chosen(list, answer)
  local found = list[math.tointeger(tonumber(answer))]
  for _, entry in ipairs(list) do
    if entry.batch.name == answer then
      failure.misuse_if(found and found ~= entry,
        "'%s' is a number and a name: mde resume NAME", answer)
      found = entry
    end
  end
  if not found then failure.raise(failure.usage, "'%s' is none of these batches", answer) end
  return found.batch
end

-- Asks which batch to resume. -> batch, lock | nil: there is none
local function ask(session)
  local list = open_ones(session)
  if not list[1] then return nil end
  open.show(list, "open", 2, list[2] ~= nil)
  local place = agreement.place(session)
  if not list[2] then
    local batch = list[1].batch
    agreement.confirm(("Resume %s in %s"):format(batch.name, place), "1 batch is open",
      "Name it: mde resume " .. batch.name)
    return hold(batch)
  end
  local answer = agreement.ask(("Resume which of them in %s? [1-%d, NAME, Enter: none] ")
    :format(place, #list), ("%d batches are open"):format(#list), "Name one: mde resume NAME")
  if answer == "" then failure.raise(failure.refused, "none was chosen; nothing was sent") end
  return hold(chosen(list, answer))
end

-- A plan's batch

-- Raises if the hash of --approve is not the plan's.
local function check_approval(batch, given)
  if not given then return end
  agreement.check_hash(given)
  if batch.plan and agreement.approves(given, batch.plan) then return end
  failure.raise(failure.refused, "batch %s is of %s, and %s… is approved", batch.name,
    batch.plan and "the plan " .. batch.plan or "no plan", given:sub(1, agreement.digits))
end

-- Returns the seconds since the plan has expired, by the clock of the service, of which the answer
-- to any request tells.
local function lateness(session, batch)
  if not batch.expires then return -1 end
  local _, err = session:list { limit = 1 }
  if err and err.code ~= "forbidden" then error(err, 0) end
  return session.service_clock.wall() - batch.expires
end

-- Checks the guards again, and asks if the plan has expired and anything may still be sent.
local function agree(session, batch, parsed)
  if batch.plan or not parsed.join then check_approval(batch, parsed.approve) end
  local left = batch:open_count()
  if left == 0 then return end
  agreement.check_count(parsed, left, ("%s items are open"):format(number(left)))
  local exceeded = guards.check_again(session, parsed, batch)
  local late = parsed.approve and -1 or lateness(session, batch)
  local is_expired = late >= 0
  if not is_expired and not exceeded then return end
  local what = ("%s of %s items are open"):format(number(left), number(batch.count))
  if is_expired then
    what = ("the plan expired %s ago; %s"):format(duration.text(math.floor(late)), what)
  end
  local question = ("%s. Continue in %s"):format(what:gsub("^%l", string.upper),
    agreement.place(session))
  if parsed.yes then
    failure.raise(failure.refused, "%s; nothing was sent. --approve %s… agrees beforehand", what,
      batch.plan:sub(1, agreement.digits))
  end
  agreement.confirm(question, what, batch.plan and ("--approve %s… agrees beforehand"):format(
    batch.plan:sub(1, agreement.digits)), exceeded)
end

local function continue(session, batch, lock, parsed)
  local _ <close> = lock
  interruption.before_batch(session)
  if words.reads_actions(batch:change()) then permission.check(session, parsed) end
  agree(session, batch, parsed)
  output.note("Batch %s: %d of %d items open. %s", batch.name, batch:open_count(), batch.count,
    batch.comment)
  execution.foretell(session,
    { [words.operation(batch:change(), batch:kind_counts())] = batch:open_count() })
  interruption.check()
  session.stop = nil
  return execution.run(session, batch, parsed, "resumed")
end

-- Continues one of several batches. A refusal does not end the others. -> exit status
local function continue_one(session, batch, lock, parsed)
  local done, result = pcall(continue, session, batch, lock, parsed)
  if done then return result end
  if failure.status(result) ~= failure.refused then error(result, 0) end
  output.note("Batch %s: %s", batch.name, tostring(result))
  return failure.refused
end

-- Continues open batches one after the other, each once. -> the worst exit status
local function join(session, parsed)
  local worst, left = nil, {}
  for _, entry in ipairs(open_ones(session)) do table.insert(left, 1, entry.batch) end
  for _, batch in ipairs(left) do batch:expect_stop() end
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

local function check(parsed)
  failure.misuse_if(parsed.join and parsed.batch,
    "--join continues every open batch; it takes no BATCH ('%s')", parsed.batch)
  failure.misuse_if(parsed.deadline and not parsed.wait, "--deadline requires --wait")
  failure.misuse_if((parsed.yes or parsed.max) and not parsed.batch, "%s requires BATCH",
    parsed.yes and "--yes" or "--max N")
  override.check(parsed)
  if parsed.comment then
    agreement.check_comment(parsed.comment)
  elseif parsed.override[1] then
    failure.misuse({ addition = "-m REASON" }, "--override requires -m REASON")
  end
  if parsed.join then parsed.override = nil end  -- a message proposes no --override
end

function resume.run(parsed)
  check(parsed)
  local session = client.connect(parsed, execution.settings(parsed))
  if parsed.join then return join(session, parsed) end
  local batch, lock
  if parsed.batch then batch, lock = named(session, parsed.batch)
  else batch, lock = ask(session) end
  if batch then return continue(session, batch, lock, parsed) end
  output.note(parsed.batch and "This batch has no open items." or NONE)
  return 0
end

return resume
