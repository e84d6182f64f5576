-- Prints a batch's items as CSV, one record per item.

local output = require "mde.program.terminal.output"
local record = require "mde.program.report.record"

local COLUMNS = table.move(record.keys, 1, #record.keys, 1, {})
for i, key in ipairs(COLUMNS) do
  if key == "sends" then COLUMNS[i] = "calls" end
end

-- Prints the items from the iterator `rows`. `begun` is the batch's begin.
return function(rows, begun)
  output.csv(COLUMNS, #COLUMNS)
  for item in rows do
    local fields, line = record.of(item, begun), {}
    fields.calls = #fields.sends
    for i, key in ipairs(COLUMNS) do line[i] = fields[key] end
    output.csv(line, #COLUMNS)
  end
end
