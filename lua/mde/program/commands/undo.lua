-- mde undo: makes a plan that undoes an incident. Changes nothing.

local agreement = require "mde.program.batch.confirmation"
local client = require "mde.program.session.client"
local core = require "mde.core"
local enforcement = require "mde.program.policy.enforcement"
local exceptions = require "mde.program.input.exceptions"
local failure = require "mde.program.exit"
local options = require "mde.program.input.options"
local plans = require "mde.program.plan"
local presentation = require "mde.program.plan.presentation"
local selection = require "mde.program.session.profiles"
local stores = require "mde.program.session.store"
local undoing = require "mde.program.plan.undo"

local undo = {}

local EPILOG = [[
An incident is the actions that --requestor launched between --after and
--before, or those of a batch. The plan cancels open actions, and releases
machines that these actions have isolated (or restricted), except machines that
other actions have isolated. An isolation that was InProgress when `mde cancel`
cancelled it may have isolated its machine, so that machine is released too.
Cancels come first, and machines of high value before others. Scans, packages,
offboarding and live responses that have ended can't be undone.

Examples:
   mde undo 2026-11-25.1 -m "Misfired rule, CHG-4711" -o undo.jsonl
   mde undo --requestor soar@contoso.com --after 2026-11-25T09:00:00Z \
       --before 2026-11-25T10:30:00Z -m "Misfired rule, CHG-4711" \
       --max 400 -o undo.jsonl
   mde apply undo.jsonl]]

function undo.define(command)
  command:epilog(EPILOG)
  options.add_filters(command, { "--requestor", "--type", "--newer-than", "--after", "--before" })
  options.add(command, "--batch", "BATCH", "The same as BATCH.")
  command:argument("batch", "Undo the actions of this batch."):args "?":argname "BATCH"
  options.add(command, "-m --comment", "TEXT", "Why (required); the service keeps it.")
  exceptions.define(command)
  options.add(command, "--max", "N", "Refuse if more would be changed. Default: the profile's,"
    .. " else 50.", options.count)
  options.add(command, "--expires", "TIME", "How long the plan is valid. Default: 1h.",
    options.duration)
  options.add(command, "-o --output", "FILE", "Write the plan to this file; - is standard output.")
  command:flag("--json", "Print the plan itself.")
end

-- {{ Which actions

local function check(parsed)
  if not (parsed.comment or ""):find "%S" then
    failure.raise(failure.usage, "a comment is required, such as -m \"Misfired rule, CHG-4711\"")
  end
  agreement.check_comment(parsed.comment)
  if parsed.batch then
    if parsed.requestor or parsed.newer_than or parsed.after or parsed.before then
      failure.raise(failure.usage, "a batch goes without --requestor, --newer-than, --after and"
        .. " --before")
    end
  elseif not (parsed.requestor and (parsed.after or parsed.newer_than)) then
    failure.raise(failure.usage, "which incident? Give a batch (mde batch list), or --requestor and"
      .. " --after or --newer-than")
  end
end

-- -> the actions to undo, as mde.program.plan.undo takes them
local function wanted_of(session, parsed)
  local journal = session.store.journal
  local seen = journal:seen()
  if not parsed.batch then return { criteria = (options.criteria(parsed)), seen = seen } end
  local ids, batch = {}, failure.check(journal:find(parsed.batch))
  for row in batch:rows() do ids[#ids + 1] = row.id end
  return { ids = ids, seen = seen }
end

-- }}

-- Returns the entry that stands for a policy in the plan.
local function policy_of(parsed)
  return { name = undoing.name, path = "mde undo", comment = parsed.comment,
           hash = core.sha256(parsed.command_line), guard = { max = parsed.max } }
end

local function run(parsed)
  local excepted, profile = exceptions.of(parsed), selection.one(parsed)
  local session = client.connect(parsed)
  local policies = { policy_of(parsed) }
  local guards = enforcement.guards(policies, profile)
  local decided = failure.check(undoing.decide(session, wanted_of(session, parsed), excepted))
  local made = plans.new(session, policies, guards, decided, {
    by = stores.who(), expires = parsed.expires })
  return presentation.present(session, guards, made, decided, parsed)
end

function undo.run(parsed)
  check(parsed)
  return presentation.writing(parsed, function() return run(parsed) end)
end

return undo
