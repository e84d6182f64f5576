-- Finds machine actions by the first digits of their ids.

local core = require "mde.core"
local failure = require "mde.program.exit"
local kinds = require "mde.service.kinds"
local moment = require "mde.program.terminal.moment"
local output = require "mde.program.terminal.output"

local short_id = {}

local LEAST, NEWEST = 8, 1000
local ANY = "00000000-0000-0000-0000-000000000000"

-- True if text is the beginning of an action's id, of 8 digits or more, and not a whole id.
function short_id.is(text)
  return #text >= LEAST and #text < #ANY and core.operation.guid(text .. ANY:sub(#text + 1)) ~= nil
end

-- The actions whose ids begin so: the open ones, the newest ones, those of the journal.
-- -> array of ids, id -> action or true
local function matching(session, prefix)
  local found, ids = {}, {}
  local function add(id, action)
    id = id:lower()
    if id:sub(1, #prefix) ~= prefix then return end
    if not found[id] then ids[#ids + 1] = id end
    found[id] = found[id] ~= true and found[id] or action
  end
  for _, criteria in ipairs { { status = kinds.open }, { limit = NEWEST } } do
    for _, action in ipairs(failure.check(session:list(criteria))) do add(action.id, action) end
  end
  for _, id in ipairs(session.store.journal:ids_with(prefix)) do add(id, true) end
  return ids, found
end

-- Returns the action | nil: no id is known to begin so. Raises if several do.
function short_id.find(session, text)
  local prefix = text:lower()
  local ids, found = matching(session, prefix)
  if ids[2] then
    table.sort(ids)
    failure.raise(failure.refused, "'%s' begins the ids of %d actions: %s; give more digits", text,
      #ids, table.concat(ids, ", ", 1, math.min(#ids, 5)))
  end
  local action = found[ids[1]]
  if action == true then return failure.check(session:action(ids[1])) end
  return action
end

-- Does the same, and raises if there is none.
function short_id.check(session, text)
  local action = short_id.find(session, text)
  if action then return action end
  failure.raise(failure.some, "no id begins with '%s': not of the open actions, the newest %d or"
    .. " those of the journal; give the whole id", text, NEWEST)
end

-- Completes ids on the command line for a change, and shows the actions.
-- -> array of ids, true if any was completed, { id -> its action }
function short_id.complete(session, ids)
  local whole, any, actions = {}, false, {}
  for i, text in ipairs(ids) do
    whole[i] = text
    if short_id.is(text) then
      local action = short_id.check(session, text)
      whole[i], any, actions[action.id:lower()] = action.id, true, action
      local age = action:age()
      output.note("%s  %s %s on %s, by %s%s", action.id, action.type or "?", action.status or "?",
        action.computerDnsName or action.machineId or "?", action.requestor or "?",
        age and (", " .. moment.short(age) .. " ago") or "")
    end
  end
  return whole, any, actions
end

-- Completes the id in a path such as /api/machineactions/ID/cancel, and shows the action. With --yes
-- (`is_agreed`) only a whole id is accepted. -> path
function short_id.in_path(session, path, is_agreed)
  local before, id, after = path:match "^(.*/machineactions/)([^/?]+)(.*)$"
  if not id or not short_id.is(id) then return path end
  require "mde.program.input.ids".check({ id }, is_agreed)
  return before .. short_id.complete(session, { id })[1] .. after
end

return short_id
