-- mde undo: undoes an incident, or writes a plan that does.

local change = require "mde.program.batch.change"
local client = require "mde.program.session.client"
local core = require "mde.core"
local duration = require "mde.base.duration"
local enforcement = require "mde.program.policy.enforcement"
local exceptions = require "mde.program.input.exceptions"
local failure = require "mde.program.exit"
local guard = require "mde.program.policy.guard"
local kinds = require "mde.service.kinds"
local open = require "mde.program.batch.open"
local options = require "mde.program.input.options"
local output = require "mde.program.terminal.output"
local override = require "mde.program.batch.override"
local plans = require "mde.program.plan"
local presentation = require "mde.program.plan.presentation"
local selection = require "mde.program.session.profiles"
local stores = require "mde.program.session.store"
local undoing = require "mde.program.plan.undo"
local words = require "mde.program.batch.words"

local undo = {}

local EPILOG = [[
An incident is the actions of a batch, or those that --requestor launched
between --after and --before. Without either, offers the last batch. Cancels
open actions, and releases machines that these actions have isolated (or
restricted), except machines that other actions have isolated. An isolation
that was InProgress when `mde cancel` cancelled it may have isolated its
machine, so that machine is released too. Cancels come first, and machines of
high value before others. Scans, packages, offboarding and live responses that
have ended can't be undone.

`mde cancel` with filters cancels open actions only. Therefore the incident of
such a batch also has the actions that Succeeded, by the same requestor with
the same comment, launched at the time of the batch's actions, ten minutes more
or less.

Asks at the terminal; --yes agrees beforehand, up to --max. With --wait, waits
until the machines are released. With -o, writes a plan instead, which a second
person can read and `mde apply` carries out.

Examples:
   mde undo 2026-11-25.1 -n
   mde undo 2026-11-25.1 -m "Misfired rule, CHG-4711" --wait
   mde undo --requestor soar@contoso.com --after 2026-11-25T09:00:00Z \
       --before 2026-11-25T10:30:00Z -m "Misfired rule, CHG-4711" \
       --yes --max 400
   mde undo 2026-11-25.1 -m "Misfired rule, CHG-4711" -o undo.jsonl]]

local FILTERS = { "--requestor", "--type", "--newer-than", "--after", "--before" }

function undo.define(command)
  command:epilog(EPILOG)
  command:argument("incident", "Undo the actions of this batch."):args "?":argname "BATCH"
  options.add_filters(command, FILTERS)
  options.add(command, "-m --comment", "TEXT", "Why (required); the service keeps it.")
  exceptions.define(command)
  change.define(command, "undone")
  options.add(command, "-o --output", "FILE", "Write a plan to this file, and send nothing; - is"
    .. " standard output.")
  options.add(command, "--expires", "TIME", "With -o: how long the plan is valid. Default: 1h.",
    options.duration)
end

-- Which actions

-- Checks the options. -> criteria | nil: a batch is to be undone
local function check(parsed)
  local criteria, any = options.criteria(parsed)
  failure.misuse_if(parsed.output and parsed.dry_run,
    "-n and -o cannot be combined: a plan changes nothing")
  failure.misuse_if(parsed.output and parsed.batch, "--batch names the new batch, and -o makes"
    .. " none; the batch to undo is an argument: mde undo %s", parsed.batch)
  failure.misuse_if(parsed.expires and not parsed.output, "--expires requires -o")
  change.check(parsed, true, "Misfired rule, CHG-4711")
  failure.misuse_if(parsed.incident and any, "a batch and filters cannot be combined: '%s'",
    parsed.incident)
  failure.misuse_if(not parsed.incident and (any or not override.is_attended(parsed))
    and not (parsed.requestor and (parsed.after or parsed.newer_than)), "which incident? Name a"
    .. " batch (`mde batch list` shows them), or a requestor and a time: --requestor NAME"
    .. " --newer-than 2h")
  return any and criteria or nil
end

