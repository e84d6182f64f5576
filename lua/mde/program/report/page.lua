-- Writes the report of a batch as one HTML page that loads nothing.
--
-- Style, script and drawings are in the page. Its content security policy allows no other
-- script, and markup.lua escapes all text of the batch.

local chart = require "mde.program.report.chart"
local core = require "mde.core"
local duration = require "mde.base.duration"
local markup = require "mde.program.report.markup"
local outcomes = require "mde.program.report.outcome"
local output = require "mde.program.terminal.output"
local statistics = require "mde.program.report.statistics"
local words = require "mde.program.report.words"

local TOP = 12  -- groups listed one by one

local text, isolated, number, fill = markup.text, markup.isolated, markup.number, markup.fill

-- Head

local DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

-- Returns the hash of a style or script in the form of a content security policy.
local function hash(content)
  local bits = core.sha256(content):gsub("%x", function(digit)
    local value = tonumber(digit, 16)
    return ("%d%d%d%d"):format(value >> 3, value >> 2 & 1, value >> 1 & 1, value & 1)
  end) .. "00"  -- 258 bits are 43 digits
  return "'sha256-" .. bits:gsub("%d%d%d%d%d%d", function(six)
    local value = tonumber(six, 2) + 1
    return DIGITS:sub(value, value)
  end) .. "='"
end

local HEAD = [[
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<meta name="robots" content="noindex">
<title>{name}: report of a batch</title>
<style>{style}</style>
</head>
<body>
]]

local function head(batch, style, script)
  return fill(HEAD, {
    name = text(batch.name), style = style,
    policy = ("default-src 'none'; style-src %s; script-src %s; base-uri 'none';"
      .. " form-action 'none'"):format(hash(style), hash(script)),
  })
end

-- Summary

local function legend(numbers)
  local parts = {}
  for i, kind in ipairs(outcomes.kinds) do
    local count = numbers.kinds[kind]
    parts[i] = ('<li class="%s%s"><span><strong>%s</strong> %s <small>%s</small></span></li>')
      :format(kind, count == 0 and " none" or "", number(count), outcomes.titles[kind],
        words.share(count, numbers.items):gsub("<", "&lt;"))
  end
  return table.concat(parts, "\n")
end

local function tiles(list)
  local parts = {}
  for i, tile in ipairs(list) do
    parts[i] = ("<div><dt>%s</dt><dd>%s</dd></div>"):format(tile[1], tile[2])
  end
  return '<dl class="tiles">\n' .. table.concat(parts, "\n") .. "\n</dl>\n"
end

local function of_limit(window, limit)
  if not window then return number(0) end
  return number(window.most)
         .. (limit and (" <small>of %s</small>"):format(number(limit)) or "")
end

local function lead(numbers, course)
  local items, open, rest = numbers.items, numbers.open, ""
  if open > 0 then
    rest = open == 1 and ", and 1 is still open" or (", and %s are still open"):format(number(open))
    if course.state ~= "running" then rest = rest .. ": resume the batch" end
  end
  return ("%s of %s ended as asked%s."):format(number(numbers.kinds.good),
    items == 1 and "1 machine action" or number(items) .. " machine actions", rest)
end

-- Returns the CSS class of the state: "ended" only if no item is open.
local function state_class(course, numbers)
  if course.state == "ended" and numbers.open > 0 then return "stopped" end
  return course.state:match "%a+$"
end

local function summary(batch, numbers, course, limits)
  return fill([[
<header>
<p class="eyebrow">mde: report of a batch of machine actions</p>
<h1>{name} <span class="state {class}">{state}</span></h1>
<p class="lead">{lead}</p>
{shares}<ul class="legend">
{legend}
</ul>
{tiles}</header>
<main>
]], {
    name = isolated(batch.name), state = course.state, class = state_class(course, numbers),
    lead = lead(numbers, course),
    shares = numbers.items > 0 and chart.shares(numbers.kinds, numbers.items) or "",
    legend = legend(numbers),
    tiles = tiles {
      { course.state == "running" and "so far" or "from begin to end",
        course.seconds and duration.text(course.seconds) or "–" },
      { "calls sent", number(numbers.calls.count) },
      { "most calls in 60 s", of_limit(numbers.calls.minute, limits.per_minute) },
      { "most calls in an hour", of_limit(numbers.calls.hour, limits.per_hour) },
      { "median wait for the first call", numbers.waiting.median
        and markup.seconds(numbers.waiting.median) or "–" },
    },
  })
