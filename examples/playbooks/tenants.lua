-- How many actions are open in each tenant of the configuration file, and how old the oldest is:
--
--   mde run tenants.lua               of all profiles
--   mde run tenants.lua 'emea-*'      of some
--
-- A tenant that can't be read is said, and stops no other. Needs Machine.Read.All in each. Ends
-- with 1 if one could not be read.

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
