-- Overrides guards: the option, the lines of the question, and the record.

local failure = require "mde.program.exit"
local notify = require "mde.program.batch.notify"
local number = require "mde.program.report.markup".number
local options = require "mde.program.input.options"
local system = require "mde.program.system"
local tables = require "mde.base.tables"

local override = {}

-- Adds the option.
function override.define(command)
  options.add(command, "--override", "NAME", "With --yes and --max: exceed this guard of the"
    .. " profile; may be repeated.", options.word("a guard", function()
      return require "mde.program.policy.guard".names
    end))
    :count "*":overwrite(true)
end

-- Raises if the option is given without those that it requires.
function override.check(parsed)
  failure.misuse_if((parsed.override or {})[1] and not (parsed.yes and parsed.max),
    "--override requires --yes and --max N")
end

-- Returns whether a person can be asked.
function override.is_attended(parsed)
  if parsed.yes or parsed.approve or parsed.stop_reason then return false end
  local terminal = system.open("/dev/tty", "r")
  if terminal then terminal:close() end
  return terminal ~= nil
end

-- Unattended

-- Returns how to exceed all guards, with those that `parsed` already exceeds; "" if it is impossible.
local function advice(violations, parsed)
  if not parsed.override then return "" end
  local words, seen = {}, {}
  local function add(name)
    if not seen[name] then words[#words + 1] = "--override " .. name end
    seen[name] = true
  end
  for _, name in ipairs(parsed.override) do add(name) end
  for _, violation in ipairs(violations) do
    if violation.is_fixed then return "" end
    add(violation.guard)
  end
  return ("; %s, with --yes and --max, exceeds %s"):format(table.concat(words, " "),
    words[2] and "them" or "it")
end

-- Raises with the message of each violation.
function override.refuse(violations, parsed)
  local lines = {}
  for i, violation in ipairs(violations) do
    lines[i] = violation.message .. (violation.is_fixed and " (it cannot be overridden)" or "")
  end
  notify.tell("refused", { guard = violations[1].guard, message = table.concat(lines, "; ") })
  lines[#lines + 1] = "nothing was sent" .. advice(violations, parsed)
  failure.raise(failure.refused, ("%s"):rep(#lines, "\n     "), table.unpack(lines))
end

-- Returns the violations that are overridden neither now (`names`: array) nor before (a set).
function override.left(violations, names, before)
  local given, left = tables.set(names or {}), {}
  for _, violation in ipairs(violations) do
    local is_overridden = given[violation.guard] or before[violation.guard]
    if violation.is_fixed or not is_overridden then left[#left + 1] = violation end
  end
  return left
end

-- At a terminal

-- "12 tagged crown-jewel: m-1, m-2, m-3 and 9 more"
local function text_of(reason)
  return ("%s %s: %s%s"):format(number(reason.count), reason.label,
    table.concat(reason.machines, ", "),
    reason.others > 0 and (" and %s more"):format(number(reason.others)) or "")
end

-- `reason`: of protected machines, or false.
local function line_of(violation, reason, exceeded)
  local except = exceeded.has_exceptions and exceeded.count > 1 and (reason or violation).except
  return ("  %s (%s of %s%s)"):format(reason and text_of(reason) or violation.text,
    violation.guard, violation.from, except and ("; %s leaves %s out"):format(except,
      reason and reason.count == 1 and "it" or "them") or "")
end

-- "2,988 unprotected, 12 tagged crown-jewel; exceeds max 200"
local function summary(exceeded)
  local labels, limits = {}, {}
  for _, violation in ipairs(exceeded) do
    for _, reason in ipairs(violation.reasons or {}) do
      labels[#labels + 1] = ("%s %s"):format(number(reason.count), reason.label)
    end
    if not violation.reasons then
      limits[#limits + 1] = ("%s %s"):format(violation.guard, violation.limit)
    end
  end
  if labels[1] then
    table.insert(labels, 1, number(exceeded.count - exceeded.protected) .. " unprotected")
  end
  local first = table.concat(labels, ", ")
  if not limits[1] then return first end
  return first .. (labels[1] and "; e" or "E") .. "xceeds " .. table.concat(limits, ", ")
end

-- The lines of the question about exceeded guards (of guards.settle), after `question` (a sentence
-- without its mark).
function override.lines(exceeded, question)
  local lines = { question .. ":" }
  for _, violation in ipairs(exceeded) do
    local reasons = violation.reasons or { false }
    for _, reason in ipairs(reasons) do
      lines[#lines + 1] = line_of(violation, reason, exceeded)
    end
  end
  lines[#lines + 1] = summary(exceeded) .. "."
  return lines
end

-- The record: "max, protect_tags: 3000 changes; the limit is 200; …. Reason: INC0048211"

-- Returns the violations as text for the batch's history.
function override.detail(violations, reason)
  local names, texts, seen = {}, {}, {}
  for i, violation in ipairs(violations) do
    if not seen[violation.guard] then names[#names + 1] = violation.guard end
    seen[violation.guard], texts[i] = true, violation.text
  end
  return ("%s: %s. Reason: %s"):format(table.concat(names, ", "), table.concat(texts, "; "),
    (reason or "") ~= "" and reason or "none given")
end

-- Returns the guards that a batch has overridden, now or in its history. -> set of names
function override.before(batch)
  local set = {}
  local function add(detail)
    for name in (detail:match "^([%l_, ]+):" or ""):gmatch "[%l_]+" do set[name] = true end
  end
  for _, event in ipairs(batch.history and batch:history() or {}) do
    if event.kind == "overridden" then add(event.detail or "") end
  end
  add(batch.overridden or "")
  return set
end

return override
