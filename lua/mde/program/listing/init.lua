-- How a list of the service's things is shown, of one tenant or many: a table, JSON, CSV
-- or ids.
--
-- A shape says what things they are:
--   keys      the service's own, in the order of its documentation
--   columns   of the table: see mde.program.terminal.table
--   row       function(entity) -> the table's fields
--   id        function(entity) -> what --ids shows
--   none      what is said when there is none

local output = require "mde.program.terminal.output"
local system = require "mde.program.system"

local listing = {}

-- Adds the options that choose how.
function listing.define(command)
  command:mutex(
    command:flag("--json", "One JSON object a line, as the service gives it."),
    command:flag("--csv", "CSV with a header; formulas are made harmless."),
    command:flag("--ids", "Ids only, one a line."))
end

-- {{ Formats: each has `show(entities, profile)` for the entities (an iterator) of a tenant,
-- called for one after the other. `keys` are the shape's; where there may be more tenants
-- than one, "profile" is before them, and the profile's name with each entity. At the end
-- comes `finish(whether every tenant could be read)`.

local formats = {}

local function nothing() end

function formats.json(keys)
  local function show(entities, profile)
    for entity in entities do
      entity.profile = profile
      output.json(entity, keys)
    end
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
    for entity in entities do
      local fields = {}
      for i, key in ipairs(keys) do
        fields[i] = key == "profile" and profile or text_of(entity[key])
      end
      output.csv(fields, #keys)
    end
  end
  return { show = show, finish = nothing }
end

function formats.ids(_, shape)
  local function show(entities)
    for entity in entities do output.line(shape.id(entity)) end
  end
  return { show = show, finish = nothing }
end

function formats.table(keys, shape)
  local many, columns, rows = keys[1] == "profile", shape.columns, {}
  if many then columns = { { title = "TENANT" }, table.unpack(columns) } end
  local function show(entities, profile)
    for entity in entities do
      rows[#rows + 1] = shape.row(entity)
      if many then table.insert(rows[#rows], 1, profile) end
    end
  end
  local function finish(complete)
    if #rows > 0 then return require "mde.program.terminal.table"(columns, rows) end
    if complete then output.note(shape.none) end
  end
  return { show = show, finish = finish }
end

-- }}

-- The same, read to its end.
local function read_whole(entities)
  local all, position = {}, 0
  for entity in entities do all[#all + 1] = entity end
  return function()
    position = position + 1
    return all[position]
  end
end

-- An iterator over the first `limit`, and a function that tells whether there are
-- more: one more was asked for.
local function limited(entities, limit)
  local count = 0
  local function next_entity()
    local entity = entities()
    if entity then count = count + 1 end
    return count <= limit and entity or nil
  end
  return next_entity, function() return count > limit end
end

-- Shows what `read(client)` (an iterator) gives of each tenant that the command line
-- means, parsed.limit at most of each: where that is given, `read` gives one more, if there
-- are more. -> exit status
function listing.run(parsed, shape, read)
  local name = parsed.json and "json" or parsed.csv and "csv" or parsed.ids and "ids" or "table"
  local each, many = require "mde.program.session.client".reader(parsed)
  local keys = many and { "profile", table.unpack(shape.keys) } or shape.keys
  local format, cut = formats[name](keys, shape), {}
  local status = each(function(session)
    local entities = read(session)
    return many and read_whole(entities) or entities
  end, function(profile, entities)
    local has_more
    if parsed.limit then entities, has_more = limited(entities, parsed.limit) end
    format.show(entities, profile)
    output.flush()
    if has_more and has_more() then cut[#cut + 1] = profile or true end
  end)
  format.finish(status == 0)
  output.flush()
  for _, profile in ipairs(cut) do
    output.note("%s are more; --limit is %d.", profile == true and "There"
      or profile .. ": there", parsed.limit)
  end
  return status
end

-- How long ago, in its largest unit, for a table.
function listing.age(seconds)
  return seconds and require("mde.base.duration").text(seconds):match "^%S+" or ""
end

local KEYS = { "path", "service", "here", "order", "limit" }

-- Shows which part of `criteria` goes to the service and which is filtered here, by a form
-- of mde.service.criteria. Nothing is sent.
function listing.explain(parsed, form, criteria)
  criteria.limit = parsed.limit
  local now = system.clock.wall()
  local told = require("mde.program.exit").check(form:explain(criteria, now))
  if parsed.json then return output.json(told, KEYS) end
  local printable = require "mde.terminal".printable
  local function line(label, text)
    output.line(("%-9s%s"):format(label, printable(tostring(text))))
  end
  line("asked", "GET " .. told.path)
  if told.service then line("filter", told.service) end
  if told.order then line("order", told.order) end
  for i, text in ipairs(told.here) do line(i == 1 and "here" or "", text) end
  if told.limit then line("limit", told.limit) end
  output.note("Nothing was sent.")
end

return listing
