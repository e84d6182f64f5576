-- Explains a filter --requestor that matches nothing: lists the requestors that exist.

local output = require "mde.program.terminal.output"
local tables = require "mde.base.tables"

local requestor = {}

local MOST = 2000  -- actions that are searched for requestors
local SHOWN = 8

-- Counts the requestors of actions. -> array of { name, count }, the most frequent first; the total
local function count(actions)
  local rows, by_name, total = {}, {}, 0
  for action in actions do
    local name = action.requestor or ""
    if name ~= "" and not by_name[name] then
      by_name[name] = { name = name, count = 0 }
      rows[#rows + 1] = by_name[name]
    end
    if name ~= "" then by_name[name].count = by_name[name].count + 1 end
    total = total + 1
  end
  table.sort(rows, function(a, b)
    if a.count ~= b.count then return a.count > b.count end
    return a.name < b.name
  end)
  return rows, total
end

-- Returns the requestors that `wanted` is in another case, else those that begin with it.
local function similar(rows, wanted)
  local same, longer = {}, {}
  for _, row in ipairs(rows) do
    local name = row.name:lower()
    if name == wanted:lower() then same[#same + 1] = row.name
    elseif name:sub(1, #wanted) == wanted:lower() then longer[#longer + 1] = row.name end
  end
  return same[1] and same or longer
end

local function explain(session, criteria)
  local others = tables.merged(criteria)
  others.requestor, others.limit = nil, MOST
  local rows, total = count(session:actions(others))
  if total == 0 then return end
  local parts = {}
  for i = 1, math.min(SHOWN, #rows) do
    parts[i] = ("%s (%d)"):format(rows[i].name, rows[i].count)
  end
  if #rows > SHOWN then parts[#parts + 1] = ("%d more"):format(#rows - SHOWN) end
  output.note("Without --requestor %s, %s%d %s: of %s", criteria.requestor,
    total == MOST and "more than " or "", total, total == 1 and "action matches"
    or "actions match", table.concat(parts, ", "))
  local near = similar(rows, criteria.requestor)
  if near[1] then
    output.note("Did you mean: --requestor %s", table.concat(near, ", or --requestor "))
  end
end

-- Returns an iterator over the actions that match `criteria`. If none does, it notes the requestors
-- that exist, unless the output is for programs.
function requestor.actions(session, criteria, parsed)
  local actions = session:actions(criteria)
  if not criteria.requestor or parsed.json or parsed.csv or parsed.ids == true then
    return actions
  end
  local any = false
  return function()
    local action = actions()
    if not action and not any then explain(session, criteria) end
    any = true
    return action
  end
end

return requestor
