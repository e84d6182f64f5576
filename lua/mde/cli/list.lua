-- mde list: the machine actions that match.

local client = require "mde.cli.client"
local options = require "mde.cli.options"
local output = require "mde.cli.output"

local list = {}

local EPILOG = [[
Open are Pending and InProgress: what can still be cancelled.

Examples:
   mde list --type Isolate --older-than 4h
   mde list --all --newer-than 7d --csv > actions.csv
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

-- {{ Formats: each takes an iterator over actions.

local formats = {}

function formats.json(actions)
  for action in actions do output.json(action, list.keys) end
end

function formats.csv(actions)
  output.csv(list.keys, #list.keys)
  for action in actions do
    local fields = {}
    for i, key in ipairs(list.keys) do fields[i] = action[key] end
    output.csv(fields, #list.keys)
  end
end

function formats.ids(actions)
  for action in actions do output.line(action.id) end
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

function formats.table(actions)
  local duration = require "mde.duration"
  local rows = {}
  for action in actions do
    local age = action:age()
    rows[#rows + 1] = {
      age and duration.text(age):match "^%S+" or "", action.type, action.status,
      action.computerDnsName or action.machineId or "-", action.requestor or "-", action.id,
    }
  end
  if #rows == 0 then return output.note("No action matches.") end
  require "mde.cli.table"(COLUMNS, rows)
end

-- }}

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
  local actions = client.connect(parsed):actions(criteria)
  local has_more
  if parsed.limit then actions, has_more = limited(actions, parsed.limit) end
  local format = parsed.json and "json" or parsed.csv and "csv" or parsed.ids and "ids" or "table"
  formats[format](actions)
  output.flush()
  if has_more and has_more() then
    output.note("The limit of %d is reached; more exist.", parsed.limit)
  end
  return 0
end

return list
