-- Shows the MDE machine of each scanned host, its actions and its isolation.

local stdnse = require "stdnse"
local mde = stdnse.silent_require "mde"

description = [[
Shows, for each host of a scan, its machine in Microsoft Defender for Endpoint, the machine's open
and latest actions, and its isolation.

A host is found by the target's name, or else by its reverse DNS name or by the address that the
machine reported last. Of several machines, the one seen last is shown, and the others are named.
The isolation is derived from the history of actions. An isolated machine does not answer nmap: use
-Pn to show it.

The script takes credentials from the environment (AZURE_TENANT_ID, AZURE_CLIENT_ID,
AZURE_CLIENT_SECRET, MDE_TOKEN and others), and signs in once per scan. It requires the permission
Machine.Read.All, and sends nothing to the hosts.
]]

---
-- @usage
-- nmap -sn -Pn 192.0.2.0/24 --script ./mde-actions.nse
-- nmap -sn -Pn srv-1.contoso.com --script ./mde-actions.nse -oX report.xml
--
-- @args mde-actions.latest  Number of ended actions to show. Default: 3.
-- @args mde.profile  A profile of mde's configuration file, instead of the environment.
--
-- @output
-- Host script results:
-- | mde-actions:
-- |   machine: srv-1.contoso.com (0a1b…), found by its name, Active, risk Low, seen 2h ago
-- |   isolated: since 2026-01-23T20:10:40Z, by soar@contoso.com
-- |   open:
-- |     CollectInvestigationPackage Pending since 3h 2m, by dana@contoso.com (5382f7ea-…): INC 1
-- |   latest:
-- |_    Isolate Succeeded 5h 40m ago, by soar@contoso.com (0bb5f04a-…): Rule 4711
--
-- @xmloutput
-- <table key="machine">
--   <elem key="id">0a1b…</elem>
--   <elem key="name">srv-1.contoso.com</elem>
--   <elem key="found_by">name</elem>
--   <elem key="address">192.0.2.7</elem>
--   <elem key="health">Active</elem>
--   <elem key="risk">High</elem>
--   <elem key="last_seen">2026-01-23T18:00:00Z</elem>
-- </table>
-- <elem key="isolated">true</elem>
-- <elem key="isolated_since">2026-01-23T20:10:40Z</elem>
-- <elem key="isolated_by">soar@contoso.com</elem>
-- <table key="open">
--   <table>
--     <elem key="id">5382f7ea-…</elem>
--     <elem key="type">CollectInvestigationPackage</elem>
--     <elem key="status">Pending</elem>
--     <elem key="age">10930</elem>
--     <elem key="requestor">dana@contoso.com</elem>
--     <elem key="comment">INC 1</elem>
--   </table>
-- </table>

author = "the authors of mde"
license = "MIT"
categories = { "discovery", "safe", "external" }

local machines = dofile(SCRIPT_PATH:match "^(.*/)" .. "machines.lua")

hostrule = function() return true end

-- Output: for reports, and for people

local function row(action)
  local shown = stdnse.output_table()
  shown.id, shown.type, shown.status = action.id, action.type, action.status
  shown.age = action:age() and math.floor(action:age())
  shown.requestor, shown.comment = action.requestor, action.requestorComment
  return shown
end

local function line(action)
  local age = action:age() and mde.duration(action:age())
  local told = ("%s %s %s, by %s (%s)%s"):format(action.type, action.status,
    not age and "" or action:is_final() and age .. " ago" or "since " .. age,
    action.requestor or "-", action.id,
    action.requestorComment and ": " .. action.requestorComment or "")
  return machines.one_line(told, 300)
end

-- "since …, by …", from the isolating action, or "no".
local function isolation_line(isolated)
  if not isolated then return "no" end
  return ("%s%s, by %s%s"):format(
    isolated.state == "isolating" and "not yet: asked for " or "since ",
    ((isolated.since or "?"):gsub("%.%d+Z$", "Z")), isolated.by or "-",
    isolated.conflict and "; a release is " .. isolated.conflict.status or "")
end

-- The open actions, the `latest` ended ones, and the number of ended ones.
local function by_kind(actions, latest)
  local open, finished = {}, {}
  for _, action in ipairs(actions) do
    local list = action:is_final() and finished or open
    if list == open or #finished < latest then list[#list + 1] = action end
  end
  return open, finished
end

local function each(list, f)
  local made = {}
  for i, value in ipairs(list) do made[i] = f(value) end
  return made
end

-- The output table, for reports.
local function structure(found, isolated, open, finished)
  local shown = stdnse.output_table()
  shown.machine = machines.row(found[1])
  if found[2] then shown.others = each({ table.unpack(found, 2) }, machines.row) end
  shown.isolated = isolated ~= nil and isolated.state == "isolated"
  if isolated then
    shown[isolated.state .. "_since"], shown[isolated.state .. "_by"] = isolated.since, isolated.by
  end
  shown.open, shown.latest = each(open, row), each(finished, row)
  return shown
end

-- The output text, for people.
local function text(found, isolated, open, finished)
  local lines = { "", "machine: " .. machines.line(found[1]) }
  for i = 2, #found do lines[#lines + 1] = "or else: " .. machines.line(found[i]) end
  lines[#lines + 1] = "isolated: " .. isolation_line(isolated)
  lines[#lines + 1] = open[1] and "open:" or "open: none"
  for _, action in ipairs(open) do lines[#lines + 1] = "  " .. line(action) end
  if finished[1] then lines[#lines + 1] = "latest:" end
  for _, action in ipairs(finished) do lines[#lines + 1] = "  " .. line(action) end
  return table.concat(lines, "\n  ")
end

-- -> the argument mde-actions.latest | nil, message
local function latest()
  local given, wrong = machines.arguments "mde-actions"
  if not given then return nil, wrong end
  local count = tonumber(given.latest or 3)
  if count and count >= 0 then return count end
  return nil, ("mde-actions.latest: '%s' is not a number"):format(tostring(given.latest))
end

action = function(host)
  local client, problem = machines.client()
  if not client then return nil, "ERROR: " .. problem end
  local most, wrong = latest()
  if not most then return nil, "ERROR: " .. wrong end
  local found, actions = machines.of(host, "mde-actions", {})
  if not found then return nil, "ERROR: " .. actions end
  if not found[1] then return { machine = false }, "not in MDE, by this name or address" end
  local isolated, open, finished = mde.isolated(actions)[1], by_kind(actions, most)
  return structure(found, isolated, open, finished), text(found, isolated, open, finished)
end