-- Returns whether a batch launched or cancelled actions, and is no undo.
local function can_be_undone(batch)
  local counts = batch:kind_counts()
  for name in pairs(counts) do
    if words.reads_actions(name) then return not (counts.undo or counts.release) end
  end
  return false
end

local function last_batch(session)
  local list = session.store.journal:batches()
  for i = #list, 1, -1 do
    if open.is_of(session, list[i]) and can_be_undone(list[i]) then return list[i] end
  end
  failure.raise(failure.usage, "no batch can be undone: the journal has no cancels or launches;"
    .. " name a requestor and a time: --requestor NAME --newer-than 2h")
end

local function named(session, name)
  local batch = failure.check(session.store.journal:find(name))
  if batch.tenant == session.tenant or open.is_of(session, batch) then return batch end
  failure.raise(failure.usage, "batch %s is of tenant and application %s, and this command signs"
    .. " in as %s", name, batch.application, session.application)
end

-- Returns the ids of the actions that a batch cancelled or launched. A launch that was under way
-- before is not the batch's.
local function ids_of(batch)
  local ids, unknown = {}, 0
  for row in batch:rows() do
    if words.subject(row.change) == "action" then ids[#ids + 1] = row.id
    elseif row.launched and row.verdict ~= "existing" then ids[#ids + 1] = row.launched
    elseif words.is_launch(row.change) and (row.in_flight or row.verdict == "unknown") then
      unknown = unknown + 1
    end
  end
  if unknown > 0 then
    output.note("%d launches of batch %s are unknown and not undone: `mde resume %s` finds them.",
      unknown, batch.name, batch.name)
  end
  if ids[1] or can_be_undone(batch) then return ids end
  failure.raise(failure.usage, "batch %s has no machine actions to undo", batch.name)
end

-- Returns the actions to undo, as mde.program.plan.undo takes them, and the name of their batch.
local function wanted_of(session, parsed, criteria)
  local seen = session.store.journal:seen()
  if criteria then return { criteria = criteria, seen = seen } end
  local batch = parsed.incident and named(session, parsed.incident) or last_batch(session)
  if not parsed.incident then
    output.note("The last batch is %s, %s ago by %s: %s", batch.name,
      duration.text(math.max(0, batch.store:wall() - batch.created)), batch.who,
      batch.command or "")
  end
  return { ids = ids_of(batch), seen = seen }, batch.name
end

-- Carrying out

local MOST_NAMED = 3  -- machines in a line

-- Prints how many actions are kept, for each reason.
local function tell_kept(entities)
  local order, kept = {}, {}
  for _, entity in ipairs(entities) do
    if entity.decision == "keep" then
      local list = kept[entity.reason]
      if not list then
        list = {}
        kept[entity.reason], order[#order + 1] = list, entity.reason
      end
      list[#list + 1] = entity.computerDnsName or entity.machineId or entity.id
    end
  end
  for _, reason in ipairs(order) do
    local list = kept[reason]
    output.note("%d kept: %s (%s%s).", #list, reason, table.concat(list, ", ", 1,
      math.min(MOST_NAMED, #list)), list[MOST_NAMED + 1] and ", …" or "")
  end
end

local function last_step(entity) return entity.steps and entity.steps[#entity.steps] end

-- Returns the machines, by type of action, that are released in any case.
local function released(entities)
  local set = {}
  for _, entity in ipairs(entities) do
    local step = last_step(entity)
    if step and step ~= "cancel" then set[entity.type .. entity.machineId] = true end
  end
  return set
end

-- Adds the changes. An open action that may begin before its cancel arrives is one to undo, unless
-- its machine is released for another action. -> { operation -> number of calls }, how many both
-- cancel and release
local function add(draft, decided, visit)
  local set, calls, both = released(decided.entities), { cancel = 0 }, 0
  for _, entity in ipairs(decided.entities) do
    if guard.changes(entity) then
      local step, key = last_step(entity), entity.type .. (entity.machineId or "")
      local releases = step ~= nil and step ~= "cancel"
      local may_release = releases or decided.may_begin[entity.id] and not set[key]
      set[key] = set[key] or may_release
      if kinds.is_open[entity.status] then calls.cancel = calls.cancel + 1 end
      if releases then
        local operation = kinds.of[step].operation
        calls[operation] = (calls[operation] or 0) + 1
        if kinds.is_open[entity.status] then both = both + 1 end
      end
      visit(entity)
      draft:add_change { id = entity.id, change = may_release and "undo" or nil,
                         expected = entity.status, machine = entity.machineId,
                         name = entity.computerDnsName }
    end
  end
  return calls, both
end

-- " (234 cancels, 156 releases; 78 need both)"
local function details_of(calls, both)
  local releases = 0
  for operation, count in pairs(calls) do
    if operation ~= "cancel" then releases = releases + count end
  end
  local function counted(count, noun)
    return ("%d %s%s"):format(count, noun, count == 1 and "" or "s")
  end
  if calls.cancel == 0 then return (" (%s)"):format(counted(releases, "release")) end
  return (" (%s, %s%s)"):format(counted(calls.cancel, "cancel"), counted(releases, "release"),
    both > 0 and ("; %d need%s both"):format(both, both == 1 and "s" or "") or "")
end

local function description_of(entity)
  return { entity.steps and table.concat(entity.steps, ", then ") or "cancel",
           entity.type, entity.status, entity.requestor or "?" }
end

local function tell_related(decided, name)
  local count = 0
  for _, entity in ipairs(decided.entities) do
    if decided.related[entity.id] and guard.changes(entity) then count = count + 1 end
  end
  if count == 0 then return end
  output.note("%d actions are added that batch %s left out, since they had Succeeded: with"
    .. " its requestor, comment and time.", count, name)
end

local function carry_out(parsed, criteria)
  local calls, both
  local how = { change = "undo", verb = "Undo", done = "undone", is_chosen = true,
                has_filters = true, is_listed = true, preview = description_of }
  function how.fill(draft, session, visit, excepted)
    local wanted, name = wanted_of(session, parsed, criteria)
    client.bounded(session, {})
    local decided = undoing.decide(session, wanted, excepted)
    session.ends_at = nil
    calls, both = add(draft, decided, visit)
    tell_kept(decided.entities)
    tell_related(decided, name)
    how.dry_note = #decided.entities > 0 and details_of(calls, both) or nil
    how.none = decided.read == 0 and "Nothing to undo: no action matches."
      or ("Nothing to undo: %d of %d actions are not open and have no machine to release.")
        :format(decided.abstained, decided.read)
  end
  function how.calls() return calls end
  function how.details() return details_of(calls, both) end
  return change.run(parsed, how)
end

-- Writing a plan

-- Returns the entry that stands for a policy in the plan.
local function policy_of(parsed)
  return { name = undoing.name, path = "mde undo", comment = parsed.comment,
           hash = core.sha256(parsed.command_line), guard = {} }
end

local function write(parsed, criteria)
  local excepted, profile = exceptions.of(parsed), selection.one(parsed)
  local session = client.connect(parsed)
  local wanted = wanted_of(session, parsed, criteria)
  local decided = undoing.decide(session, wanted, excepted)
  local policies = { policy_of(parsed) }
  local guards = enforcement.guards(policies, profile)
  guards[#guards].max = parsed.max or math.max(1, #decided.entities)
  guards[#guards].unsaid = nil
  local made = plans.new(session, policies, guards, decided, {
    by = stores.who(), expires = parsed.expires })
  return presentation.present(session, guards, made, decided, parsed)
end

function undo.run(parsed)
  local criteria = check(parsed)
  parsed.reads_only = parsed.dry_run or parsed.output ~= nil
  if not parsed.output then return carry_out(parsed, criteria) end
  return presentation.writing(parsed, function() return write(parsed, criteria) end)
end

return undo
