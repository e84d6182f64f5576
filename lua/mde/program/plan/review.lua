-- Reads a plan's actions and their machines again, and compares them with what the plan shows.

local decision = require "mde.program.policy.decision"
local odata = require "mde.service.odata"
local tenant = require "mde.program.policy.tenant"

local review = {}

-- {{ Reading

local MOST = 40  -- ids in one filter

local function filter_of(ids, first, last)
  local texts = {}
  for i = first, last do texts[#texts + 1] = odata.text(ids[i]) end
  return ("id in (%s)"):format(table.concat(texts, ","))
end

-- Lists the actions with these ids. The service may refuse a filter (400): it gets half of
-- it then, and none if it refuses a single id. -> true | nil, err
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
      return nil, err
    end
  end
  return true
end

-- Reads the actions with these ids, forty by one call. What a list lacks is read by itself.
-- -> { id -> action; nil: the service knows none } | nil, err
function review.actions(session, ids)
  local found = {}
  local done, err = list(session, ids, found)
  if not done then return nil, err end
  for _, id in ipairs(ids) do
    if not found[id] then
      found[id], err = session:action(id)
      if err and err.code ~= "not_found" then return nil, err end
    end
  end
  return found
end

-- Reads actions, and if `with_machines` their machines.
-- -> { id -> { action, machine (nil: not known) } }, how many machines are onboarded | nil, err
function review.read(session, ids, with_machines)
  local actions, err = review.actions(session, ids)
  if not actions then return nil, err end
  local items, list_of, onboarded = {}, {}, nil
  for id, action in pairs(actions) do
    items[id] = { action = action }
    list_of[#list_of + 1] = items[id]
  end
  if with_machines then
    onboarded, err = tenant.read_machines(session, list_of)
    if not onboarded then return nil, err end
  end
  return items, onboarded
end

-- }}

-- {{ Comparing

local FIELDS = { "status", "type", "requestor", "machineId", "computerDnsName",
                 "creationDateTimeUtc" }
local LABELS = { machineId = "machine", computerDnsName = "machine's name",
                 creationDateTimeUtc = "time of creation", rbacGroupName = "machine's group" }

local function differ(key, now, shown)
  return ("its %s is %s, and the plan shows %s"):format(LABELS[key] or key,
    now or "not known", shown)
end

local function tags_text(tags)
  local sorted = table.move(tags or {}, 1, #(tags or {}), 1, {})
  table.sort(sorted)
  return sorted[1] and table.concat(sorted, ", ") or "none"
end

-- Whether an entity of a plan shows anything of its machine.
function review.shows_machine(shown)
  return shown.known or shown.machineTags ~= nil or shown.rbacGroupName ~= nil
end

local function machine_difference(shown, now)
  if not review.shows_machine(shown) then return nil end
  if not now.known then return "its machine is not known any more" end
  local tags, others = tags_text(now.machineTags), tags_text(shown.machineTags)
  if tags ~= others then return ("its machine's tags are %s, and the plan shows %s"):format(
    tags, others) end
  if shown.rbacGroupName ~= now.rbacGroupName then
    return differ("rbacGroupName", now.rbacGroupName, shown.rbacGroupName or "none")
  end
end

-- A step that the action does not need.
local function step_difference(shown, action)
  local needed = {}
  for _, step in ipairs(decision.undoing(action)) do needed[step] = true end
  for _, step in ipairs(shown.steps or {}) do
    if not needed[step] then return ("%s does not undo it"):format(step) end
  end
end

-- What the plan would say of an action now, if its policies still decided the same.
-- `shown`: its entity of the plan; `item`: of `read`.
function review.entity(shown, item)
  local now = tenant.planned(item, shown)
  now.steps, now.note = shown.steps, shown.note
  return now
end

-- How an action differs from what the plan shows of it, in words. -> text | nil
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

-- }}

return review
