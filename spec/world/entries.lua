-- Adds entries to a plan that is drawn.

local entries = {}

-- Adds a command that begins at a moment. -> its entry
function entries.run(plan, name, at, argv, intent)
  local host = plan.hosts[1]
  local entry = { what = "run", name = name, host = host.name, user = host.user, at = at,
                  argv = argv, intent = intent }
  table.insert(plan.entries, entry)
  return entry
end

return entries
