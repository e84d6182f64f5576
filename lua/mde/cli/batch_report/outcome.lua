-- How an item of a batch stands: its verdict (mde.verdict), or "in_air" (sent, without
-- a recorded outcome) or "never_sent". Outcomes are of four kinds, told apart by
-- what is left to do about them.

local verdicts = require("mde.verdict").all

local outcome = {}

-- All outcomes, in the order of a report.
outcome.all = table.move(verdicts, 1, #verdicts, 1, {})
outcome.all[#outcome.all + 1] = "in_air"
outcome.all[#outcome.all + 1] = "never_sent"

outcome.kinds = { "good", "moot", "refused", "open" }

outcome.titles = {
  good = "as asked",
  moot = "ended before",
  refused = "refused",
  open = "open",
}

local KINDS = {
  cancelled = "good", already_cancelled = "good", accepted = "good",
  already_final = "moot", too_late = "moot",
  not_found = "refused", forbidden = "refused", error = "refused",
  unsent = "open", unknown = "open", in_air = "open", never_sent = "open",
}

-- The kind of an outcome; of one that this version doesn't know, "refused": somebody
-- has to look at it.
function outcome.kind(name)
  return KINDS[name] or "refused"
end

outcome.meanings = {
  cancelled = "by this batch",
  already_cancelled = "by an earlier cancel",
  accepted = "taken by the service, not final yet",
  already_final = "had ended before; nothing was left to cancel",
  too_late = "Cancelled, but its commands had completed",
  not_found = "not known to the service: check ids and tenant",
  forbidden = "a permission is missing",
  error = "refused by the service, for a reason that it gives",
  unsent = "never went out; a resume sends it",
  unknown = "went out, or may have; a resume settles it",
  in_air = "sent, no outcome recorded; a resume settles it",
  never_sent = "not sent yet",
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
