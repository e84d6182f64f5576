-- How an item of a batch stands: its verdict (mde.service.verdicts), or "in_air" (sent, without
-- a recorded outcome) or "never_sent". Outcomes are of four kinds; whatever kind they
-- are of, those are open that a resume takes up.

local verdict = require "mde.service.verdicts"

local outcome = {}

local ROWS = {
  in_air = { kind = "undecided", label = "in flight", meaning = "sent, and nothing known" },
  never_sent = { kind = "undecided", label = "never sent", meaning = "not sent yet" },
}
setmetatable(ROWS, { __index = verdict.row })

-- All outcomes, in the order of a report.
outcome.all = table.move(verdict.names, 1, #verdict.names, 1, {})
outcome.all[#outcome.all + 1] = "in_air"
outcome.all[#outcome.all + 1] = "never_sent"

outcome.kinds = { "good", "moot", "refused", "undecided" }

outcome.titles = {
  good = "as asked",
  moot = "ended before",
  refused = "refused",
  undecided = "no outcome",
}

-- The kind of an outcome. One that this version does not know is "refused", so that a person
-- looks at it.
function outcome.kind(name)
  return ROWS[name] and ROWS[name].kind or "refused"
end

-- Whether something is left to be done about an item of this outcome.
function outcome.is_open(name)
  return not verdict.settled[name]
end

-- The meaning of an outcome, for people.
function outcome.meaning(name)
  if not ROWS[name] then return "" end
  return ROWS[name].meaning .. (outcome.is_open(name) and "; a resume settles it" or "")
end

-- Its name, for people.
function outcome.label(name)
  return ROWS[name] and ROWS[name].label or name
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
