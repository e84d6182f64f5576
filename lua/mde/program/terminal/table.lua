-- Prints a table of aligned columns, which fits a terminal and is coloured there.
--
-- If it is too wide, ids are shortened first, then columns are cut, then dropped. A pipe gets all.

local colours = require "mde.program.terminal.colour"
local output = require "mde.program.terminal.output"
local short_ids = require "mde.program.terminal.short_ids"
local system = require "mde.program.system"
local terminal = require "mde.terminal"

local NARROWEST = 6  -- columns that a cut field keeps
local GAP = "  "

local function measure(columns, rows)
  local widths, total = {}, #GAP * (#columns - 1)
  for i, column in ipairs(columns) do
    widths[i] = terminal.columns(column.title)
    for _, row in ipairs(rows) do widths[i] = math.max(widths[i], terminal.columns(row[i])) end
    total = total + widths[i]
  end
  return widths, total
end

-- Returns the column to cut next: one that is cut first, else the widest that may be cut further.
local function next_cut(columns, widths)
  local found
  for i, column in ipairs(columns) do
    if column.may_cut and widths[i] > (column.least or NARROWEST) then
      if column.cut_first then return i end
      if not found or widths[i] > widths[found] then found = i end
    end
  end
  return found
end

-- Cuts columns until the table fits. -> the remaining width
local function narrow(columns, widths, total, limit)
  while total > limit do
    local i = next_cut(columns, widths)
    if not i then return total end
    widths[i], total = widths[i] - 1, total - 1
  end
  return total
end

local function without(columns, rows, i)
  columns = table.move(columns, 1, #columns, 1, {})
  table.remove(columns, i)
  for _, row in ipairs(rows) do table.remove(row, i) end
  return columns
end

-- Drops the last column that may be dropped. -> columns | nil: there is none
local function leave_out(columns, rows)
  for i = #columns, 1, -1 do
    if columns[i].may_drop then return without(columns, rows, i) end
  end
end

-- Drops the columns that have nothing to show.
local function drop_empty(columns, rows)
  for i = #columns, 1, -1 do
    local is_empty = columns[i].may_be_empty
    for _, row in ipairs(rows) do is_empty = is_empty and row[i] == "" end
    if is_empty then columns = without(columns, rows, i) end
  end
  return columns
end

local GUID = "^(%x%x%x%x%x%x%x%x)%-%x%x%x%x%-%x%x%x%x%-%x%x%x%x%-%x+$"

-- Shortens ids. -> columns, of which the shortened ones have another title
local function shorten(columns, rows)
  columns = table.move(columns, 1, #columns, 1, {})
  for i, column in ipairs(columns) do
    if column.has_guids then
      for _, row in ipairs(rows) do row[i] = row[i]:gsub(GUID, "%1…") end
    end
    if column.is_id then
      short_ids.shorten(rows, i)
      columns[i] = setmetatable({ title = column.title ~= "" and column.title .. "…" or "" },
        { __index = column })
    end
  end
  return columns
end

local function line(fields, columns, widths, paint)
  local parts = {}
  for i, column in ipairs(columns) do
    local text = terminal.cut(fields[i], widths[i])
    local space = (" "):rep(widths[i] - terminal.columns(text))
    local padding = i < #columns and not column.right and space or ""
    local before = column.right and space or ""
    local code = paint and column.colour and column.colour(fields[i])
    if code then text = colours.paint(text, code) end
    parts[i] = before .. text .. padding
  end
  return (table.concat(parts, GAP):gsub(" +$", ""))
end

local function output_line(text)
  output.write(text .. "\n")
end

local function note_line(text)
  if system.state.json then return output.note("%s", text) end
  system.stderr:write(text .. "\n")
end

-- Returns the columns that fit into `limit` (nil: all fit), and their widths. Columns that are never
-- cut may exceed it.
local function fit(columns, rows, limit)
  if limit then columns = drop_empty(columns, rows) end
  local widths, total = measure(columns, rows)
  if not limit or total <= limit then return columns, widths end
  columns = shorten(columns, rows)
  widths, total = measure(columns, rows)
  while narrow(columns, widths, total, limit) > limit do
    local fewer = leave_out(columns, rows)
    if not fewer then break end
    columns = fewer
    widths, total = measure(columns, rows)
  end
  return columns, widths
end

-- Prints `rows`, arrays of texts (made printable here), under `columns`, on standard output, or on
-- standard error if `fd` is 2. If `is_wide`, nothing is shortened, cut or dropped. A column has:
--   title         if all are "", no titles are printed
--   is_id         its GUIDs are shortened if the table is too wide
--   has_guids     the same, to 8 digits and "…", among other texts
--   may_cut       then it is cut; `cut_first`: before others; `least`: columns that it keeps
--   may_drop      it is dropped if cutting is not enough
--   may_be_empty  it is dropped at a terminal if it has no text
--   right         aligned right
--   colour        function(text) -> a code of terminal.colour, or nil
return function(columns, rows, fd, is_wide)
  fd = fd or 1
  local write = fd == 1 and output_line or note_line
  for _, row in ipairs(rows) do
    for i = 1, #columns do row[i] = terminal.printable(row[i] or "") end
  end
  local widths, limit
  if not is_wide and system.terminal.is_terminal(fd) then
    limit = system.terminal.width(fd) or 80
  end
  columns, widths = fit(columns, rows, limit)
  local titles = {}
  for i, column in ipairs(columns) do titles[i] = column.title end
  if table.concat(titles) ~= "" then write(line(titles, columns, widths)) end
  local paint = colours.is_on(fd)
  for _, row in ipairs(rows) do write(line(row, columns, widths, paint)) end
end
