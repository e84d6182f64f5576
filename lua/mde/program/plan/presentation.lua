-- Shows a new plan as a table, and writes it to the file of -o.

local colour = require "mde.program.terminal.colour"
local date = require "mde.base.date"
local duration = require "mde.base.duration"
local execution = require "mde.program.batch.execution"
local enforcement = require "mde.program.policy.enforcement"
local failure = require "mde.program.exit"
local guard = require "mde.program.policy.guard"
local listing = require "mde.program.listing"
local moment = require "mde.program.terminal.moment"
local output = require "mde.program.terminal.output"
local plan_batch = require "mde.program.plan.batch"
local plans = require "mde.program.plan"
local terminal = require "mde.terminal"

local presentation = {}

-- The table

local COLUMNS = {
  { title = "DECISION", colour = colour.of },
  { title = "TYPE", may_cut = true, least = 7 }, { title = "AGE" },
  { title = "MACHINE", may_cut = true, least = 14 }, { title = "BY", may_cut = true, least = 8 },
  { title = "REASON", may_cut = true, may_be_empty = true },
}

local function reason_of(entity)
  local parts = {}
  if entity.reason ~= "" then parts[1] = entity.reason end
  if entity.decision == "undo" then
    parts[#parts + 1] = "(" .. table.concat(entity.steps, ", then ")
      .. (entity.note and (entity.steps[1] and "; " or "") .. entity.note or "") .. ")"
  end
  return table.concat(parts, " ")
end

local function show_table(entities, now)
  local rows = {}
  for i, entity in ipairs(entities) do
    local created = date.parse(entity.creationDateTimeUtc)
    rows[i] = { entity.decision, entity.type or "?", listing.age(created and now - created),
                entity.computerDnsName or entity.machineId or "-", entity.requestor or "-",
                reason_of(entity) }
  end
  if rows[1] then require "mde.program.terminal.table"(COLUMNS, rows) end
  output.flush()
end

-- Totals

local function show_totals(session, made)
  local counts, header = plans.counts(made), made.header
  local parts = {}
  for _, word in ipairs { "cancel", "undo", "keep" } do
    if counts[word] > 0 then parts[#parts + 1] = ("%d %s"):format(counts[word], word) end
  end
  if header.read == 0 then
    output.note("No action matched.")
  else
    output.note("%s; no decision on %d of %d actions.", parts[1] and table.concat(parts, ", ")
      or "Nothing to do", header.abstained, header.read)
  end
  if counts.nothing > 0 then
    output.note("%d of those to undo cannot be undone.", counts.nothing)
  end
  local seconds = execution.seconds(session, plan_batch.calls(made))
  if seconds >= 1 then
    output.note("The service's limits make this take at least %s.", duration.text(seconds))
  end
  local now = session.clock.wall()
  local is_open, change = guard.open(header.guards, now)
  if not is_open then
    output.note("Outside of its hours (%s): it can be applied %s.",
      guard.hours(header.guards),
      change and "from " .. moment.at(now + change) or "never")
  end
end

-- Calls f, which makes a plan and writes it to the file of -o. If the plan is refused, an older plan
-- of that name is removed, so that `mde apply` cannot apply it by mistake. -> the result of f
function presentation.writing(parsed, f)
  if parsed.output == "-" then parsed.output, parsed.json = nil, true end
  local path = parsed.output
  if path then failure.check(plans.check_path(path)) end
  local done, result = pcall(f)
  if done then return result end
  if path and failure.status(result) == failure.refused and plans.remove(path) then
    output.note("The older plan in %s was removed.", terminal.printable(path))
  end
  error(result, 0)
end

-- Checks a plan's guards, writes it to the file of -o, and shows it. The file comes first, so that a
-- pager closed early does not prevent it. -> exit status
function presentation.present(session, guards, made, decided, parsed)
  local violations = guard.check(guards, decided.entities, decided.onboarded)
  local hash
  if parsed.output and not violations[1] then
    hash = failure.check(plans.write(parsed.output, made))
  end
  if not parsed.json then show_table(made.entities, session.clock.wall()) end
  show_totals(session, made)
  enforcement.check(guards, decided, true)
  if parsed.json then output.write((plans.text(made))) end
  output.flush()
  if hash then
    output.note("Nothing changed. To apply the plan: mde apply %s (hash %s…)", parsed.output,
      hash:sub(1, 12))
  else
    output.note("Nothing changed. %s", parsed.json and ("The hash is %s…"):format(
      made.hash:sub(1, 12)) or "Add -o PLAN to write the plan to a file.")
  end
  return 0
end

return presentation
