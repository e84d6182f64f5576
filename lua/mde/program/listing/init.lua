-- Shows a list of the service's things, of one tenant or many: a table, JSON, CSV or ids.
--
-- A shape describes the things:
--   keys      the service's fields, in the order of its documentation
--   columns   of the table: see mde.program.terminal.table
--   row       function(entity) -> the table's fields
--   id        function(entity) -> the id for --ids
--   none      the message if there is none
--   foot      function() -> { add(self, entity), finish(self) }: prints the end of a table at a terminal

local failure = require "mde.program.exit"
local formats = require "mde.program.listing.formats"
local output = require "mde.program.terminal.output"
local system = require "mde.program.system"
local tables = require "mde.base.tables"

local listing = {}

-- Options

-- The service's name of a field, ignoring case. -> key | raises
local function key_of(name, shape, option)
  for _, key in ipairs(shape.keys) do
    if key:lower() == name:lower() then return key end
  end
  failure.raise(failure.usage, "%s: '%s' is none of %s", option, name,
    table.concat(shape.keys, ", "))
end

local function split(text)
  local names = {}
  for name in text:gmatch "[^,]+" do names[#names + 1] = name:match "^%s*(.-)%s*$" end
  return names
end

-- Adds the options that choose the format.
function listing.define(command)
  local options = require "mde.program.input.options"
  command:mutex(
    command:flag("--json", "One JSON object per line, as the service gives it."),
    command:flag("--csv", "CSV with a header; formulas are made harmless."),
    command:flag("--ids", "Ids only, one per line."))
  options.add(command, "--columns", "NAMES", "Only these fields, named as in --json: a,b,c.")
  options.add(command, "--sort", "NAMES", "Sort by these fields; -NAME sorts from the greatest.")
  command:flag("--wide", "Show whole ids and fields, even if lines wrap.")
end

-- Reads --columns and --sort. -> keys or nil; array of { key, descends } or nil
local function choices(parsed, shape)
  local keys, order
  if parsed.columns then
    if parsed.ids then failure.raise(failure.usage, "--columns cannot be combined with --ids") end
    keys = {}
    for i, name in ipairs(split(parsed.columns)) do keys[i] = key_of(name, shape, "--columns") end
    if not keys[1] then failure.raise(failure.usage, "--columns names no field") end
  end
  if parsed.sort then
    order = {}
    for i, name in ipairs(split(parsed.sort)) do
      local descends, plain = name:match "^(%-?)(.*)$"
      order[i] = { key_of(plain, shape, "--sort"), descends == "-" }
    end
  end
  return keys, order
end

-- Reading

-- Reads an iterator to its end. -> iterator
local function read_whole(entities)
  local all = {}
  for entity in entities do all[#all + 1] = entity end
  return tables.each(all)
end

-- Returns an iterator over the first `limit`, and a function that returns true if there are more.
local function limited(entities, limit)
  local count = 0
  local function next_entity()
    local entity = entities()
    if entity then count = count + 1 end
    return count <= limit and entity or nil
  end
  return next_entity, function() return count > limit end
end

local function name_of(parsed)
  return parsed.json and "json" or parsed.csv and "csv" or parsed.ids and "ids" or "table"
end

-- Shows what `read(client)` (an iterator) gives of each chosen tenant, at most parsed.limit of each:
-- with a limit and without parsed.sort, `read` gives one more if there are more. -> exit status
function listing.run(parsed, shape, read)
  local picked, order = choices(parsed, shape)
  local each, many = require "mde.program.session.client".reader(parsed)
  local keys = picked or shape.keys
  if many then keys = { "profile", table.unpack(keys) } end
  local format, cut = formats[name_of(parsed)](keys, shape, parsed), {}
  local status = each(function(session)
    local entities = read(session)
    if order then return require "mde.program.listing.sorting".sorted(entities, order) end
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

-- Formats an age in its largest unit, for a table.
function listing.age(seconds)
  return seconds and require "mde.program.terminal.moment".short(seconds) or ""
end

local KEYS = { "path", "service", "here", "order", "limit" }

-- Shows which part of `criteria` the service filters and which is filtered here; `form`: of
-- mde.service.criteria. Sends nothing.
function listing.explain(parsed, form, criteria)
  criteria.limit = parsed.limit
  local now = system.clock.wall()
  local told = failure.check(form:explain(criteria, now))
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
  output.flush()
  output.note("Nothing was sent.")
end

return listing
