-- Options that commands share, and converters that check their values.

local kinds = require "mde.service.kinds"
local tables = require "mde.base.tables"

local options = {}

-- Converter -> function that returns the words it accepts.
local words_of = setmetatable({}, { __mode = "k" })

-- Adds the option `name` with a value to an argparse command. `convert(text)` -> value | nil,
-- problem. -> argparse's option
function options.add(command, name, value, description, convert)
  local option = command:option(name, description):argname(value):overwrite(false)
  option.words = words_of[convert or false]  -- for completions
  if convert then
    option:convert(function(text)
      local converted, problem = convert(text)
      if converted == nil then return nil, ("%s: %s"):format(name, problem) end
      return converted
    end)
  end
  return option
end

-- A converter: a number that `is_good` accepts.
local function number(what, is_good)
  return function(text)
    local value = text:find "^%d+%.?%d*$" and tonumber(text)
    if value and is_good(value) then return math.tointeger(value) or value end
    return nil, ("'%s' is not %s"):format(text, what)
  end
end

options.count = number("a whole number above 0", function(value)
  return math.tointeger(value) and value > 0
end)

options.seconds = number("a number of seconds above 0", function(value)
  return value > 0
end)

options.percent = number("a whole number from 0 to 90", function(value)
  return math.tointeger(value) and value <= 90
end)

-- A converter: a duration as text -> seconds.
function options.duration(text)
  return require("mde.base.duration").parse(text)
end

-- A converter: the name of a batch.
function options.batch_name(text)
  if #text <= 64 and text:find "^[%w][%w%._-]*$" then return text end
  return nil, ("'%s' is not a name of at most 64 letters, digits and .-_"):format(text:sub(1, 80))
end

-- A converter: one of some words, ignoring case. `list` returns them on demand, so that `mde help`
-- loads nothing.
function options.word(what, list)
  local function convert(text)
    for _, known in ipairs(list()) do
      if known:lower() == text:lower() then return known end
    end
    return nil, ("'%s' is not %s: %s"):format(text, what, table.concat(list(), ", "))
  end
  words_of[convert] = list
  return convert
end

-- Filters

-- A converter: text that the module's `parse` accepts.
function options.parsed_by(module)
  return function(text)
    local value, problem = require(module).parse(text)
    if not value then return nil, problem end
    return text
  end
end

-- A converter: a date for the option `name`, also in local time.
function options.moment(name)
  return function(text) return require "mde.program.input.moment".option(name)(text) end
end

local FILTERS = {
  { "--status", "STATUS", "Only actions in this status, or in several: a,b.", many = true,
    convert = options.word("a status", function() return kinds.statuses end) },
  { "--type", "TYPE", "Only actions of this type, such as Isolate, or of several: a,b.",
    many = true, convert = options.word("a type of action", function() return kinds.types end) },
  { "--requestor", "NAME", "Only actions launched by this user or application." },
  { "--machine", "MACHINE", "Only actions on this machine: its id or full DNS name." },
  { "--older-than", "TIME", "Only actions older than this, such as 4h.",
    convert = options.parsed_by "mde.base.duration" },
  { "--newer-than", "TIME", "Only actions launched within this time, such as 1d12h.",
    convert = options.parsed_by "mde.base.duration" },
  { "--after", "DATE", "Only actions launched after this: 2026-01-23T20:10:40Z, or in local time"
    .. " 2026-01-23, today or 'yesterday 22:00'.", convert = options.moment "--after" },
  { "--before", "DATE", "Only actions launched before this.", convert = options.moment "--before" },
  { "--filter", "ODATA", "Only actions that match this OData filter, sent unchanged." },
}

-- A converter: values separated by commas, each of which `convert` (optional) accepts. The result is
-- such a text.
function options.list(convert)
  local function convert_each(text)
    local parts = {}
    for part in (text .. ","):gmatch "([^,]*)," do
      local value, problem = part, nil
      if convert then value, problem = convert(part) end
      if value == nil then return nil, problem end
      parts[#parts + 1] = value
    end
    return table.concat(parts, ",")
  end
  words_of[convert_each] = words_of[convert or false]
  return convert_each
end

local function split(texts)
  local list = {}
  for _, text in ipairs(texts) do
    for part in text:gmatch "[^,]+" do list[#list + 1] = part end
  end
  return list
end

-- The key of a criteria table and of argparse's result: "--older-than" -> older_than
local function key(option)
  return (option:gsub("^%-%-", ""):gsub("%-", "_"))
end

-- Adds filters, an array of { name, value, description, many =, convert =, key = (of the criteria) }:
-- all, or those in
-- `names`.
function options.add_each(command, filters, names)
  local wanted = tables.set(names or {})
  for _, filter in ipairs(filters) do
    if not names or wanted[filter[1]] then
      local option = options.add(command, filter[1], filter[2], filter[3],
        filter.many and options.list(filter.convert) or filter.convert)
      if filter.many then option:count "*":overwrite(true) end
    end
  end
end

-- Copies the filters on the command line to `criteria`. -> criteria, true if there was any
function options.read_each(parsed, filters, criteria)
  local any = false
  for _, filter in ipairs(filters) do
    local name = key(filter[1])
    local value = parsed[name]
    if value ~= nil and not (filter.many and #value == 0) then
      criteria[filter.key or name], any = filter.many and split(value) or value, true
    end
  end
  return criteria, any
end

-- Adds the options that choose actions: all, or those in `names`.
function options.add_filters(command, names)
  options.add_each(command, FILTERS, names)
end

-- Returns the criteria of the filters on the command line. -> criteria, true if there was any
function options.criteria(parsed)
  return options.read_each(parsed, FILTERS, {})
end

-- A converter: the order of a list.
options.order = options.word("an order", function() return { "newest", "oldest" } end)

return options
