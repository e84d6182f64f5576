-- Prints the events of a store's journal, for specs: lua5.4 journal.lua FILE
--
-- One per line: batch, id, number, kind, verdict ("-" if none).

local connection = assert(require "DBI".Connect("SQLite3", arg[1]))
local statement = assert(connection:prepare [[
  SELECT e.batch, i.id, e.number, e.kind, e.verdict FROM events AS e
  JOIN items AS i ON i.batch = e.batch AND i.position = e.position
  ORDER BY e.batch, e.position, e.number]])
assert(statement:execute())
for row in statement:rows(false) do
  print(("%d %s %d %s %s"):format(row[1], row[2], row[3], row[4], row[5] or "-"))
end
