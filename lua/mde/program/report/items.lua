-- Writes the HTML report's table of items, with a form to search it.
--
-- Without scripts the form is hidden and all items are shown.

local markup = require "mde.program.report.markup"
local outcomes = require "mde.program.report.outcome"
local output = require "mde.program.terminal.output"
local words = require "mde.program.report.words"

local MOST = 100000  -- rows; browsers are too slow with more

local BLOCK = 100  -- rows of a <tbody>; the browser lays out visible ones only: see style.lua

local COLUMNS = {
  { title = "#", class = "number" }, { title = "Verdict" }, { title = "Machine, action" },
  { title = "Type, requestor" }, { title = "First sent (UTC)" }, { title = "Reason" },
}

local text, isolated = markup.text, markup.isolated

local function sent_cell(item)
  local sends = item.sends or {}
  local last = sends[#sends]
  if not last then return "" end
  local details = {}
  if #sends > 1 then details[1] = #sends .. " calls" end
  if item.ended_at then
    details[#details + 1] = "answered in " .. words.seconds(math.max(0, item.ended_at - last))
  end
  return markup.clock(sends[1]) .. " <small>" .. table.concat(details, ", ") .. "</small>"
end

local function why_cell(item)
  local reason, details = item.message or item.error, {}
  if not reason then return "" end
  if item.http then details[1] = "HTTP " .. text(item.http) end
  if item.request_id then
    details[#details + 1] = "request <code>" .. isolated(item.request_id) .. "</code>"
  end
  return isolated(reason) .. " <small>" .. table.concat(details, ", ") .. "</small>"
end

local function row(item)
  local outcome = outcomes.of(item)
  local status = item.status and item.status ~= "Cancelled"
                 and " <small>" .. isolated(item.status) .. "</small>" or ""
  return table.concat {
    '<tr><td class="number">', text(item.position), '</td><td class="', outcomes.kind(outcome),
    '">', text(outcomes.label(outcome)), status, '</td><th scope="row">',
    isolated(item.machine or item.machine_id or "-"), " <code>", isolated(item.id),
    "</code></th><td>", isolated(item.type or "-"), " <small>", isolated(item.requestor or "-"),
    '</small></td><td class="nowrap">', sent_cell(item), "</td><td>", why_cell(item),
    "</td></tr>\n",
  }
end

local function options(numbers)
  local parts = {}
  for i, name in ipairs(outcomes.present(numbers.outcomes)) do
    local label = text(outcomes.label(name))
    parts[i] = ('<option value="%s">%s</option>'):format(label, label)
  end
  return table.concat(parts)
end

-- Writes the section. `rows` is an iterator over the items.
return function(rows, numbers)
  output.write(markup.fill([[
<section id="items" aria-labelledby="items-title">
<h2 id="items-title">Items</h2>
<form class="find" id="find" role="search" hidden>
<label class="wide">Search: machine, id, person, reason
<input type="search" id="q" autocomplete="off" spellcheck="false"></label>
<label>Verdict<select id="outcome"><option value="">all</option>{options}</select></label>
</form>
<p class="shown" id="shown" role="status">{all}</p>
<div class="items" role="region" aria-label="Items" tabindex="0">
<table id="rows"><caption>Items, in the order of the batch</caption>
<colgroup><col class="c1"><col class="c2"><col class="c3"><col class="c4"><col class="c5"><col>
</colgroup>
{head}]], { options = options(numbers), head = markup.head(COLUMNS),
      all = numbers.items <= MOST and markup.number(numbers.items) .. " items"
            or ("The first %s of %s items: a browser is too slow with more."
                .. " CSV and JSON have all items.")
               :format(markup.number(MOST), markup.number(numbers.items)) }))
  local count = 0
  for item in rows do
    count = count + 1
    if count > MOST then break end
    if count % BLOCK == 1 then output.write(count == 1 and "<tbody>\n" or "</tbody>\n<tbody>\n") end
    output.write(row(item))
  end
  output.write(count > 0 and "</tbody>" or "")
  output.write "</table></div>\n</section>\n"
end
