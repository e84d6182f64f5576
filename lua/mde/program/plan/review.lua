-- Reads a plan's actions and machines again, and compares them with the plan.

local decision = require "mde.program.policy.decision"
local odata = require "mde.service.odata"
local tenant = require "mde.program.policy.tenant"

local review = {}

-- Reading

local MOST = 40  -- ids in one filter

local function filter_of(ids, first, last)
  local texts = {}
  for i = first, last do texts[#texts + 1] = odata.text(ids[i]) end
  return ("id in (%s)"):format(table.concat(texts, ","))
end

-- Lists the actions with these ids. If the service refuses a filter (400), it is halved; if it
-- refuses a single id, listing ends.
local function list(session, ids, found)
  local first, most = 1, MOST
  while first <= #ids and most > 0 do
    local last = math.min(first + most - 1, #ids)
    local some, err = session:list { filter = filter_of(ids, first, last) }
    if some then
      for _, action in ipairs(some) do found[action.id:lower()] = action end
      first = last + 1
    elseif err.code == "bad_request" then
      most = (last - first + 1) // 2
    else
      error(err, 0)
    end
  end
end

-- Reads the actions with these ids, forty per call. Actions missing in a list are read one by one,
-- `most` of them (default: all), since the second look at each takes ten seconds.
-- -> { id -> action; nil: not found }; raises the error
function review.actions(session, ids, most)
  local found, missing = {}, 0
  list(session, ids, found)
  for _, id in ipairs(ids) do
    if not found[id] then missing = missing + 1 end
    if not found[id] and missing <= (most or missing) then
      local err
      found[id], err = session:action(id)
      if err and err.code ~= "not_found" then error(err, 0) end
    end
  end
  return found
end

-- Reads actions, and if `with_machines` their machines.
-- -> { id -> { action, machine (nil: unknown) } }, number of onboarded machines; raises the error
function review.read(session, ids, with_machines)
  local items, list_of = {}, {}
  for id, action in pairs(review.actions(session, ids)) do
    items[id] = { action = action }
    list_of[#list_of + 1] = items[id]
  end
  return items, with_machines and tenant.read_machines(session, list_of) or nil
end

-- Comparing

local FIELDS = { "status", "type", "requestor", "machineId", "computerDnsName",
                 "creationDateTimeUtc" }
local LABELS = { machineId = "machine", computerDnsName = "machine's name",
                 creationDateTimeUtc = "time of creation", rbacGroupName = "machine's group" }

local function differ(key, now, shown)
  return ("its %s is %s, but the plan shows %s"):format(LABELS[key] or key,
    now or "unknown", shown)
end

local function tags_text(tags)
  local sorted = table.move(tags or {}, 1, #(tags or {}), 1, {})
  table.sort(sorted)
  return sorted[1] and table.concat(sorted, ", ") or "none"
end

function review.shows_machine(shown)
  return shown.known or shown.machineTags ~= nil or shown.rbacGroupName ~= nil
end

local function machine_difference(shown, now)
  if not review.shows_machine(shown) then return nil end
  if not now.known then return "its machine no longer exists" end
  local tags, others = tags_text(now.machineTags), tags_text(shown.machineTags)
  if tags ~= others then return ("its machine's tags are %s, but the plan shows %s"):format(
    tags, others) end
  if shown.rbacGroupName ~= now.rbacGroupName then
    return differ("rbacGroupName", now.rbacGroupName, shown.rbacGroupName or "none")
  end
end

-- Returns a message if a step of the plan does not undo the action.
local function step_difference(shown, action)
  local needed = {}
  for _, step in ipairs(decision.undoing(action, true)) do needed[step] = true end
  for _, step in ipairs(shown.steps or {}) do
    if not needed[step] then return ("%s does not undo it"):format(step) end
  end
end

-- Returns the plan's entity for an action as read now, with the same decision. `shown`: its entity in
-- the plan; `item`: from `read`.
function review.entity(shown, item)
  local now = tenant.planned(item, shown)
  now.steps, now.note = shown.steps, shown.note
  return now
end

-- Returns how an action differs from its entity in the plan, in words. -> text | nil
function review.difference(shown, item)
  local now = review.entity(shown, item)
  for _, key in ipairs(FIELDS) do
    if shown[key] ~= nil and shown[key] ~= now[key] then
      return differ(key, now[key], shown[key])
    end
  end
  return machine_difference(shown, now)
         or shown.decision == "undo" and step_difference(shown, item.action) or nil
end

return review
