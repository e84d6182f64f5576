-- Scans active machines with a tag whose last scan is too long ago:
--
--   mde run rescan.lua crown-jewel 7d "Weekly scan"          lists them
--   mde run rescan.lua crown-jewel 7d "Weekly scan" --yes    launches the scans
--
-- Requires Machine.Read.All and Machine.Scan. Ends with 1 if a scan was refused.

local mde = mde or require "mde"

local tag, age, comment, yes = arg[1], arg[2], arg[3], arg[4]
if not comment then
  io.stderr:write("usage: rescan.lua TAG AGE COMMENT [--yes]\n")
  os.exit(2)
end

local client = assert(mde.client())
local scanned = {}
for action in client:actions { type = "RunAntiVirusScan", newer_than = age } do
  local counts = action.status == "Succeeded" or not action:is_final()
  if counts and action.machineId then scanned[action.machineId:lower()] = true end
end

local refused, due = 0, 0
for machine in client:machines { tag = tag, health = "Active" } do
  if not scanned[machine.id:lower()] then
    due = due + 1
    local outcome = "is due"
    if yes == "--yes" then
      local action, err = client:scan(machine, { comment = comment, type = "Quick" })
      outcome = action and "scan launched: " .. action.id or tostring(err)
      if not action then refused = refused + 1 end
    end
    print(("%-40s  %s"):format(machine.computerDnsName or machine.id, outcome))
  end
end
print(("%d machines with the tag %s had no scan for %s%s"):format(due, tag, age,
  yes == "--yes" and "" or ". Nothing was launched. Add --yes to launch."))
os.exit(refused == 0 and 0 or 1)
