-- Prints the number and age of open actions in each tenant of the configuration:
--
--   mde run tenants.lua               all profiles
--   mde run tenants.lua 'emea-*'      some profiles
--
-- Reports a tenant that can't be read, and continues. Requires Machine.Read.All in each. Ends with
-- 1 if a tenant could not be read.

local mde = mde or require "mde"

local wanted = arg[1]
local clients = assert(mde.clients(wanted and { profiles = wanted } or { all = true }))

local failed = 0
print(("%-24s  %6s  %s"):format("tenant", "open", "oldest"))
for _, client in ipairs(clients) do
  local open, err = client:list { status = { "Pending", "InProgress" }, order = "oldest" }
  if open then
    local age = open[1] and open[1]:age()
    print(("%-24s  %6d  %s"):format(client.profile, #open,
      age and mde.duration(age) or "-"))
  else
    failed = failed + 1
    io.stderr:write(client.profile, ": ", tostring(err), "\n")
  end
end
os.exit(failed == 0 and 0 or 1)
