-- mde cancel: cancels machine actions, named or chosen by filters.
--
-- Nothing is sent before every id and option is checked, the limits hold and a
-- person or --yes has agreed. Ctrl-C stops sending and waits for what is in the
-- air; a second one stops waiting. Whatever happens, each action is reported
-- with one verdict.

local client = require "mde.cli.client"
local failure = require "mde.cli.failure"
local ids = require "mde.cli.ids"
local interrupt = require "mde.interrupt"
local options = require "mde.cli.options"
local output = require "mde.cli.output"
local report = require "mde.cli.report"
local terminal = require "mde.terminal"

local cancel = {}

local EPILOG = [[
Give ids, or - to read them from standard input (one a line, blank lines and #
comments skipped, or JSON Lines as from `mde list --json`), or filters, which
choose among the open actions. More than one action is asked about at the
terminal; --yes agrees beforehand, with filters only up to --max.

Cancelling is not un-isolating: a machine whose isolation was already InProgress
may be isolated nevertheless.

Examples:
   mde cancel 5382f7ea-7557-4ab7-9782-d50480024a4e -m "Launched by mistake"
   mde cancel --type Isolate --requestor soar@contoso.com -n
   mde cancel --older-than 4h -m "Stuck" --yes --max 50
   mde list --status Pending --ids | mde cancel - -m "Stuck" --yes --json]]

function cancel.define(command)
  command:epilog(EPILOG)
  command:argument("ids", "Actions, or - for standard input."):args "*":argname "ID"
  options.add(command, "-m --comment", "TEXT", "Why (required); the service keeps it.")
  options.add_filters(command)
  command:flag("-n --dry-run", "Show what would be cancelled, and send nothing.")
  command:flag("-y --yes", "Do not ask.")
  options.add(command, "--max", "N", "Refuse when there are more.", options.count)
  options.add(command, "--parallel", "N", "Calls under way at once. Default: 10.", options.count)
  command:flag("--json", "One JSON object an action.")
end

