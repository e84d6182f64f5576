-- mde status: shows sign-in, permissions, open actions, quota and batches.

local account = require "mde.program.session.account"
local client = require "mde.program.session.client"
local duration = require "mde.base.duration"
local failure = require "mde.program.exit"
local interruption = require "mde.program.terminal.interruption"
local open = require "mde.program.batch.open"
local options = require "mde.program.input.options"
local output = require "mde.program.terminal.output"
local paragraph = require "mde.program.terminal.paragraph"
local problems = require "mde.program.problem"
local selection = require "mde.program.session.profiles"
local show_table = require "mde.program.terminal.table"
local stores = require "mde.program.session.store"
local system = require "mde.program.system"
local windows = require "mde.program.session.windows"

local status = {}

local EVERY = 120  -- seconds between two redraws

function status.define(command)
  command:epilog [[
Shows one tenant on one screen; of several tenants, one row for each. The calls
of each operation are counted per minute and per hour. FREE is the number of
calls left, NEXT SLOT the time of the next possible call, and CALLS BY shows
which processes made calls in that time. An action is stuck if it is open for
longer than usual: a live response for 2h, a package for 6h, an offboarding for
72h, any other for 24h.

Examples:
   mde status
   mde status --watch 5m
   mde status --all-profiles
   mde status --offline --json
   mde -p contoso status --test-notify]]
  client.define_deadline(command)
  command:option("--watch", "Redraw until Ctrl-C, by default every 2m."):argname "TIME":args "?"
    :overwrite(false):convert(options.duration)
  command:flag("--offline", "Make no call: only settings, quota and batches.")
  command:flag("--settings", "Also show permissions, and where each setting comes from.")
  command:flag("--json", "One JSON object per tenant.")
  command:flag("--test-notify", "Only send a test event to the profile's `notify`.")
end

local KEYS = { "profile", "tenant", "application", "name", "user", "way", "cloud", "api_url",
               "simulation", "token_seconds", "clock_skew_seconds", "open", "stuck", "isolated",
               "live_responses", "permissions", "operations", "settings", "windows", "batches",
               "error" }

-- Returns the running and open batches of a client's application.
local function batches_of(session)
  return open.estimate(open.list(session.store, function(batch)
    return open.is_of(session, batch)
  end), session)
end

local function show_json(profile, session, found, list)
  local object = account.object(found)
  object.profile, object.windows = profile or session.profile, windows.objects(list)
  object.batches = open.objects(batches_of(session))
  output.record(object, KEYS)
end

-- One tenant

local MOST_GROUPS = 8
local SETTINGS = { { title = "SETTING" }, { title = "VALUE", may_cut = true }, { title = "FROM" } }

local function show_batches(list)
  if #list == 0 then return end
  output.line ""
  open.show(list, "done")
end

local function section(columns, rows)
  if #rows == 0 then return end
  output.line ""
  show_table(columns, rows)
end

local function show_lines(lines)
  for _, line in ipairs(lines) do paragraph(line[2], line[1]) end
end

local function show_open(groups)
  if not groups then return end
  output.line ""
  output.line(("%d open action%s"):format(groups.count, groups.count == 1 and "" or "s"))
  groups:show(MOST_GROUPS)
end

local function show_settings(session, found)
  local settings = {}
  for i, setting in ipairs(found.settings) do
    local from = setting.from
    if from == "option" and session.profile then from = "profile " .. session.profile end
    settings[i] = { setting.name, setting.value, from }
  end
  section(SETTINGS, settings)
  section(account.columns, account.rows(found))
end

local function show_text(session, found, list, parsed)
  show_lines(account.lines(found))
  paragraph(session.store.name, "store")
  for _, sentence in ipairs(account.sentences(found)) do paragraph(sentence) end
  show_open(found.open)
  local lines = account.state_lines(found)
  if lines[1] then output.line "" end
  show_lines(lines)
  section(windows.columns, windows.rows(list))
  if #list == 0 then output.note("There are no limits (MDE_QUOTA=off).") end
  if parsed.settings then show_settings(session, found) end
  show_batches(batches_of(session))
end

-- Returns the number of free cancels, for a column.
local function free_text(list)
  local parts = {}
  for _, window in ipairs(list) do
    if window.bucket == "cancel" then
      parts[#parts + 1] = ("%d a %s"):format(window.free, window.window)
    end
  end
  return parts[1] and table.concat(parts, ", ") or "no limits"
end

local function show_rows(rows, parsed)
  local columns = { table.unpack(account.summary_columns) }
  columns[#columns + 1] = { title = "CANCELS FREE" }
  show_table(columns, rows)
  show_batches(open.list(stores.open(parsed)))
end

-- Adds the calls of a client to calls.count.
local function count_calls(session, calls)
  local show = session.on_request
  session.on_request = function(record)
    if record.path:find "^/api/" then calls.count = calls.count + 1 end
    if show then show(record) end
  end
end

local function is_interrupted() return system.interrupt.count() > 0 end

-- Redraws from the top of the terminal.
local function clear(parsed)
  local redraws = parsed.watch and not parsed.json and system.terminal.is_terminal(1)
  if redraws then output.write "\27[H\27[2J" end
end

-- Reads and shows the status once, unless Ctrl-C comes with --watch. `calls.count` counts calls to
-- the service. -> exit status
local function show_once(parsed, calls)
  local worst, rows = 0, {}
  local read, many = client.reader(parsed)
  local result = read(function(session)
    if parsed.watch then
      interruption.obey(session)
      session.only_reads = true
    end
    count_calls(session, calls)
    return session, account.read(session, parsed.offline), windows.read(session)
  end, function(profile, session, found, list)
    local problem = found.problem
    if parsed.watch and is_interrupted() then return end
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
      clear(parsed)
      show_text(session, found, list, parsed)
    end
    if problem then problems.of_profile(many and profile or system.state.profile, problem) end
    if parsed.watch and not many then session:close() end
  end)
  if #rows > 0 then
    clear(parsed)
    show_rows(rows, parsed)
  end
  return math.max(result, worst)
end

-- mde status --watch

local function pause(seconds)
  local ends = system.clock.monotonic() + seconds
  while not is_interrupted() and system.clock.monotonic() < ends do
    system.process.pause(math.min(0.2, math.max(0, ends - system.clock.monotonic())))
  end
end

-- Ctrl-C ends it at any moment, since the text that offers it stays on the screen during the next
-- reading. -> exit status of the last whole round
local function watch(parsed)
  local every = parsed.watch[1] or EVERY
  if every < 10 then failure.raise(failure.usage, "--watch redraws at most every 10s") end
  local result = failure.interrupted
  system.interrupt.watch()
  while not is_interrupted() do
    local calls = { count = 0 }
    local latest = show_once(parsed, calls)
    if is_interrupted() then break end
    result = latest
    if not parsed.json then
      output.line ""
      paragraph(("Read at %s, and every %s until Ctrl-C. Each time takes %d calls: %d an hour.")
        :format(system.date "%H:%M:%S %Z", duration.text(every), calls.count,
          math.ceil(calls.count * 3600 / every)))
    end
    output.flush()
    pause(every)
  end
  return result
end

function status.run(parsed)
  if parsed.test_notify then
    client.use(selection.one(parsed))
    return require "mde.program.batch.notify".test()
  end
  if parsed.watch then return watch(parsed) end
  return show_once(parsed, { count = 0 })
end

return status
