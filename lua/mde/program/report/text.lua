-- Prints the report of a batch as text: numbers and next steps.

local command_line = require "mde.program.input.command_line"
local date = require "mde.base.date"
local output = require "mde.program.terminal.output"
local outcomes = require "mde.program.report.outcome"
local show_table = require "mde.program.terminal.table"
local statistics = require "mde.program.report.statistics"
local terminal = require "mde.terminal"
local words = require "mde.program.report.words"
local wrap = require "mde.program.terminal.wrap"

local WIDTH = 80
local TOP = 10         -- groups listed one by one
local NAME_WIDTH = 30  -- columns reserved for a group's name

local function say(format, ...)
  output.line(terminal.printable(select("#", ...) > 0 and format:format(...) or format))
end

local function print_table(columns, rows)
  output.line ""
  show_table(columns, rows)
end

-- Parts

local function print_batch(batch, numbers, course)
  local open = numbers.open
  say("Batch %s: %s, %s", batch.name, course.state,
    open == 0 and "nothing open" or words.counted(open, "item", "items") .. " open")
  output.line ""
  local function field(name, value)
    if value and value ~= "" then say("%-12s %s", name, value) end
  end
  field("items", ("%d, %s"):format(numbers.items, words.order(batch.order)))
  field("tenant", batch.tenant)
  field("application", batch.application)
  field("by", batch.who)
  field("created", date.text(batch.created))
  field("took", words.took(course))
  field("comment", batch.comment)
  field("closed", batch.closed)
  field("command", batch.command)
  field("plan", batch.plan)
end

local function print_history(history)
  if #history == 0 then return end
  local rows = {}
  for i, event in ipairs(history) do
    rows[i] = { date.text(event.at), event.kind, event.who, event.detail }
  end
  print_table({ { title = "WHEN" }, { title = "EVENT" }, { title = "USER", may_cut = true },
                { title = "DETAIL", may_cut = true } }, rows)
end

local function print_outcomes(numbers)
  local rows = {}
  for i, name in ipairs(outcomes.present(numbers.outcomes)) do
    local count = numbers.outcomes[name]
    rows[i] = { outcomes.label(name), count, words.share(count, numbers.items),
                outcomes.meaning(name) }
  end
  if #rows == 0 then return end
  print_table({ { title = "VERDICT" }, { title = "ITEMS", right = true },
                { title = "SHARE", right = true }, { title = "MEANING", may_cut = true } }, rows)
end

-- Chooses the columns of counts: one per outcome if they fit, else one per kind of outcome.
-- -> array of { title, count = function(group) -> number }
local function count_columns(numbers)
  local list, width = {}, NAME_WIDTH + #"  ITEMS"
  for i, name in ipairs(outcomes.present(numbers.outcomes)) do
    local title = outcomes.label(name):upper()
    list[i] = { title = title, count = function(group) return group.outcomes[name] end }
    width = width + 2 + #title
  end
  if width <= WIDTH then return list end
  list = {}
  for i, kind in ipairs(outcomes.kinds) do
    list[i] = { title = outcomes.titles[kind]:upper(),
                count = function(group) return outcomes.by_kind(group.outcomes)[kind] end }
  end
  return list
end

local function print_groups(title, groups, numbers)
  local counts = count_columns(numbers)
  local columns = { { title = title, may_cut = true }, { title = "ITEMS", right = true } }
  local rows = {}
  for _, column in ipairs(counts) do
    columns[#columns + 1] = { title = column.title, right = true }
  end
  for i, group in ipairs(statistics.top(groups, TOP)) do
    local name = group.name or group.groups and group.groups .. " others" or "all others"
    rows[i] = { name, group.items }
    for _, column in ipairs(counts) do rows[i][#rows[i] + 1] = column.count(group) or 0 end
  end
  if #rows > 0 then print_table(columns, rows) end
end

local function print_calls(numbers, limits)
  local calls = numbers.calls
  output.line ""
  if calls.count == 0 then return say "No call was sent." end
  say("%s from %s to %s", words.counted(calls.count, "call", "calls"), date.text(calls.first),
    date.text(calls.last))
  if numbers.sent_again > 0 then
    say("%s sent more than once", words.counted(numbers.sent_again, "item was", "items were"))
  end
  for _, window in ipairs { { "60 s  ", calls.minute, limits.per_minute },
                            { "3600 s", calls.hour, limits.per_hour } } do
    local limit = window[3] and (" (the service allows %d)"):format(window[3]) or ""
    say("most in %s  %5d%s, from %s on", window[1], window[2].most, limit,
      date.text(window[2].since))
  end
end

local function print_times(numbers)
  local rows = {}
  local function add(name, times)
    if times.count == 0 then return end
    rows[#rows + 1] = { name, times.count, words.seconds(times.median), words.seconds(times.p90),
                        words.seconds(times.p99), words.seconds(times.longest) }
  end
  add("begin to first call", numbers.waiting)
  add("last call to verdict", numbers.answer)
  if #rows == 0 then return end
  local columns = { { title = "TIME" } }
  for i, title in ipairs { "ITEMS", "MEDIAN", "90 %", "99 %", "LONGEST" } do
    columns[i + 1] = { title = title, right = true }
  end
  print_table(columns, rows)
end

local function print_reasons(numbers)
  if #numbers.reasons == 0 then return end
  output.line ""
  output.line "Reasons of items that did not end as asked:"
  for _, group in ipairs(statistics.top(numbers.reasons, TOP)) do
    if group.name then
      say("%7d %s: %s", group.items, outcomes.label(group.outcome), group.reason)
      say("        such as %s", group.example)
    else
      say("%7d for other reasons", group.items)
    end
  end
end

local function print_steps(batch, numbers, course)
  local steps, width = words.next_steps(batch, numbers, course), 0
  steps[#steps + 1] = { command = "mde batch report " .. command_line.quote(batch.name)
                          .. " --html > report.html", why = "every item, to read and search" }
  for _, step in ipairs(steps) do width = math.max(width, #step.command) end
  output.line ""
  output.line "Next:"
  for _, step in ipairs(steps) do
    say(("  %%-%ds  %%s"):format(math.min(width, 60)), step.command, step.why)
  end
end

-- Prints the report of a batch. `numbers`: see statistics.lua; `course`: see course.lua.
return function(batch, history, numbers, course, limits)
  print_batch(batch, numbers, course)
  print_history(history)
  print_outcomes(numbers)
  print_groups("TYPE", numbers.by.type, numbers)
  print_groups("DOMAIN", numbers.by.domain, numbers)
  print_groups("REQUESTOR", numbers.by.requestor, numbers)
  print_calls(numbers, limits)
  print_times(numbers)
  print_reasons(numbers)
  for _, sentence in ipairs(words.isolations(numbers.isolations, batch.name)) do
    output.line ""
    for _, line in ipairs(wrap(terminal.printable(sentence), WIDTH)) do output.line(line) end
  end
  print_steps(batch, numbers, course)
end
