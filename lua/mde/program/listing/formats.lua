-- The formats of a list: a table, JSON, CSV or ids.
--
-- Each has `show(entities, profile)` for the entities (an iterator) of a tenant, called for one
-- tenant after the other. `keys` are the service's; if there may be several tenants, "profile"
-- comes first. At the end comes `finish(complete)`: true if every tenant could be read.

local moment = require "mde.program.terminal.moment"
local output = require "mde.program.terminal.output"
local show_table = require "mde.program.terminal.table"
local system = require "mde.program.system"

local formats = {}

local function nothing() end

-- The fields of an entity that --columns names.
local function picked(entity, keys)
  local fields = {}
  for _, key in ipairs(keys) do fields[key] = entity[key] end
  return fields
end

local SHORT = 0.05  -- seconds between entities that came together

-- Writes each entity. One that had to be waited for, such as the first, is sent on at once.
local function write_each(entities, write)
  local last = -math.huge
  for entity in entities do
    local now = system.clock.monotonic()
    write(entity)
    if now > last + SHORT then output.flush() end
    last = now
  end
end

function formats.json(keys, _, parsed)
  local function show(entities, profile)
    write_each(entities, function(entity)
      entity.profile = profile
      if parsed.columns then output.record(picked(entity, keys), keys)
      else output.json(entity, keys) end
    end)
  end
  return { show = show, finish = nothing }
end

-- A list of texts, or an action, in one field.
local function text_of(value)
  if type(value) ~= "table" then return value end
  return value.id and ("%s %s %s"):format(value.type, value.status, value.id)
         or table.concat(value, "; ")
end

function formats.csv(keys)
  local begun = false
  local function show(entities, profile)
    if not begun then output.csv(keys, #keys) end
    begun = true
    write_each(entities, function(entity)
      local fields = {}
      for i, key in ipairs(keys) do
        fields[i] = key == "profile" and profile or text_of(entity[key])
      end
      output.csv(fields, #keys)
    end)
  end
  return { show = show, finish = nothing }
end

function formats.ids(_, shape)
  local function show(entities)
    write_each(entities, function(entity) output.line(shape.id(entity)) end)
  end
  return { show = show, finish = nothing }
end

-- The table

-- The columns and rows of --columns: the service's fields, times in local time.
local function columns_of(keys)
  local columns = {}
  for i, key in ipairs(keys) do
    columns[i] = { title = key, may_cut = key ~= "id", is_id = key == "id",
      colour = key == "status" and require "mde.program.terminal.colour".of or nil }
  end
  return columns, function(entity, profile)
    local row = {}
    for i, key in ipairs(keys) do
      local value = text_of(entity[key])
      if key == "profile" then value = profile end
      if type(value) == "string" and key:find "Time" or key:find "Seen$" then
        value = moment.local_text(value)
      end
      row[i] = value == nil and "" or tostring(value)
    end
    return row
  end
end

-- The shape's own columns.
local function columns_of_shape(_, shape, many)
  if not many then return shape.columns, shape.row end
  return { { title = "TENANT" }, table.unpack(shape.columns) }, function(entity, profile)
    return { profile, table.unpack(shape.row(entity)) }
  end
end

-- At a terminal, the shape's `foot` ends it: see mde.program.listing.
function formats.table(keys, shape, parsed)
  local rows, choose = {}, parsed.columns and columns_of or columns_of_shape
  local columns, row_of = choose(keys, shape, keys[1] == "profile")
  local foot = shape.foot and system.terminal.is_terminal(1) and shape.foot()
  local function show(entities, profile)
    for entity in entities do
      rows[#rows + 1] = row_of(entity, profile)
      if foot then foot:add(entity) end
    end
  end
  local function finish(complete)
    if rows[1] then
      show_table(columns, rows, 1, parsed.wide)
      if foot then foot:finish() end
    elseif complete then
      output.note(shape.none)
    end
  end
  return { show = show, finish = finish }
end

return formats
