-- Compares the verdicts that people read with those of the journal.
--
-- `unsent` and `unknown` may be printed of items that have no verdict in the journal.

local time = require "spec.world.model.time"

local VERDICT = "^(%l[%l_]*)%s+(%x[%x-]+)%f[^%x-]"

-- The id of an action or of a machine.
local function is_id(word) return #word == 36 or #word == 40 end

-- { [store] = { ["id verdict"] = true } }
local function rows_of(world)
  local known = {}
  for _, item in ipairs(world.items) do
    local store = item.batch.store
    known[store] = known[store] or {}
    for _, entry in ipairs(item.rows) do
      if entry.row.kind == "ended" then
        known[store][item.id .. " " .. entry.row.verdict] = true
      end
    end
  end
  return known
end

local function outputs_of(world)
  local outputs = {}
  for n, event in ipairs(world.observation.events) do
    if event.kind == "output" and event.stream == "stdout" then
      outputs[#outputs + 1] = { n = n, process = event.process, text = event.text }
    end
  end
  return outputs
end

local function check_line(known, output, line, report)
  local verdict, id = line:match(VERDICT)
  if not verdict then return end
  if known.verdicts[verdict] and verdict ~= "unsent" and verdict ~= "unknown" and is_id(id)
    and not (known.rows or {})[id .. " " .. verdict] then
    report("output", { output.n }, "%s prints that %s is %s; the journal has no such verdict",
      output.process, id, verdict)
  end
end

return function(world, report)
  local rows = rows_of(world)
  for _, output in ipairs(outputs_of(world)) do
    local process = world.observation.processes[output.process]
    local known = { verdicts = world.VERDICTS, rows = process and rows[process.store] }
    -- On a full disk, or if Ctrl-C ended its wait for the store, a process cannot record all; a resume
    -- reads it back.
    local is_full = process and time.was_full_during(world, process)
    local is_free = is_full or time.gave_up_store(world, output.process, output.n)
    local lines = is_free and "" or output.text or ""
    for line in lines:gmatch "[^\n]+" do check_line(known, output, line, report) end
  end
end
