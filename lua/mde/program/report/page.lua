-- The report of a batch as one page that needs nothing else: no network, no fonts, no
-- pictures but its own. Its policy lets nothing run but its own script, whatever text
-- the batch holds (markup.lua makes that text harmless anyway).

local chart = require "mde.program.report.chart"
local core = require "mde.core"
local duration = require "mde.base.duration"
local markup = require "mde.program.report.markup"
local outcomes = require "mde.program.report.outcome"
local output = require "mde.program.terminal.output"
local statistics = require "mde.program.report.statistics"
local words = require "mde.program.report.words"

local TOP = 12  -- groups that are listed alone

local text, isolated, number, fill = markup.text, markup.isolated, markup.number, markup.fill

-- {{ Head

local DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

-- The hash of a style or script, as a content security policy has it.
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

-- }}

-- {{ The beginning: how it went

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
    if course.state ~= "running" then
      rest = rest .. (open == 1 and ": a resume takes it up" or ": a resume takes them up")
    end
  end
  return ("%s of %s ended as asked%s."):format(number(numbers.kinds.good),
    items == 1 and "1 machine action" or number(items) .. " machine actions", rest)
end

-- How the state is shown: as good only where nothing is left to do.
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

local function note(numbers)
  local sentences = words.isolations(numbers.isolations, number)
  if #sentences == 0 then return "" end
  return '<div class="note" role="note">\n<h2>Isolations</h2>\n<p>'
         .. table.concat(sentences, "</p>\n<p>") .. "</p>\n</div>\n"
end

-- }}

-- {{ What was asked, and what happened

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
  field("by", batch.who)
  field("tenant", batch.tenant, "<code>%s</code>")
  field("application", batch.application, "<code>%s</code>")
  add("created", markup.moment(batch.created))
  add("took", words.took(course))
  add("items", number(batch.count) .. ", " .. text(words.order(batch.order)))
  field("command", batch.command, "<code>%s</code>")
  field("plan", batch.plan)
  return section("asked", "What was asked",
    '<dl class="facts">\n' .. table.concat(parts, "\n") .. "\n</dl>\n")
end

local function history(events)
  if #events == 0 then return "" end
  local rows = {}
  for i, event in ipairs(events) do
    rows[i] = { markup.clock(event.at), text(event.kind), isolated(event.who or ""),
                isolated(event.detail or "") }
  end
  return section("history", "What happened", markup.table("The batch's course",
    { { title = "When (UTC)", class = "nowrap" }, { title = "What" },
      { title = "Who", class = "name" }, { title = "Detail" } }, rows))
end

local function steps(batch, numbers, course)
  local parts = {}
  for i, step in ipairs(words.next_steps(batch, numbers, course)) do
    parts[i] = ("<li><code>%s</code> %s</li>"):format(isolated(step.command), text(step.why))
  end
  if #parts == 0 then return "" end
  return section("next", "What to do next",
    '<ul class="steps">\n' .. table.concat(parts, "\n") .. "\n</ul>\n")
end

-- }}

-- {{ Calls and times

local function timeline(numbers, events, limits)
  local calls = numbers.calls
  if calls.count == 0 then
    return section("calls", "Calls against the service's limits", "<p>No call went out.</p>\n")
  end
  return section("calls", "Calls against the service's limits", fill([[
<figure class="picture" role="group" aria-label="Timeline" tabindex="0">
{picture}</figure>
<p class="key">Each bar, of {width}, is as high as the window was full at most. Dashed in
red: what the service takes. Times are UTC. Counted are this batch's calls; others of the same
application in the tenant share the windows.</p>
]], { picture = chart.timeline(calls, events, limits), width = duration.text(calls.width) }))
end

local function times(numbers)
  local rows = {}
  local function add(name, of)
    rows[#rows + 1] = { name, number(of.count), markup.seconds(of.median), markup.seconds(of.p90),
                        markup.seconds(of.p99), markup.seconds(of.longest) }
  end
  add("From the batch's begin to an item's first call", numbers.waiting)
  add("From an item's last call to its outcome", numbers.answer)
  local columns = { { title = "" } }
  for i, title in ipairs { "Items", "Median", "90&nbsp;% within", "99&nbsp;% within", "Longest" } do
    columns[i + 1] = { title = title, class = "number" }
  end
  columns[1].title = "Time"
  return section("times", "How long it took", markup.table(
    "Exact to 1&nbsp;%, the longest exactly", columns, rows))
end

-- }}

-- {{ Outcomes

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
  return markup.table("All items", { { title = "Outcome" }, { title = "Items", class = "number" },
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
  return markup.table("By " .. title:lower(), columns, rows)
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
  return section("reasons", "Why items did not end as asked", markup.table("Reasons",
    { { title = "Reason" }, { title = "Outcome" }, { title = "HTTP", class = "number" },
      { title = "Items", class = "number" }, { title = "Such as" } }, rows))
end

local function breakdown(numbers)
  return section("outcomes", "What became of them", outcome_table(numbers)
    .. group_table("Type", numbers.by.type, numbers)
    .. group_table("Domain", numbers.by.domain, numbers)
    .. group_table("Requestor", numbers.by.requestor, numbers))
end

-- }}

local FOOT = [[
</main>
<footer>
<p>Made by mde {version} on {now}. Times are UTC, by the clock of the machine that sent.</p>
<p>Domain is what follows the first dot of a machine's DNS name: machine actions do not name
the machine's group. A dash stands where nothing is known: of an item that was never sent, for
one, all but the id.</p>
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
  output.write(note(numbers))
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
