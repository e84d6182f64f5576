-- The kinds of machine action, and the statuses of an action.

local HOUR = 3600

local kinds = {}

---@alias mde.action_type from service/kinds.types
---| string

---@alias mde.status from service/kinds.statuses
---| string

-- One row per kind:
--   type         the service's name
--   operation    launches it, and is the client's method (absent: it can't be launched)
--   name         for `mde launch`
--   inverse      the type that undoes it
--   makes        the state of a machine after it; `making`: while it is open
--   scopes       values of its scope, of which the first is the default
--   takes        another option that it requires
--   at_once      how many the service carries out at the same time
--   stuck_after  seconds after which an open one is stuck. The service queues a live response for
--                two hours, and retries an isolation for three days.
--   is_nameless  a new action does not name its machine
--   is_final     nothing undoes it, so it takes one machine at a time
-- Source: "machineAction resource type" and the pages of the operations.
kinds.all = {
  { type = "Isolate", operation = "isolate", inverse = "Unisolate", stuck_after = 24 * HOUR,
    makes = "isolated", making = "isolating", scopes = { "Full", "Selective", "UnManagedDevice" } },
  { type = "Unisolate", operation = "unisolate", inverse = "Isolate", stuck_after = 24 * HOUR },
  { type = "RestrictCodeExecution", operation = "restrict", inverse = "UnrestrictCodeExecution",
    stuck_after = 24 * HOUR, makes = "restricted", making = "restricting" },
  { type = "UnrestrictCodeExecution", operation = "unrestrict", inverse = "RestrictCodeExecution",
    stuck_after = 24 * HOUR },
  { type = "RunAntiVirusScan", operation = "scan", scopes = { "Quick", "Full" },
    stuck_after = 24 * HOUR },
  { type = "CollectInvestigationPackage", operation = "collect", stuck_after = 6 * HOUR },
  { type = "Offboard", operation = "offboard", is_nameless = true, is_final = true,
    stuck_after = 72 * HOUR },
  { type = "StopAndQuarantineFile", operation = "quarantine", takes = "sha1",
    stuck_after = 24 * HOUR },
  { type = "LiveResponse", operation = "live_response", takes = "commands", is_nameless = true,
    stuck_after = 2 * HOUR, at_once = 25 },
  { type = "RequestSample" },
  { type = "Unknown" },
}

-- The types in this order; the rows by type, by operation, and by the state that they make.
kinds.types, kinds.of, kinds.launched_by, kinds.making = {}, {}, {}, {}
for i, kind in ipairs(kinds.all) do
  kinds.types[i], kinds.of[kind.type] = kind.type, kind
  if kind.operation then
    kind.name = kind.operation:gsub("_", "-")
    kinds.launched_by[kind.operation] = kind
  end
  if kind.makes then kinds.making[kind.makes] = kind end
end

-- An open action may still change; a final one does not. The service writes TimeOut with a
-- capital O, Cancelled with two l.
kinds.statuses = { "Pending", "InProgress", "Succeeded", "Failed", "TimeOut", "Cancelled" }
kinds.open, kinds.is_open = { "Pending", "InProgress" }, { Pending = true, InProgress = true }
kinds.final = { Succeeded = true, Failed = true, TimeOut = true, Cancelled = true }

return kinds
