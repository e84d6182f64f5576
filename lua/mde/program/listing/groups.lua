-- Counts machine actions in groups: of one type, status and requestor, or by other keys.

local cjson = require "cjson"
local colour = require "mde.program.terminal.colour"
local moment = require "mde.program.terminal.moment"
local output = require "mde.program.terminal.output"
local show_table = require "mde.program.terminal.table"

local groups = {}

local HOUR, DAY = 3600, 86400
local AGES = { { HOUR, "under 1h" }, { 4 * HOUR, "1h to 4h" }, { DAY, "4h to 1d" },
               { 7 * DAY, "1d to 7d" }, { math.huge, "over 7d" } }

local function age_of(action)
  local age = action:age()
  for _, row in ipairs(AGES) do
    if age and age < row[1] then return row[2] end
  end
end

-- Key -> function(action, machine) -> value
local VALUES = {
  type = function(action) return action.type end,
  status = function(action) return action.status end,
  requestor = function(action) return action.requestor end,
  machine = function(action) return action.computerDnsName or action.machineId end,
  group = function(_, machine) return machine and machine.rbacGroupName end,
  age = age_of,
}

groups.names = { "type", "status", "requestor", "machine", "group", "age" }

local USUAL = { "type", "status", "requestor" }

-- A converter of an option: names with commas between them -> array | nil, problem
function groups.parse(text)
  local keys = {}
  for name in (text .. ","):gmatch "([^,]*)," do
    if not VALUES[name] then
      return nil, ("'%s' is none of %s"):format(name, table.concat(groups.names, ", "))
    end
    keys[#keys + 1] = name
  end
  return keys
end

local Groups = {}
Groups.__index = Groups

-- Groups by `keys` (of groups.names; default: type, status, requestor).
function groups.new(keys)
  return setmetatable({ keys = keys or USUAL, by_values = {}, count = 0 }, Groups)
end

-- Counts an action. `machine` is its machine, for the key "group".
function Groups:add(action, machine)
  local values = {}
  for i, key in ipairs(self.keys) do values[i] = VALUES[key](action, machine) or "-" end
  local name = table.concat(values, "\0")
  local group = self.by_values[name]
  if not group then
    group = { values = values, count = 0 }
    self.by_values[name], self[#self + 1] = group, group
  end
  group.count, self.count = group.count + 1, self.count + 1
  local age = action:age()
  if not age then return end
  if age > (group.age or -math.huge) then
    group.age, group.oldest = age, action.creationDateTimeUtc
  end
  if age < (group.least or math.huge) then
    group.least, group.newest = age, action.creationDateTimeUtc
  end
end

-- Puts the largest group first. -> self
function Groups:sort()
  table.sort(self, function(a, b)
    if a.count ~= b.count then return a.count > b.count end
    return table.concat(a.values, "\0") < table.concat(b.values, "\0")
  end)
  return self
end

local function ages_of(group)
  if not group.age then return "" end
  local least, most = moment.short(math.max(0, group.least)), moment.short(math.max(0, group.age))
  return least == most and most or least .. "–" .. most
end

local function columns_of(keys, has_titles)
  local columns = { { title = has_titles and "COUNT" or "", right = true } }
  for _, key in ipairs(keys) do
    columns[#columns + 1] = { title = has_titles and key:upper() or "", may_cut = true,
                              least = key == "status" and 10 or 8,
                              colour = key == "status" and colour.of or nil }
  end
  columns[#columns + 1] = { title = has_titles and "AGES" or "" }
  return columns
end

-- Prints the groups, at most `most`, as a table. `fd`: see mde.program.terminal.table.
function Groups:show(most, fd, has_titles, is_wide)
  local rows, others = {}, 0
  for i, group in ipairs(self:sort()) do
    if i <= (most or math.huge) then
      rows[i] = { ("%d"):format(group.count), table.unpack(group.values) }
      table.insert(rows[i], ages_of(group))
    else
      others = others + group.count
    end
  end
  if rows[1] then show_table(columns_of(self.keys, has_titles), rows, fd, is_wide) end
  if others == 0 then return end
  local text = ("… %d more in %d other group%s"):format(others, #self - most,
    #self - most == 1 and "" or "s")
  if fd == 2 then output.note("%s", text) else output.line(text) end
end

-- Returns the groups' objects for JSON.
function Groups:objects()
  local objects = {}
  for i, group in ipairs(self:sort()) do
    local object = { count = group.count, oldest = group.oldest, newest = group.newest }
    for j, key in ipairs(self.keys) do
      object[key] = group.values[j] ~= "-" and group.values[j] or cjson.null
    end
    objects[i] = object
  end
  return objects
end

-- The keys of these objects, in order.
function Groups:names()
  return { "count", table.unpack(table.move({ "oldest", "newest" }, 1, 2, #self.keys + 1,
    table.move(self.keys, 1, #self.keys, 1, {}))) }
end

-- Adds the actions of a client to the groups, with their machines if a key needs them. Raises.
function Groups:read(session, actions)
  local items, needs_machines = {}, false
  for _, key in ipairs(self.keys) do needs_machines = needs_machines or key == "group" end
  for action in actions do
    if needs_machines then items[#items + 1] = { action = action } else self:add(action) end
  end
  if not items[1] then return end
  require "mde.program.policy.tenant".read_machines(session, items)
  for _, item in ipairs(items) do self:add(item.action, item.machine) end
end

return groups
