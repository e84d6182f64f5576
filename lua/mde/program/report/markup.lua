-- What a batch holds, made part of a page: text from the service may be anything, and
-- must not be more than text there. Controls become visible as on a terminal, so that
-- nothing turns a line round either.

local date = require "mde.base.date"
local terminal = require "mde.terminal"
local words = require "mde.program.report.words"

local markup = {}

local LONGEST = 300  -- columns of a text that are shown

local REFERENCES = { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ['"'] = "&quot;",
                     ["'"] = "&#39;" }

-- Any text, for an element's content or a quoted attribute.
function markup.text(text)
  text = terminal.printable(tostring(text))
  if #text > LONGEST then text = terminal.cut(text, LONGEST) end
  if text:find "[&<>\"']" then text = text:gsub("[&<>\"']", REFERENCES) end
  return text
end

-- The same as an element which its surroundings don't turn round, nor it them.
function markup.isolated(text)
  return "<bdi>" .. markup.text(text) .. "</bdi>"
end

-- 36000 -> "36,000"
function markup.number(number)
  local text = ("%d"):format(number)
  return (text:reverse():gsub("%d%d%d", "%0,"):reverse():gsub("^,", ""))
end

-- Seconds -> "2026-01-23 20:10:41"
function markup.clock(seconds)
  return (date.text(seconds):gsub("T", " "):gsub("Z", ""))
end

-- A moment as an element, with its zone.
function markup.moment(seconds)
  return ('<time datetime="%s">%s UTC</time>'):format(date.text(seconds), markup.clock(seconds))
end

-- Fills a template: {name} is what `values` has there, as it is; nil is nothing.
function markup.fill(template, values)
  return (template:gsub("{(%l[%l_]*)}", function(name) return values[name] or "" end))
end

-- {{ Tables

-- Columns are { title, class (of its cells, maybe) }. A row is an array of markup, its
-- first cell its header.
local function row_text(row, columns)
  local cells = {}
  for i, column in ipairs(columns) do
    local class = column.class and (' class="%s"'):format(column.class) or ""
    cells[i] = i == 1 and ('<th scope="row"%s>%s</th>'):format(class, row[i] or "")
               or ("<td%s>%s</td>"):format(class, row[i] or "")
  end
  return "<tr>" .. table.concat(cells) .. "</tr>\n"
end

function markup.head(columns)
  local cells = {}
  for i, column in ipairs(columns) do
    cells[i] = ('<th scope="col"%s>%s</th>')
      :format(column.class and (' class="%s"'):format(column.class) or "", column.title)
  end
  return "<thead><tr>" .. table.concat(cells) .. "</tr></thead>\n"
end

-- A table in a box in which it scrolls.
function markup.table(caption, columns, rows)
  local lines = {}
  for i, row in ipairs(rows) do lines[i] = row_text(row, columns) end
  return markup.fill([[
<div class="scroll" role="region" aria-label="{caption}" tabindex="0">
<table><caption>{caption}</caption>
{head}<tbody>
{rows}</tbody></table></div>
]], { caption = caption, head = markup.head(columns), rows = table.concat(lines) })
end

-- }}

-- Seconds as an element's content, nothing for nil.
function markup.seconds(seconds)
  return seconds and words.seconds(seconds) or ""
end

return markup
