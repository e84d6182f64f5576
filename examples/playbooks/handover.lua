-- Counts open actions by requestor and age, for the next shift:
--
--   mde run handover.lua              a table
--   mde run handover.lua --csv        for a spreadsheet
--
-- Requires Machine.Read.All. Ends with 0.

local mde = mde or require "mde"

local is_csv = arg[1] == "--csv"
if arg[1] and not is_csv then
  io.stderr:write("usage: handover.lua [--csv]\n")
  os.exit(2)
end

local HOUR = 3600
local AGES = { { "under 1h", HOUR }, { "1h to 8h", 8 * HOUR }, { "8h to 2d", 48 * HOUR },
               { "over 2d", math.huge } }

local function age_of(action)
  local age = action:age() or math.huge
  for i, band in ipairs(AGES) do
    if age < band[2] then return i end
  end
  return #AGES
end

local client = assert(mde.client())
local rows, order = {}, {}
for action in client:actions { status = { "Pending", "InProgress" } } do
  local key = (action.requestor or "-") .. "\0" .. action.type
  local row = rows[key]
  if not row then
    row = { requestor = action.requestor or "-", type = action.type, total = 0 }
    for i = 1, #AGES do row[i] = 0 end
    rows[key], order[#order + 1] = row, row
  end
  local i = age_of(action)
  row[i], row.total = row[i] + 1, row.total + 1
end
table.sort(order, function(a, b)
  if a.total ~= b.total then return a.total > b.total end
  return a.requestor .. a.type < b.requestor .. b.type
end)

-- Quotes a field, and marks as text what a spreadsheet would take for a formula.
local function quote(field)
  local text = tostring(field):gsub('"', '""'):gsub("^[=+%-@\t\r]", "'%0")
  return '"' .. text .. '"'
end

local titles = { "requestor", "type" }
for _, band in ipairs(AGES) do titles[#titles + 1] = band[1] end
local function line(fields)
  if is_csv then
    for i, field in ipairs(fields) do fields[i] = quote(field) end
    return print(table.concat(fields, ","))
  end
  print(("%-38s  %-28s  %8s  %8s  %8s  %8s"):format(table.unpack(fields)))
end
line(titles)
for _, row in ipairs(order) do line { row.requestor, row.type, table.unpack(row, 1, #AGES) } end
