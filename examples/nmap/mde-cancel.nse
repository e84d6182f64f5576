local nmap = require "nmap"
local stdnse = require "stdnse"
local mde = stdnse.silent_require "mde"

description = [[
Cancels open machine actions of the scanned hosts in Microsoft Defender for Endpoint, by type
and age.

Nothing is done without a comment, and a type or an age. A host must be one machine beyond
doubt: the only one of its name, or the only one of its address, seen within the last day. At
most so many actions are cancelled in a scan; what is over that is told.

It signs in as the environment says, once for the whole scan. Cancelling is not un-isolating:
an isolation that was InProgress may have taken effect.
]]

---
-- @usage
-- nmap -sn srv-1.contoso.com --script ./mde-cancel.nse \
--   --script-args 'mde-cancel.comment="INC0048211",mde-cancel.older-than=4h'
--
-- @args mde-cancel.comment     Why: the service keeps it with each action. Required.
-- @args mde-cancel.type        Such as Isolate or LiveResponse.
-- @args mde-cancel.older-than  Such as 4h. This or a type is required.
-- @args mde-cancel.max         At most so many in the whole scan. Default: 10.
-- @args mde-cancel.dry-run     Shows what would be cancelled, and sends nothing.
-- @args mde.profile  A profile of mde's configuration file, instead of the environment.
--
-- @output
-- Host script results:
-- | mde-cancel:
-- |   machine: srv-1.contoso.com (0a1b…), found by its name, Active, seen 2h 10m ago
-- |_  cancelled LiveResponse 5382f7ea-…
--
-- @xmloutput
-- <table>
--   <elem key="id">5382f7ea-…</elem>
--   <elem key="type">LiveResponse</elem>
--   <elem key="verdict">cancelled</elem>
-- </table>

author = "the authors of mde"
license = "MIT"
categories = { "intrusive", "external" }

local machines = dofile(SCRIPT_PATH:match "^(.*/)" .. "machines.lua")

hostrule = function() return true end

local DAY = 86400

-- -> { comment, type, older_than, max, dry_run } | nil, what is wrong
local function arguments()
  local function get(name) return (stdnse.get_script_args("mde-cancel." .. name)) end
  local wanted = { comment = get "comment", type = get "type", older_than = get "older-than",
                   max = tonumber(get "max" or 10), dry_run = get "dry-run" }
  if not wanted.comment or not (wanted.type or wanted.older_than) then
    return nil, "nothing was cancelled: mde-cancel.comment is wanted, and mde-cancel.type or"
      .. " mde-cancel.older-than"
  end
  if not wanted.max then return nil, "mde-cancel.max is not a number" end
  return wanted
end

-- The one machine that a host is. -> machine, by | nil, why not
local function the_machine(host)
  local found, by = machines.of(host)
  if not found then return nil, "ERROR: " .. by end
  if not found[1] then return nil, "not in MDE, by this name or address" end
  if found[2] then
    return nil, ("nothing was cancelled: %d machines have its %s"):format(#found, by)
  end
  if by == "address" and (found[1]:seen() or math.huge) > DAY then
    return nil, "nothing was cancelled: " .. machines.line(found[1], by)
      .. ": the address may be another machine's by now; give the name"
  end
  return found[1], by
end

-- Keeps the scan within `max`. -> those of `actions` that may go, how many may not
local function within(actions, max)
  local shared, chosen = nmap.registry.mde, {}
  shared.chosen = shared.chosen or 0
  for _, action in ipairs(actions) do
    if shared.chosen < max then
      shared.chosen = shared.chosen + 1
      chosen[#chosen + 1] = action
    end
  end
  return chosen, #actions - #chosen
end

-- -> rows { id, type, verdict, error } | nil, what hinders it
local function cancel(client, actions, wanted)
  local rows = {}
  local function note(action, verdict, err)
    local shown = stdnse.output_table()
    shown.id, shown.type, shown.verdict = action.id, action.type, verdict
    shown.error = err and tostring(err)
    rows[#rows + 1] = shown
  end
  if wanted.dry_run then
    for _, action in ipairs(actions) do note(action, "would be cancelled") end
    return rows
  end
  local types = {}
  for _, action in ipairs(actions) do types[action.id] = action.type end
  local report, err = client:cancel_all(actions, { comment = wanted.comment,
    on_item = function(item)
      note({ id = item.id, type = types[item.id] }, item.verdict, item.error)
    end })
  if not report then return nil, tostring(err) end
  return rows
end

action = function(host)
  local client, problem = machines.client(mde)
  if not client then return nil, "ERROR: " .. problem end
  local wanted, wrong = arguments()
  if not wanted then return nil, wrong end
  local machine, by = the_machine(host)
  if not machine then return nil, by end
  local actions, err = client:list { machine = machine.id, status = { "Pending", "InProgress" },
                                     type = wanted.type, older_than = wanted.older_than }
  if not actions then return nil, "ERROR: " .. tostring(err) end
  if not actions[1] then return nil, "no such action is open" end
  local chosen, left = within(actions, wanted.max)
  local rows
  rows, err = cancel(client, chosen, wanted)
  if not rows then return nil, "ERROR: " .. err end
  local lines = { "", "machine: " .. machines.line(machine, by) }
  for _, row in ipairs(rows) do
    lines[#lines + 1] = ("%s %s %s%s"):format(row.verdict, row.type, row.id,
      row.error and ": " .. row.error or "")
  end
  if left > 0 then
    lines[#lines + 1] = ("%d more were left alone: mde-cancel.max is %d"):format(left, wanted.max)
  end
  return rows, table.concat(lines, "\n  ")
end
