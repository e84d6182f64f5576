-- Isolates the machines with a tag and scans them, as two batches of the journal:
--
--   mde run contain.lua Infected INC0048211       asks before each batch
--   mde run contain.lua Infected INC0048211 40    does not ask, and changes at most 40 machines
--
-- The guards of the profile apply, and `mde resume` continues a batch that has stopped. Requires
-- Machine.Read.All, Machine.Isolate and Machine.Scan. Ends with the exit status of the batches.

local tag, comment, max = arg[1], arg[2], tonumber(arg[3])
if not comment then
  io.stderr:write("usage: contain.lua TAG COMMENT [MAX]\n")
  os.exit(2)
end

local client = assert(mde.client())
local machines = assert(client:list_machines { tag = tag, health = "Active" })
for _, change in ipairs { "isolate", "scan" } do
  local report = assert(mde.batch {
    change = change, type = change == "isolate" and "Full" or "Quick", comment = comment,
    targets = machines, client = client, yes = max ~= nil, max = max,
    on_item = function(item)
      print(("%-8s %-10s %s"):format(change, item.verdict, item.machine or item.id))
    end,
  })
  if report.status ~= 0 then break end
end
