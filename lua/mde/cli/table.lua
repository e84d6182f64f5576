-- A table of aligned columns: on a terminal cut to its width and with colours
-- (unless NO_COLOR is set), elsewhere whole and plain.

local output = require "mde.cli.output"
local terminal = require "mde.terminal"

local NARROWEST = 6  -- columns that a cut field keeps
local GAP = "  "

local function measure(columns, rows)
  local widths, total = {}, #GAP * (#columns - 1)
  for i, column in ipairs(columns) do
    widths[i] = #column.title
    for _, row in ipairs(rows) do widths[i] = math.max(widths[i], terminal.columns(row[i])) end
    total = total + widths[i]
  end
  return widths, total
end

-- The widest column that may be cut further.
local function widest(columns, widths)
  local found
  for i, column in ipairs(columns) do
    if column.may_cut and widths[i] > NARROWEST and (not found or widths[i] > widths[found]) then
      found = i
    end
  end
  return found
end

local function narrow(columns, widths, total, limit)
  while total > limit do
    local i = widest(columns, widths)
    if not i then return end
    widths[i], total = widths[i] - 1, total - 1
  end
end

local function line(fields, columns, widths, paint)
  local parts = {}
  for i, column in ipairs(columns) do
    local text = terminal.cut(fields[i], widths[i])
    local padding = i < #columns and (" "):rep(widths[i] - terminal.columns(text)) or ""
    local colour = paint and column.colour and column.colour(fields[i])
    if colour then text = ("\27[%sm%s\27[0m"):format(colour, text) end
    parts[i] = text .. padding
  end
  return table.concat(parts, GAP)
end

local function may_paint()
  return terminal.is_terminal(1) and (os.getenv "NO_COLOR" or "") == ""
         and os.getenv "TERM" ~= "dumb"
end

-- Prints `rows`, arrays of text (which this makes printable), under `columns`,
-- each { title=, may_cut= (on a narrow terminal), colour= (text -> SGR code | nil) }.
return function(columns, rows)
  for _, row in ipairs(rows) do
    for i = 1, #columns do row[i] = terminal.printable(row[i] or "") end
  end
  local widths, total = measure(columns, rows)
  if terminal.is_terminal(1) then narrow(columns, widths, total, terminal.width(1) or 80) end
  local titles = {}
  for i, column in ipairs(columns) do titles[i] = column.title end
  output.line(line(titles, columns, widths))
  local paint = may_paint()
  for _, row in ipairs(rows) do output.line(line(row, columns, widths, paint)) end
end
