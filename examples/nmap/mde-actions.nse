local stdnse = require "stdnse"
local mde = stdnse.silent_require "mde"

description = [[
Shows, for each host of a scan, the machine that it is in Microsoft Defender for Endpoint, its
open and latest machine actions, and whether it is isolated.

A host is found by its name (the target's, or that of reverse DNS), else by the address that the
machine reported last. Where several machines have it, the one that was seen last is shown, and
the others are named. Whether a machine is isolated is told from the history of its actions.

It signs in as the environment says (AZURE_TENANT_ID, AZURE_CLIENT_ID, AZURE_CLIENT_SECRET,
MDE_TOKEN and others), once for the whole scan. It needs the permission Machine.Read.All, and
sends nothing to the hosts.
]]

---
-- @usage
-- nmap -sn 192.0.2.0/24 --script ./mde-actions.nse
-- nmap -sn srv-1.contoso.com --script ./mde-actions.nse --script-args mde-actions.latest=10 -oX -
--
-- @args mde-actions.latest  How many finished actions are shown. Default: 3.
-- @args mde.profile  A profile of mde's configuration file, instead of the environment.
--
-- @output
-- Host script results:
-- | mde-actions:
-- |   machine: srv-1.contoso.com (0a1b…), found by its name, Active, seen 2h 10m ago
-- |   isolated: since 2026-01-23T20:10:40Z, by soar@contoso.com
-- |   open:
-- |     CollectInvestigationPackage Pending since 3h 2m, by dana@contoso.com (5382f7ea-…)
-- |   latest:
-- |_    Isolate Succeeded 5h 40m ago, by soar@contoso.com (0bb5f04a-…)
--
-- @xmloutput
-- <table key="machine">
--   <elem key="id">0a1b…</elem>
--   <elem key="name">srv-1.contoso.com</elem>
--   <elem key="found_by">name</elem>
--   <elem key="health">Active</elem>
--   <elem key="last_seen">2026-01-23T18:00:00Z</elem>
-- </table>
-- <elem key="isolated">true</elem>
-- <table key="open">
--   <table>
--     <elem key="id">5382f7ea-…</elem>
--     <elem key="type">CollectInvestigationPackage</elem>
--     <elem key="status">Pending</elem>
--     <elem key="age">10930</elem>
--     <elem key="requestor">dana@contoso.com</elem>
--   </table>
-- </table>

author = "the authors of mde"
license = "MIT"
categories = { "discovery", "safe", "external" }

local machines = dofile(SCRIPT_PATH:match "^(.*/)" .. "machines.lua")

hostrule = function() return true end

-- {{ What is shown: in reports, and to people

local function row(action)
  local shown = stdnse.output_table()
  shown.id, shown.type, shown.status = action.id, action.type, action.status
  shown.age = action:age() and math.floor(action:age())
  shown.requestor, shown.comment = action.requestor, action.requestorComment
  return shown
end

local function line(action)
  local age = action:age() and require "mde.duration".text(action:age())
  return ("%s %s %s, by %s (%s)"):format(action.type, action.status,
    not age and "" or action:is_final() and age .. " ago" or "since " .. age,
    action.requestor or "-", action.id)
end

-- "since …, by …", as the fold of a machine's actions has it, or "no".
local function isolation_line(isolated)
  if not isolated then return "no" end
  return ("%s%s, by %s%s"):format(
    isolated.state == "isolating" and "not yet: asked for " or "since ",
    ((isolated.since or "?"):gsub("%.%d+Z$", "Z")), isolated.by or "-",
    isolated.conflict and "; a release is " .. isolated.conflict.status or "")
end

local function machine_row(machine, by)
  local shown = stdnse.output_table()
  shown.id, shown.name, shown.found_by = machine.id, machine.computerDnsName, by
  shown.health, shown.risk, shown.last_seen = machine.healthStatus, machine.riskScore,
    machine.lastSeen
  return shown
end

-- Whether the machine is isolated, as the history of its actions says. -> row | nil
local function isolation(actions)
  local fold = require "mde.isolation".fold "isolated"
  for i = #actions, 1, -1 do fold:add(actions[i]) end
  return fold:rows()[1]
end

-- Its open actions, and the `latest` finished ones, of which there are so many.
local function by_kind(actions, latest)
  local open, finished = {}, {}
  for _, action in ipairs(actions) do
    local list = action:is_final() and finished or open
    if list == open or #finished < latest then list[#list + 1] = action end
  end
  return open, finished
end

local function each(list, f, ...)
  local made = {}
  for i, value in ipairs(list) do made[i] = f(value, ...) end
  return made
end

local function report(found, by, actions, latest)
  local isolated, open, finished = isolation(actions), by_kind(actions, latest)
  local shown = stdnse.output_table()
  shown.machine = machine_row(found[1], by)
  if found[2] then shown.others = each({ table.unpack(found, 2) }, machine_row, by) end
  shown.isolated = isolated ~= nil and isolated.state == "isolated"
  shown.open, shown.latest = each(open, row), each(finished, row)
  local lines = { "", "machine: " .. machines.line(found[1], by) }
  for i = 2, #found do lines[#lines + 1] = "or else: " .. machines.line(found[i], by) end
  lines[#lines + 1] = "isolated: " .. isolation_line(isolated)
  lines[#lines + 1] = open[1] and "open:" or "open: none"
  for _, action in ipairs(open) do lines[#lines + 1] = "  " .. line(action) end
  if finished[1] then lines[#lines + 1] = "latest:" end
  for _, action in ipairs(finished) do lines[#lines + 1] = "  " .. line(action) end
  return shown, table.concat(lines, "\n  ")
end

-- }}

action = function(host)
  local client, problem = machines.client(mde)
  if not client then return nil, "ERROR: " .. problem end
  local latest = tonumber(stdnse.get_script_args "mde-actions.latest" or 3)
  if not latest then return nil, "ERROR: mde-actions.latest is not a number" end
  local found, by = machines.of(host)
  if not found then return nil, "ERROR: " .. by end
  if not found[1] then return { machine = false }, "not in MDE, by this name or address" end
  local actions, err = client:list { machine = found[1].id }
  if not actions then return nil, "ERROR: " .. tostring(err) end
  return report(found, by, actions, latest)
end
