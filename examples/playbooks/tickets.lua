-- Compares isolated machines with a list of tickets:
--
--   mde run tickets.lua < tickets.csv
--
-- Reads CSV with a machine's name and a ticket per line. A short name stands for each machine that
-- has it. Prints per machine "fits" (isolated, with a ticket), "no ticket" or "not isolated".
-- Requires Machine.Read.All. Ends with 1 unless all fit, and with 2 if a line can't be read.

local mde = mde or require "mde"

-- Spreadsheets write a byte order mark, quotes, and some of them semicolons.
local tickets, number = {}, 0
for given in io.lines() do
  number = number + 1
  local line = given:gsub("^\239\187\191", ""):gsub('"', "")
  local name, ticket = line:match "^%s*([^,;%s]+)%s*[,;]%s*([^,;]-)%s*$"
  if not name and line:find "%S" then
    io.stderr:write("line ", number, ": expected a machine and a ticket, such as srv-1,INC1\n")
    os.exit(2)
  end
  if name and name:lower() ~= "machine" then tickets[name:lower()] = ticket end
end

local client = assert(mde.client())
local rows = assert(client:isolated())
local wrong, found = 0, {}

local function tell(state, name, ticket, detail)
  print(("%-14s  %-40s  %-16s  %s"):format(state, name, ticket or "-", detail or ""))
end

for _, row in ipairs(rows) do
  local name = (row.machine or row.machine_id):lower()
  local short = name:match "^[^.]+"
  local ticket = tickets[name] or tickets[short]
  found[name], found[short] = true, true
  if not ticket then wrong = wrong + 1 end
  tell(ticket and "fits" or "no ticket", name, ticket,
    ("%s since %s by %s"):format(row.state, row.since or "?", row.by or "-"))
end
local free = {}
for name in pairs(tickets) do
  if not found[name] then free[#free + 1] = name end
end
table.sort(free)
for _, name in ipairs(free) do tell("not isolated", name, tickets[name]) end
io.stderr:write(rows.reach.note .. "\n")
os.exit(wrong + #free == 0 and 0 or 1)