-- {{ Which actions

-- Checks what the options say together. -> criteria, or nil where ids are given
local function check_options(parsed)
  local criteria, any = options.criteria(parsed)
  if any and #parsed.ids > 0 then
    failure.raise(failure.usage, "ids and filters do not go together: '%s'", parsed.ids[1])
  end
  if not any and #parsed.ids == 0 then
    failure.raise(failure.usage, "which actions? Give ids, - for standard input, or filters")
  end
  for _, text in ipairs(parsed.ids) do
    if text == "-" and #parsed.ids > 1 then
      failure.raise(failure.usage, "- goes without other ids")
    end
  end
  if not parsed.dry_run and not (parsed.comment or ""):find "%S" then
    failure.raise(failure.usage, "a comment is required, such as -m \"Launched by mistake\"")
  end
  if any and parsed.yes and not parsed.max then
    failure.raise(failure.usage, "--yes with filters needs --max N: how many there may be at most")
  end
  return any and criteria or nil
end

local function show_groups(groups)
  local names = {}
  for name in pairs(groups) do names[#names + 1] = name end
  table.sort(names, function(a, b)
    if groups[a] ~= groups[b] then return groups[a] > groups[b] end
    return a < b
  end)
  for i, name in ipairs(names) do
    if i > 20 then return output.note("        … and %d more groups", #names - 20) end
    output.note("%7d %s", groups[name], name)
  end
end

-- The ids that match, after showing what they are. With a maximum, it stops as
-- soon as there are more. `visit` is called with each action.
local function matching(session, criteria, max, visit)
  local list, groups, under_way = {}, {}, 0
  criteria.status = criteria.status or options.open
  criteria.limit = max and max + 1
  for action in session:actions(criteria) do
    local name = ("%s, %s, by %s")
      :format(action.type or "?", action.status or "?", action.requestor or "?")
    list[#list + 1] = action.id:lower()
    visit(action)
    groups[name] = (groups[name] or 0) + 1
    if action.type == "Isolate" and action.status == "InProgress" then under_way = under_way + 1 end
  end
  if not max or #list <= max then show_groups(groups) end
  if under_way > 0 then
    output.note("%d of them isolate already: cancelling is not un-isolating.", under_way)
  end
  return list
end

local function check_max(list, parsed, criteria)
  if parsed.max and #list > parsed.max then
    failure.raise(failure.refused, "%s actions, and --max is %d; nothing was sent",
      criteria and "more than " .. parsed.max or #list, parsed.max)
  end
  return list
end

-- }}

local function counted(count)
  return count == 1 and "1 machine action" or count .. " machine actions"
end

-- Asks at the terminal; raises unless the answer is yes.
local function confirm(tenant, count)
  local question = ("Cancel %s in %s? [y/N] ")
    :format(counted(count), tenant and "tenant " .. tenant or "the tenant of MDE_TOKEN")
  io.stdout:flush()
  local answer = terminal.ask(terminal.printable(question))
  if not answer then
    failure.raise(failure.refused, "%s, and no terminal to ask at; nothing was sent."
      .. " --yes agrees beforehand (with filters up to --max N)", counted(count))
  end
  answer = answer:lower():match "^%s*(.-)%s*$"
  if answer ~= "y" and answer ~= "yes" then
    failure.raise(failure.refused, "not confirmed; nothing was sent")
  end
end

-- {{ Sending

-- A batch under way: of `list` the client has taken `taken`.
local Batch = {}
Batch.__index = Batch

function Batch:next()
  local id = self.list[self.taken + 1]
  if id then self.taken = self.taken + 1 end
  return id
end

-- Reports an item. Where that fails nothing more is sent, since nobody could
-- tell what was done.
function Batch:item(item)
  local done, problem = pcall(self.report.item, self.report, item)
  if not done then self.problem = self.problem or problem end
end

-- What the client is to do: see mde.batch.
function Batch:stop()
  local signals = interrupt.count()
  if signals > 1 then return "at once" end
  if signals == 1 and not self.interrupted then
    self.interrupted = true
    output.note("Interrupted: nothing more is sent; what is under way is waited for."
      .. " Ctrl-C again stops at once.")
  end
  return self.interrupted or self.problem ~= nil
end

function Batch:send(session, parsed)
  interrupt.watch()
  failure.check(session:cancel_all(function() return self:next() end, {
    comment = parsed.comment, parallel = parsed.parallel,
    on_item = function(item) self:item(item) end,
    stop = function() return self:stop() end,
  }))
  for id in function() return self:next() end do self:item { id = id, verdict = "unsent" } end
  self.interrupted = interrupt.count() > 0
  interrupt.release()
end

-- }}

-- What the limits make of it, where that is worth waiting for.
local function foretell(session, count)
  local seconds = session.quota:at_best("cancel", count)
  if seconds < 60 then return end
  local duration = require "mde.duration"
  output.note("The service's limits make this take at least %s: until %s.", duration.text(seconds),
    os.date(seconds < 43200 and "%H:%M" or "%A, %H:%M", os.time() + math.ceil(seconds)))
end

local function send(session, list, parsed)
  local clock = require("mde.clock").system
  local began = clock.monotonic()
  local batch = setmetatable({
    list = list, taken = 0, report = report.new(session.tenant, #list, parsed.json),
  }, Batch)
  batch:send(session, parsed)
  batch.report:summary(clock.monotonic() - began)
  if batch.interrupted then return failure.interrupted end
  if batch.problem and failure.status(batch.problem) ~= 0 then error(batch.problem, 0) end
  return batch.report:status()
end

-- What would be cancelled: of actions that were looked up, what they are; of ids,
-- only that.
local function preview(session, parsed, criteria, given)
  local lines = report.new(session.tenant, 0, parsed.json)
  local function show(action)
    lines:item {
      id = action.id, verdict = "unsent", status = action.status,
      machine = action.computerDnsName or action.machineId,
      detail = criteria and ("%s, %s, by %s"):format(
        action.type or "?", action.status or "?", action.requestor or "?"),
    }
  end
  local list = given or matching(session, criteria, parsed.max, show)
  check_max(list, parsed, criteria)
  if given then
    for _, id in ipairs(given) do show { id = id } end
  end
  output.note("Dry run: %s would be cancelled%s; nothing was sent.", counted(#list),
    given and ", unless unknown to the service or ended already" or "")
  return 0
end

function cancel.run(parsed)
  local criteria = check_options(parsed)
  collectgarbage("incremental", 120)  -- a batch waits for the service: rather small than quick
  local given
  if parsed.ids[1] == "-" then given = ids.from_file(io.stdin)
  elseif not criteria then given = ids.from_arguments(parsed.ids) end
  local session = client.connect(parsed)
  if parsed.dry_run then return preview(session, parsed, criteria, given) end
  local list = given or matching(session, criteria, parsed.max, function() end)
  check_max(list, parsed, criteria)
  if #list == 0 then
    output.note("Nothing to cancel.")
    return 0
  end
  foretell(session, #list)
  if not parsed.yes and (criteria or #list > 1) then confirm(session.tenant, #list) end
  return send(session, list, parsed)
end

return cancel
