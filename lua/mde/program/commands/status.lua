-- mde status: who signs in and what that allows, the quota's windows, and open batches.

local account = require "mde.program.session.account"
local client = require "mde.program.session.client"
local failure = require "mde.program.exit"
local open = require "mde.program.batch.open"
local output = require "mde.program.terminal.output"
local selection = require "mde.program.session.profiles"
local show_table = require "mde.program.terminal.table"
local stores = require "mde.program.session.store"
local terminal = require "mde.terminal"
local windows = require "mde.program.session.windows"

local status = {}

function status.define(command)
  command:epilog [[
HELD shows, from the token, whether any of the permissions is there that an
operation needs. FROM shows the origin of a setting. A bucket is an operation
of the service, whose calls are counted in a minute and in an hour; HELD BY
shows which processes took slots in that time. Batches that run or are open
come last.

Examples:
   mde status
   mde status --all-profiles
   mde status --json
   mde -p contoso status --test-notify]]
  client.define_deadline(command)
  command:flag("--json", "One JSON object a tenant.")
  command:flag("--test-notify", "Only send a test event to the profile's `notify`.")
end

local KEYS = { "profile", "tenant", "application", "name", "user", "way", "cloud", "api_url",
               "simulation", "token_seconds", "clock_skew_seconds", "live_responses", "permissions",
               "operations", "settings", "windows", "batches", "error" }

-- The batches of a client's application that run or are open.
local function batches_of(session)
  return open.list(session.store, function(batch) return open.is_of(session, batch) end)
end

local function show_json(profile, session, found, list)
  local object = account.object(found)
  object.profile, object.windows = profile or session.profile, windows.objects(list)
  object.batches = open.objects(batches_of(session))
  output.record(object, KEYS)
end

local function show_batches(list)
  if #list == 0 then return end
  output.line ""
  open.show(list, "done")
end

local SETTINGS = { { title = "SETTING" }, { title = "VALUE" }, { title = "FROM" } }

local function show_text(session, found, list)
  for _, line in ipairs(account.lines(found)) do
    output.line(terminal.printable(("%-14s %s"):format(line[1], line[2])))
  end
  output.line(terminal.printable(("%-14s %s"):format("store", session.store.name)))
  local function section(columns, rows)
    if #rows == 0 then return end
    output.line ""
    show_table(columns, rows)
  end
  local settings = {}
  for i, setting in ipairs(found.settings) do
    local from = setting.from
    if from == "option" and session.profile then from = "profile " .. session.profile end
    settings[i] = { setting.name, setting.value, from }
  end
  section(SETTINGS, settings)
  section(account.columns, account.rows(found))
  section(windows.columns, windows.rows(list))
  if #list == 0 then output.note("There are no limits (MDE_QUOTA=off).") end
  show_batches(batches_of(session))
end

-- How many cancels may go out at once, as a column.
local function free_text(list)
  local parts = {}
  for _, window in ipairs(list) do
    if window.bucket == "cancel" then
      parts[#parts + 1] = ("%d a %s"):format(window.free, window.window)
    end
  end
  return parts[1] and table.concat(parts, ", ") or "no limits"
end

function status.run(parsed)
  if parsed.test_notify then
    client.use(selection.one(parsed))
    return require "mde.program.batch.notify".test()
  end
  local worst, rows = 0, {}
  local read, many = client.reader(parsed)
  local result = read(function(session)
    return session, account.read(session), windows.read(session)
  end, function(profile, session, found, list)
    local problem = found.problem
    if problem then
      worst = math.max(worst, many and failure.some or failure.status(problem) or failure.some)
    end
    if parsed.json then
      show_json(many and profile, session, found, list)
    elseif many then
      local row = account.summary(found, profile)
      row[#row + 1] = free_text(list)
      rows[#rows + 1] = row
    else
      show_text(session, found, list)
    end
    if problem then output.note("mde: %s%s", many and profile .. ": " or "", tostring(problem)) end
  end)
  if #rows > 0 then
    local columns = { table.unpack(account.summary_columns) }
    columns[#columns + 1] = { title = "CANCELS FREE" }
    show_table(columns, rows)
    show_batches(open.list(stores.open(parsed)))
  end
  return math.max(result, worst)
end

return status
