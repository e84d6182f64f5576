-- Compares what is isolated with a list of tickets: CSV with a machine's name and a ticket a
-- line, on standard input.
--
--   mde run tickets.lua < tickets.csv
--
-- Tells of each machine whether it is isolated and has a ticket, is isolated without one, or has
-- a ticket and is free. Needs Machine.Read.All. Ends with 1 unless all fit.

local mde = mde or require "mde"

local tickets = {}
for line in io.lines() do
  local name, ticket = line:match "^%s*([^,%s]+)%s*,%s*(.-)%s*$"
  if name and name:lower() ~= "machine" then tickets[name:lower()] = ticket end
end

local client = assert(mde.client())
local rows = assert(client:isolated())
local wrong = 0

local function tell(state, name, ticket, detail)
  print(("%-14s  %-40s  %-16s  %s"):format(state, name, ticket or "-", detail or ""))
end

for _, row in ipairs(rows) do
  local name = (row.machine or row.machine_id):lower()
  local ticket = tickets[name]
  tickets[name] = nil
  if not ticket then wrong = wrong + 1 end
  tell(ticket and "fits" or "no ticket", name, ticket,
    ("%s since %s by %s"):format(row.state, row.since or "?", row.by or "-"))
end
local free = {}
for name in pairs(tickets) do free[#free + 1] = name end
table.sort(free)
for _, name in ipairs(free) do tell("not isolated", name, tickets[name]) end
io.stderr:write(rows.reach.note, "\n")
os.exit(wrong + #free == 0 and 0 or 1)