end

local function note(batch, numbers)
  local sentences = words.isolations(numbers.isolations, markup.text(batch.name), number)
  if #sentences == 0 then return "" end
  return '<div class="note" role="note">\n<h2>Isolations</h2>\n<p>'
         .. table.concat(sentences, "</p>\n<p>") .. "</p>\n</div>\n"
end

-- Request and history

local function section(id, title, content)
  return ('<section aria-labelledby="%s"><h2 id="%s">%s</h2>\n%s</section>\n')
    :format(id, id, title, content)
end

local function facts(batch, course)
  local parts = {}
  local function add(name, content)
    parts[#parts + 1] = ("<dt>%s</dt><dd>%s</dd>"):format(name, content)
  end
  local function field(name, value, form)
    if value and value ~= "" then add(name, (form or "%s"):format(isolated(value))) end
  end
  field("comment", batch.comment)
  field("closed", batch.closed)
  field("by", batch.who)
  field("tenant", batch.tenant, "<code>%s</code>")
  field("application", batch.application, "<code>%s</code>")
  add("created", markup.moment(batch.created))
  add("took", words.took(course))
  add("items", number(batch.count) .. ", " .. text(words.order(batch.order)))
  field("command", batch.command, "<code>%s</code>")
  field("plan", batch.plan)
  return section("asked", "Request",
    '<dl class="facts">\n' .. table.concat(parts, "\n") .. "\n</dl>\n")
end

local function history(events)
  if #events == 0 then return "" end
  local rows = {}
  for i, event in ipairs(events) do
    rows[i] = { markup.clock(event.at), text(event.kind), isolated(event.who or ""),
                isolated(event.detail or "") }
  end
  return section("history", "History", markup.table("Events of the batch",
    { { title = "When (UTC)", class = "nowrap" }, { title = "Event" },
      { title = "User", class = "name" }, { title = "Detail" } }, rows))
end

local function steps(batch, numbers, course)
  local parts = {}
  for i, step in ipairs(words.next_steps(batch, numbers, course)) do
    parts[i] = ("<li><code>%s</code> %s</li>"):format(isolated(step.command), text(step.why))
  end
  if #parts == 0 then return "" end
  return section("next", "Next steps",
    '<ul class="steps">\n' .. table.concat(parts, "\n") .. "\n</ul>\n")
end

-- Calls and times

local function timeline(numbers, events, limits)
  local calls = numbers.calls
  if calls.count == 0 then
    return section("calls", "Calls against the service's limits", "<p>No call was sent.</p>\n")
  end
  return section("calls", "Calls against the service's limits", fill([[
<figure class="picture" role="group" aria-label="Timeline" tabindex="0">
{picture}</figure>
<p class="key">Each bar stands for {width} and shows the most calls in the window then. The dashed
red line is the service's limit. Times are UTC. Only this batch's calls are counted; other calls of
the same application in the tenant count against the same limits.</p>
]], { picture = chart.timeline(calls, events, limits), width = duration.text(calls.width) }))
end

local function times(numbers)
  local rows = {}
  local function add(name, of)
    rows[#rows + 1] = { name, number(of.count), markup.seconds(of.median), markup.seconds(of.p90),
                        markup.seconds(of.p99), markup.seconds(of.longest) }
  end
  add("From the batch's begin to an item's first call", numbers.waiting)
  add("From an item's last call to its verdict", numbers.answer)
  local columns = { { title = "" } }
  for i, title in ipairs { "Items", "Median", "90&nbsp;% within", "99&nbsp;% within", "Longest" } do
    columns[i + 1] = { title = title, class = "number" }
  end
  columns[1].title = "Time"
  return section("times", "Times", markup.table(
    "Exact to 1&nbsp;%; the longest is exact", columns, rows))
end

-- Verdicts

local function outcome_link(name)
  local label = text(outcomes.label(name))
  return ('<a href="#items" data-outcome="%s">%s</a>'):format(label, label)
end

local function outcome_table(numbers)
  local rows = {}
  for i, name in ipairs(outcomes.present(numbers.outcomes)) do
    local count = numbers.outcomes[name]
    rows[i] = { outcome_link(name), number(count),
                text(words.share(count, numbers.items)), text(outcomes.meaning(name)) }
  end
  return markup.table("All items", { { title = "Verdict" }, { title = "Items", class = "number" },
    { title = "Share", class = "number" }, { title = "Meaning" } }, rows)
end

local function group_table(title, groups, numbers)
  local columns = { { title = title }, { title = "Items", class = "number" } }
  local present = outcomes.present(numbers.outcomes)
  for i, name in ipairs(present) do
    columns[i + 2] = { title = text(outcomes.label(name)), class = "number" }
  end
  local rows = {}
  for i, group in ipairs(statistics.top(groups, TOP)) do
    local name = group.name and isolated(group.name)
                 or group.groups and number(group.groups) .. " others" or "all others"
    rows[i] = { name, number(group.items) }
    for j, outcome in ipairs(present) do
      local count = group.outcomes[outcome]
      rows[i][j + 2] = count and number(count) or ""
    end
  end
  return rows[1] and markup.table("By " .. title:lower(), columns, rows) or ""
end

local function reasons(numbers)
  if #numbers.reasons == 0 then return "" end
  local rows = {}
  for i, group in ipairs(statistics.top(numbers.reasons, TOP)) do
    rows[i] = group.name and {
      isolated(group.reason), text(outcomes.label(group.outcome)), group.http and text(group.http),
      number(group.items), ('<a href="#items" data-q="%s"><code>%s</code></a>')
        :format(text(group.example), isolated(group.example)),
    } or { "other reasons", "", "", number(group.items), "" }
  end
  return section("reasons", "Reasons of items that did not end as asked", markup.table("Reasons",
    { { title = "Reason" }, { title = "Verdict" }, { title = "HTTP", class = "number" },
      { title = "Items", class = "number" }, { title = "Example" } }, rows))
end

local function breakdown(numbers)
  return section("outcomes", "Verdicts", outcome_table(numbers)
    .. group_table("Type", numbers.by.type, numbers)
    .. group_table("Domain", numbers.by.domain, numbers)
    .. group_table("Requestor", numbers.by.requestor, numbers))
end

local FOOT = [[
</main>
<footer>
<p>Made by mde {version} on {now}. Times are UTC, by the clock of the computer that sent the
calls.</p>
<p>A domain is the part of a machine's DNS name after the first dot. Machine actions do not name the
machine's group. A dash means unknown; of an item that was never sent, only the id is known.</p>
</footer>
<script>{script}</script>
</body>
</html>
]]

-- Writes the page. `numbers`: see statistics.lua; `course`: see course.lua.
return function(batch, events, numbers, course, limits, now)
  local style = require "mde.program.report.style"
  local script = require "mde.program.report.script"
  output.write(head(batch, style, script))
  output.write(summary(batch, numbers, course, limits))
  output.write(note(batch, numbers))
  output.write('<div class="pair">\n' .. facts(batch, course) .. history(events) .. "</div>\n")
  output.write(steps(batch, numbers, course))
  output.write(timeline(numbers, events, limits))
  output.write(times(numbers))
  output.write(breakdown(numbers))
  output.write(reasons(numbers))
  require "mde.program.report.items"(batch:rows(), numbers)
  output.write(fill(FOOT, { version = require "mde.base.version", now = markup.moment(now),
                            script = script }))
end
