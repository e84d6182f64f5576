-- Escapes text for HTML, fills templates, and formats tables and numbers.
--
-- The service's text may contain anything and must stay text in the page. Control characters are
-- made visible, as on a terminal, so that none changes the direction of a line.

local date = require "mde.base.date"
local terminal = require "mde.terminal"
local words = require "mde.program.report.words"

local markup = {}

local LONGEST = 300  -- columns shown of a text

local REFERENCES = { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ['"'] = "&quot;",
                     ["'"] = "&#39;" }

-- Escapes text for an element's content or a quoted attribute.
function markup.text(text)
  text = terminal.printable(tostring(text))
  if #text > LONGEST then text = terminal.cut(text, LONGEST) end
  if text:find "[&<>\"']" then text = text:gsub("[&<>\"']", REFERENCES) end
  return text
end

-- The same in an element of its own, isolated from the direction of the text around it.
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

-- Seconds -> a <time> element with the zone.
function markup.moment(seconds)
  return ('<time datetime="%s">%s UTC</time>'):format(date.text(seconds), markup.clock(seconds))
end

-- Fills a template: {name} becomes values[name], unescaped, or nothing if it is nil.
function markup.fill(template, values)
  return (template:gsub("{(%l[%l_]*)}", function(name) return values[name] or "" end))
end

-- Tables

-- Columns are { title, class (of the cells; optional) }. A row is an array of markup; its first
-- cell is its header.
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

-- Returns a table in a box that scrolls.
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

-- Formats seconds for an element's content; nil gives an empty text.
function markup.seconds(seconds)
  return seconds and words.seconds(seconds) or ""
end

return markup
