-- How an item of a batch stands: its verdict (mde.service.verdicts), or "in_air" (sent, without
-- a recorded outcome) or "never_sent". Outcomes are of four kinds; whatever kind they
-- are of, those are open that a resume takes up.

local verdict = require "mde.service.verdicts"

local outcome = {}

-- All outcomes, in the order of a report.
outcome.all = table.move(verdict.all, 1, #verdict.all, 1, {})
outcome.all[#outcome.all + 1] = "in_air"
outcome.all[#outcome.all + 1] = "never_sent"

outcome.kinds = { "good", "moot", "refused", "undecided" }

outcome.titles = {
  good = "as asked",
  moot = "ended before",
  refused = "refused",
  undecided = "no outcome",
}

local KINDS = {
  cancelled = "good", already_cancelled = "good", accepted = "good", undone = "good",
  undo_accepted = "good", already_final = "moot", too_late = "moot", changed = "moot",
  skipped = "moot",
  not_found = "refused", forbidden = "refused", error = "refused",
  unsent = "undecided", unknown = "undecided", in_air = "undecided", never_sent = "undecided",
}

-- The kind of an outcome; of one that this version doesn't know, "refused": somebody
-- has to look at it.
function outcome.kind(name)
  return KINDS[name] or "refused"
end

-- Whether something is left to be done about an item of this outcome.
function outcome.is_open(name)
  return not verdict.settled[name]
end

outcome.meanings = {
  cancelled = "by this batch",
  already_cancelled = "by an earlier cancel",
  accepted = "taken, and not final yet; a resume looks again",
  undone = "its inverse was launched, and has succeeded",
  undo_accepted = "its inverse was launched, and is not final yet; a resume looks again",
  changed = "no longer what the plan decided upon",
  skipped = "nothing undoes it",
  already_final = "had ended before; nothing was left to cancel",
  too_late = "Cancelled, but its commands had completed",
  not_found = "not known to the service: check ids and tenant",
  forbidden = "a permission is missing; a resume tries again",
  error = "refused or failed; a resume tries again",
  unsent = "never went out; a resume sends it",
  unknown = "went out, or may have; a resume settles it",
  in_air = "sent, and nothing known; a resume settles it",
  never_sent = "not sent yet; a resume sends it",
}

local LABELS = { in_air = "in the air", never_sent = "never sent" }

-- What people read.
function outcome.label(name)
  return LABELS[name] or name
end

function outcome.of(item)
  return item.verdict or item.in_air and "in_air" or "never_sent"
end

-- The outcomes in `counts` (outcome -> how many), in the order of a report; those
-- that this version doesn't know come last.
function outcome.present(counts)
  local list, listed, others = {}, {}, {}
  for _, name in ipairs(outcome.all) do
    listed[name] = true
    if (counts[name] or 0) > 0 then list[#list + 1] = name end
  end
  for name in pairs(counts) do
    if not listed[name] then others[#others + 1] = name end
  end
  table.sort(others)
  return table.move(others, 1, #others, #list + 1, list)
end

-- Counts by outcome -> counts by kind, each of the four.
function outcome.by_kind(counts)
  local sums = {}
  for _, kind in ipairs(outcome.kinds) do sums[kind] = 0 end
  for name, count in pairs(counts) do
    local kind = outcome.kind(name)
    sums[kind] = sums[kind] + count
  end
  return sums
end

return outcome
