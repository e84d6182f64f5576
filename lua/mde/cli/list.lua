-- mde list: the machine actions that match, of one tenant or many.

local client = require "mde.cli.client"
local options = require "mde.cli.options"
local output = require "mde.cli.output"

local list = {}

local EPILOG = [[
Open are Pending and InProgress: what can still be cancelled.

Examples:
   mde list --type Isolate --older-than 4h
   mde list --all --newer-than 7d --csv > actions.csv
   mde list -p 'emea-*' --status Pending
   mde list --requestor soar@contoso.com --ids | mde cancel - -m "SOAR misfire"]]

-- The service's own keys, in the order of its documentation.
list.keys = {
  "id", "type", "title", "status", "requestor", "requestorComment", "machineId",
  "computerDnsName", "creationDateTimeUtc", "lastUpdateDateTimeUtc", "cancellationRequestor",
  "cancellationComment", "cancellationDateTimeUtc", "errorHResult", "scope", "externalId",
  "requestSource",
}

function list.define(command)
  command:epilog(EPILOG)
  options.add_filters(command)
  command:flag("--all", "Finished ones too.")
  options.add(command, "--limit", "N", "At most so many; it is said when there are more.",
    options.count)
  command:mutex(
    command:flag("--json", "One JSON object a line, as the service gives it."),
    command:flag("--csv", "CSV with a header; formulas are made harmless."),
    command:flag("--ids", "Ids only, one a line."))
end

-- {{ Formats: each has `show(actions, profile)` for the actions (an iterator) of a tenant,
-- called for one after the other. `keys` are list.keys; where there may be more tenants than
-- one, "profile" is before them, and the profile's name with each action. At the end comes
-- `finish(whether every tenant could be read)`.

local formats = {}

local function nothing() end

function formats.json(keys)
  local function show(actions, profile)
    for action in actions do
      action.profile = profile
      output.json(action, keys)
    end
  end
  return { show = show, finish = nothing }
end

function formats.csv(keys)
  local begun = false
  local function show(actions, profile)
    if not begun then output.csv(keys, #keys) end
    begun = true
    for action in actions do
      local fields = {}
      for i, key in ipairs(keys) do fields[i] = key == "profile" and profile or action[key] end
      output.csv(fields, #keys)
    end
  end
  return { show = show, finish = nothing }
end

function formats.ids()
  local function show(actions)
    for action in actions do output.line(action.id) end
  end
  return { show = show, finish = nothing }
end

local COLOURS = { Pending = "33", InProgress = "36", Succeeded = "32", Failed = "31",
                  TimeOut = "31" }

local COLUMNS = {
  { title = "AGE" },
  { title = "TYPE", may_cut = true },
  { title = "STATUS", colour = function(status) return COLOURS[status] end },
  { title = "MACHINE", may_cut = true },
  { title = "BY", may_cut = true },
  { title = "ID" },
}

local function row_of(action)
  local age = action:age()
  return {
    age and require "mde.duration".text(age):match "^%S+" or "", action.type, action.status,
    action.computerDnsName or action.machineId or "-", action.requestor or "-", action.id,
  }
end

function formats.table(keys)
  local many, columns, rows = keys[1] == "profile", COLUMNS, {}
  if many then columns = { { title = "TENANT" }, table.unpack(COLUMNS) } end
  local function show(actions, profile)
    for action in actions do
      rows[#rows + 1] = row_of(action)
      if many then table.insert(rows[#rows], 1, profile) end
    end
  end
  local function finish(complete)
    if #rows > 0 then return require "mde.cli.table"(columns, rows) end
    if complete then output.note("No action matches.") end
  end
  return { show = show, finish = finish }
end

-- }}

-- The same, read to its end.
local function read_whole(actions)
  local all, position = {}, 0
  for action in actions do all[#all + 1] = action end
  return function()
    position = position + 1
    return all[position]
  end
end

-- An iterator over the first `limit`, and a function that tells whether there are
-- more: one more was asked for.
local function limited(actions, limit)
  local count = 0
  local function next_action()
    local action = actions()
    if action then count = count + 1 end
    return count <= limit and action or nil
  end
  return next_action, function() return count > limit end
end

function list.run(parsed)
  local criteria = options.criteria(parsed)
  if not parsed.all and not criteria.status then criteria.status = options.open end
  criteria.limit = parsed.limit and parsed.limit + 1
  local name = parsed.json and "json" or parsed.csv and "csv" or parsed.ids and "ids" or "table"
  local read, many = client.reader(parsed)
  local keys = many and { "profile", table.unpack(list.keys) } or list.keys
  local format, cut = formats[name](keys), {}
  local status = read(function(session)
    local actions = session:actions(criteria)
    return many and read_whole(actions) or actions
  end, function(profile, actions)
    local has_more
    if parsed.limit then actions, has_more = limited(actions, parsed.limit) end
    format.show(actions, profile)
    output.flush()
    if has_more and has_more() then cut[#cut + 1] = profile or true end
  end)
  format.finish(status == 0)
  output.flush()
  for _, profile in ipairs(cut) do
    output.note("%s limit of %d is reached; more exist.", profile == true and "The"
      or profile .. ": the", parsed.limit)
  end
  return status
end

return list
