-- Prints a table of aligned columns, cut and coloured on a terminal only.
--
-- NO_COLOR turns colours off.

local output = require "mde.program.terminal.output"
local system = require "mde.program.system"
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

-- Returns the widest column that may be cut further.
local function widest(columns, widths)
  local found
  for i, column in ipairs(columns) do
    if column.may_cut and widths[i] > (column.least or NARROWEST)
       and (not found or widths[i] > widths[found]) then
      found = i
    end
  end
  return found
end

-- Cuts columns until the table fits. -> the remaining width
local function narrow(columns, widths, total, limit)
  while total > limit do
    local i = widest(columns, widths)
    if not i then return total end
    widths[i], total = widths[i] - 1, total - 1
  end
  return total
end

-- Drops the last column that may be dropped. -> columns | nil: there is none
local function leave_out(columns, rows)
  for i = #columns, 1, -1 do
    if columns[i].may_drop then
      columns = table.move(columns, 1, #columns, 1, {})
      table.remove(columns, i)
      for _, row in ipairs(rows) do table.remove(row, i) end
      return columns
    end
  end
end

local function line(fields, columns, widths, paint)
  local parts = {}
  for i, column in ipairs(columns) do
    local text = terminal.cut(fields[i], widths[i])
    local space = (" "):rep(widths[i] - terminal.columns(text))
    local padding = i < #columns and not column.right and space or ""
    local before = column.right and space or ""
    local colour = paint and column.colour and column.colour(fields[i])
    if colour then text = ("\27[%sm%s\27[0m"):format(colour, text) end
    parts[i] = before .. text .. padding
  end
  return table.concat(parts, GAP)
end

local function may_paint(fd)
  return system.terminal.is_terminal(fd) and (system.getenv "NO_COLOR" or "") == ""
         and system.getenv "TERM" ~= "dumb"
end

local function output_line(text)
  output.write(text .. "\n")
end

local function note_line(text)
  system.stderr:write(text, "\n")
end

-- Returns the columns that fit into `limit` (nil: all fit), and their widths. Columns that are never
-- cut, such as ids, may exceed it.
local function fit(columns, rows, limit)
  local widths, total = measure(columns, rows)
  while limit and narrow(columns, widths, total, limit) > limit do
    local fewer = leave_out(columns, rows)
    if not fewer then break end
    columns = fewer
    widths, total = measure(columns, rows)
  end
  return columns, widths
end

-- Prints `rows`, arrays of texts (made printable here), under `columns`, on standard output, or on
-- standard error if `fd` is 2. A column is { title=, may_cut= (on a narrow terminal), least= (columns
-- kept when cut), may_drop= (dropped if cutting is not enough), right= (aligned right), colour=
-- (function(text) -> SGR code or nil) }.
return function(columns, rows, fd)
  fd = fd or 1
  local write = fd == 1 and output_line or note_line
  for _, row in ipairs(rows) do
    for i = 1, #columns do row[i] = terminal.printable(row[i] or "") end
  end
  local widths
  local limit = system.terminal.is_terminal(fd) and (system.terminal.width(fd) or 80)
  columns, widths = fit(columns, rows, limit)
  local titles = {}
  for i, column in ipairs(columns) do titles[i] = column.title end
  write(line(titles, columns, widths))
  local paint = may_paint(fd)
  for _, row in ipairs(rows) do write(line(row, columns, widths, paint)) end
end
