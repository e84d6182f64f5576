-- An item's outcome: its verdict, or "in_flight" or "never_sent" without one.
--
-- "in_flight" is an item that was sent and has no verdict yet. Each outcome is of one of four
-- kinds. It is open if `mde resume` continues it.

local verdict = require "mde.service.verdicts"

local outcome = {}

local ROWS = {
  in_flight = { kind = "undecided", label = "in flight", meaning = "sent, result not known" },
  never_sent = { kind = "undecided", label = "never sent", meaning = "not sent yet" },
}
setmetatable(ROWS, { __index = verdict.row })

-- All outcomes, in the order of a report.
outcome.all = table.move(verdict.names, 1, #verdict.names, 1, {})
outcome.all[#outcome.all + 1] = "in_flight"
outcome.all[#outcome.all + 1] = "never_sent"

outcome.kinds = { "good", "moot", "refused", "undecided" }

outcome.titles = {
  good = "as asked",
  moot = "ended before",
  refused = "refused",
  undecided = "no verdict",
}

-- Returns the kind of an outcome. If this version does not know it, it is "refused", so that a
-- person checks it.
function outcome.kind(name)
  return ROWS[name] and ROWS[name].kind or "refused"
end

-- True if `mde resume` continues items of this outcome.
function outcome.is_open(name)
  return not verdict.settled[name]
end

function outcome.meaning(name)
  if not ROWS[name] then return "" end
  return ROWS[name].meaning .. (outcome.is_open(name) and "; resume continues it" or "")
end

function outcome.label(name)
  return ROWS[name] and ROWS[name].label or name
end

function outcome.of(item)
  return item.verdict or item.in_flight and "in_flight" or "never_sent"
end

-- Lists the outcomes in `counts` (outcome -> count) in the order of a report. Outcomes unknown
-- to this version come last.
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

-- Counts by outcome -> counts by kind, for all four kinds.
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
