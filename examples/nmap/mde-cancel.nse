-- Cancels open MDE machine actions of the scanned hosts, by type and age.

local nmap = require "nmap"
local stdnse = require "stdnse"
local mde = stdnse.silent_require "mde"

description = [[
Cancels open machine actions of the scanned hosts in Microsoft Defender for Endpoint, by type and
age.

The script requires a comment, and a type or an age. A host must match exactly one machine: the
only one with the target's name, or the only one with the host's address that was seen within the
last day; its reverse DNS name must not be another machine's. The number of cancels per scan is
limited; the output has the number of actions above the limit.

The script takes credentials from the environment, and signs in once per scan. Cancelling does not
release a machine: an isolation that was InProgress may have taken effect.
]]

---
-- @usage
-- nmap -sn -Pn srv-1.contoso.com --script ./mde-cancel.nse \
--   --script-args 'mde-cancel.comment="INC0048211",mde-cancel.older-than=4h'
--
-- @args mde-cancel.comment     The reason, which the service stores with each action. Required.
-- @args mde-cancel.type        Type of action, such as Isolate or LiveResponse.
-- @args mde-cancel.older-than  Age, such as 4h. This or a type is required.
-- @args mde-cancel.max         Most actions to cancel in the whole scan. Default: 10.
-- @args mde-cancel.dry-run     Shows the actions, and sends nothing.
-- @args mde.profile  A profile of mde's configuration file, instead of the environment.
--
-- @output
-- Host script results:
-- | mde-cancel:
-- |   machine: srv-1.contoso.com (0a1b…), found by its name, Active, risk Low, seen 2h 10m ago
-- |_  cancelled LiveResponse 5382f7ea-…
--
-- @xmloutput
-- <table key="machine">
--   <elem key="id">0a1b…</elem>
--   <elem key="name">srv-1.contoso.com</elem>
--   <elem key="found_by">name</elem>
-- </table>
-- <table key="actions">
--   <table>
--     <elem key="id">5382f7ea-…</elem>
--     <elem key="type">LiveResponse</elem>
--     <elem key="verdict">cancelled</elem>
--   </table>
-- </table>
-- <elem key="left_alone">0</elem>

author = "the authors of mde"
license = "MIT"
categories = { "intrusive", "external" }

local machines = dofile(SCRIPT_PATH:match "^(.*/)" .. "machines.lua")

hostrule = function() return true end

-- -> { comment, type, older_than, max, dry_run } | nil, message
local function arguments()
  local given, wrong = machines.arguments "mde-cancel"
  if not given then return nil, wrong end
  local wanted = { comment = given.comment, type = given.type, older_than = given["older-than"],
                   max = tonumber(given.max or 10), dry_run = given["dry-run"] }
  if not wanted.comment or not (wanted.type or wanted.older_than) then
    return nil, "mde-cancel.comment is required, and mde-cancel.type or mde-cancel.older-than"
  elseif type(wanted.comment) ~= "string" or not wanted.comment:find "%S" then
    return nil, "mde-cancel.comment is blank: give a reason in a few words"
  elseif wanted.older_than and not mde.seconds(wanted.older_than) then
    return nil, "mde-cancel.older-than: " .. select(2, mde.seconds(wanted.older_than))
  elseif not wanted.max or wanted.max < 0 or wanted.max % 1 ~= 0 then
    return nil, ("mde-cancel.max: '%s' is not a whole number"):format(tostring(given.max))
  end
  return wanted
end

-- The reason why a host does not match exactly one of the machines `found` | nil
local function doubt(found)
  local first = found[1]
  if found[2] then
    local ids = {}
    for i, each in ipairs(found) do ids[i] = each.machine.id end
    return ("%d machines may be this host: %s"):format(#found, table.concat(ids, ", "))
  elseif machines.is_stale(first) then
    return machines.line(first) .. "; scan it by name"
  elseif first.by == "reverse DNS name" and not first.has_address then
    return machines.line(first) .. ": found only by reverse DNS; scan it by name"
  end
end

-- Keeps the scan within `max`, and to one cancel per action, because a machine may be scanned by
-- two addresses. -> the actions to cancel, the number above the limit, the number cancelled by
-- another address
local function choose(actions, max)
  local shared, chosen, left = nmap.registry.mde, {}, 0
  shared.chosen, shared.count = shared.chosen or {}, shared.count or 0
  local others = 0
  for _, action in ipairs(actions) do
    if shared.chosen[action.id] then others = others + 1
    elseif shared.count >= max then left = left + 1
    else
      shared.chosen[action.id], shared.count = true, shared.count + 1
      chosen[#chosen + 1] = action
    end
  end
  return chosen, left, others
end

-- Cancels actions. -> rows { id, type, verdict, error }, in the same order
local function cancel(client, actions, wanted)
  local rows, of = {}, {}
  for i, action in ipairs(actions) do
    local row = stdnse.output_table()
    row.id, row.type = action.id, action.type
    row.verdict = wanted.dry_run and "would be cancelled" or "unsent"
    rows[i], of[action.id:lower()] = row, row
  end
  if wanted.dry_run or not rows[1] then return rows end
  local report, err = client:cancel_all(actions, { comment = wanted.comment,
    on_item = function(item)
      local row = of[item.id:lower()]
      row.verdict, row.error = item.verdict, item.error and tostring(item.error)
    end })
  for _, row in ipairs(report and {} or rows) do row.error = tostring(err) end
  return rows
end

local function text(found, rows, left, others, max)
  local lines = { "", "machine: " .. machines.line(found) }
  for _, row in ipairs(rows) do
    lines[#lines + 1] = machines.one_line(("%s %s %s%s"):format(row.verdict, row.type, row.id,
      row.error and ": " .. row.error or ""), 400)
  end
  if left > 0 then
    lines[#lines + 1] = ("%d more not cancelled: mde-cancel.max is %d"):format(left, max)
  end
  if others > 0 then
    lines[#lines + 1] = ("%d cancelled by another address of this machine"):format(others)
  end
  return table.concat(lines, "\n  ")
end

action = function(host)
  local wanted, wrong = arguments()
  if not wanted then return nil, "nothing was cancelled: " .. wrong end
  local client, problem = machines.client()
  if not client then return nil, "ERROR: " .. problem end
  local found, actions = machines.of(host, "mde-cancel", {
    status = { "Pending", "InProgress" }, type = wanted.type, older_than = wanted.older_than })
  if not found then return nil, "ERROR: " .. actions end
  if not found[1] then return nil, "not in MDE, by this name or address" end
  wrong = doubt(found)
  if wrong then return nil, "nothing was cancelled: " .. wrong end
  if not actions[1] then return nil, "no such action is open" end
  local chosen, left, others = choose(actions, wanted.max)
  local shown = stdnse.output_table()
  shown.machine, shown.actions = machines.row(found[1]), cancel(client, chosen, wanted)
  shown.left_alone = left
  return shown, text(found[1], shown.actions, left, others, wanted.max)
end
