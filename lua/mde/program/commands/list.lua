-- mde list: lists machine actions of one tenant or many.

local exceptions = require "mde.program.input.exceptions"
local groups = require "mde.program.listing.groups"
local kinds = require "mde.service.kinds"
local listing = require "mde.program.listing"
local naming = require "mde.program.input.machine_name"
local options = require "mde.program.input.options"
local output = require "mde.program.terminal.output"
local requestor = require "mde.program.input.requestor"
local shape = require "mde.program.listing.action"

local list = {}

local EPILOG = [[
Lists open actions (Pending, InProgress), which can still be cancelled. At a
terminal the list ends with its groups and their count. Where a whole id does
not fit, its first digits are shown; commands accept those too.

Examples:
   mde list --by type,requestor
   mde list --sort requestor --columns id,requestor,computerDnsName
   mde list --type Isolate --older-than 4h
   mde list --all --newer-than 7d --csv > actions.csv
   mde list -p 'emea-*' --status Pending
   mde list --requestor soar@contoso.com --ids | mde cancel - -m "SOAR misfire"
   mde list --machine ws-1.contoso.com --requestor-comment misfire]]

-- Filters of this command alone; the service has only some of them.
local FILTERS = {
  { "--requestor-comment", "TEXT", "Only actions whose launch comment contains this.",
    key = "comment" },
  { "--scope", "SCOPE", "Only actions of this scope, such as Full." },
  { "--cancelled-by", "NAME", "Only actions cancelled by this user or application." },
  { "--order", "newest|oldest", "Which actions come first. Default: newest.",
    convert = options.order },
}

function list.define(command)
  command:epilog(EPILOG)
  options.add_filters(command)
  options.add_each(command, FILTERS)
  exceptions.define(command)
  command:flag("--all", "Also actions that have ended.")
  options.add(command, "--limit", "N", "List at most N, and report if there are more.",
    options.count)
  options.add(command, "--by", "KEYS", "Show only groups and their counts, by any of type,"
    .. " status, requestor, machine, group (of devices), age.", groups.parse)
  command:flag("--show-filters", "Show which filters the service applies, and which mde; send"
    .. " nothing.")
  require "mde.program.session.client".define_deadline(command)
  listing.define(command)
end

-- Groups

local function refuse_with_groups(parsed)
  for _, name in ipairs { "ids", "csv", "columns", "sort", "limit", "order" } do
    if parsed[name] then
      require "mde.program.exit".raise(2, "--by cannot be combined with --%s", name)
    end
  end
end

-- Shows the groups of each tenant. -> exit status
local function show_groups(parsed, read)
  refuse_with_groups(parsed)
  local each, many = require "mde.program.session.client".reader(parsed)
  return each(function(session)
    local found = groups.new(parsed.by)
    found:read(session, read(session))
    return found
  end, function(profile, found)
    if parsed.json then
      for _, object in ipairs(found:objects()) do
        object.profile = many and profile or nil
        output.json(object, found:names())
      end
      return output.flush()
    end
    if many then output.line(profile .. ":") end
    found:show(nil, 1, true, parsed.wide)
    if found.count == 0 then output.note(shape.none) end
    output.flush()
  end)
end

local function noun(parsed, criteria)
  return criteria.status == kinds.open and not parsed.limit and "open action" or "action"
end

function list.run(parsed)
  local criteria = options.read_each(parsed, FILTERS, (options.criteria(parsed)))
  -- A cancelled action is not open.
  if not parsed.all and not criteria.status and not criteria.cancelled_by then
    criteria.status = kinds.open
  end
  if parsed.show_filters then
    listing.explain(parsed, require "mde.service.criteria.action", criteria)
    return 0
  end
  local is_limited = parsed.limit and not parsed.sort and not exceptions.of(parsed)
  criteria.limit = is_limited and parsed.limit + 1 or nil
  local name = criteria.machine
  local function read(session)
    criteria.machine = naming.criterion(session, name)
    local excepted = exceptions.of(parsed, session)
    local actions = requestor.actions(session, criteria, parsed)
    return excepted and excepted:filtered(actions) or actions
  end
  if parsed.by then return show_groups(parsed, read) end
  local foot = shape.foot_of(noun(parsed, criteria))
  return listing.run(parsed, setmetatable({ foot = foot }, { __index = shape }), read)
end

return list
