-- mde show: shows an action, or a machine with its state, risks and actions.

local client = require "mde.program.session.client"
local core = require "mde.core"
local duration = require "mde.base.duration"
local failure = require "mde.program.exit"
local interruption = require "mde.program.terminal.interruption"
local keys = require "mde.program.listing.action".keys
local line = require "mde.program.terminal.line"
local options = require "mde.program.input.options"
local output = require "mde.program.terminal.output"
local print_fields = require "mde.program.listing.fields"
local short_id = require "mde.program.input.short_id"

local show = {}

function show.define(command)
  command:epilog [[
With an id, or its first 8 digits, shows the action. With a machine (its id or
DNS name), shows its state, risks, open actions, and its last actions, newest
first. With --wait the exit status is 0 only if the action Succeeded.

Examples:
   mde show 5382f7ea-7557-4ab7-9782-d50480024a4e
   mde show 5382f7ea-7557-4ab7-9782-d50480024a4e --wait --deadline 10m
   mde show 5382f7ea
   mde show srv-1.contoso.com]]
  command:argument("what", "The action, or the machine."):argname "ID|MACHINE"
  command:flag("--wait", "Wait for the end of the action.")
  client.define_deadline(command, "Give up after this long. Default: 10m; with --wait: 1h.")
  options.add(command, "--limit", "N", "For a machine: at most N actions. Default: 20.",
    options.count)
  command:flag("--json", "Every field as JSON, one object per line: the action; or the"
    .. " machine, then its actions.")
end

local function print_action(action, parsed)
  if parsed.json then return output.json(action, keys) end
  print_fields(action)
end

-- Waits for the end of an action; Ctrl-C ends the waiting. -> action | nil, err
local function wait(session, id, deadline)
  local began = session.clock.monotonic()
  interruption.only_reads(session, function()
    line.show("waiting for the end of the action, "
      .. duration.text(session.clock.monotonic() - began))
  end)
  local action, err = session:wait(id, { timeout = deadline })
  interruption.release(session)
  return action, err
end

-- -> exit status
local function show_action(session, id, parsed)
  if not parsed.wait then
    print_action(failure.check(session:action(id)), parsed)
    return 0
  end
  local action, err = wait(session, id, parsed.deadline)
  if not action and not err.action then error(err, 0) end
  print_action(action or err.action, parsed)
  output.flush()
  if not action then error(err, 0) end
  return action.status == "Succeeded" and 0 or failure.some
end

-- -> exit status
local function show_machine(session, parsed)
  local limit = parsed.limit or 20
  local page = require "mde.program.machines.page"
  local found = page.read(session, parsed.what, short_id.is(parsed.what)
    and ("No known action has an id that begins with %s."):format(parsed.what) or nil)
  if parsed.json then page.show_json(found, limit) else page.show(found, limit) end
  output.flush()
  if found.actions[limit + 1] then output.note("There are more; --limit is %d.", limit) end
  return 0
end

-- Checks the options together. -> the id of an action, or nil for a machine or a short id
local function check(parsed)
  local id = core.operation.guid(parsed.what)
  local is_short = short_id.is(parsed.what)
  failure.misuse_if(not id and not is_short and parsed.what:find "^%x+%-%x+%-[%x%-]+$",
    "'%s' is not the id of a machine action: of its 36 characters"
    .. " %d are there", parsed.what, #parsed.what)
  failure.misuse_if(parsed.wait and not id and not is_short,
    "--wait works only with the id of an action")
  if parsed.limit and id then failure.raise(failure.usage, "--limit works only with a machine") end
  return id
end

function show.run(parsed)
  local id = check(parsed)
  parsed.reads_only = true
  local session = client.connect(parsed)
  if not parsed.wait then client.bounded(session, parsed) end
  if not id and short_id.is(parsed.what) then
    local action = short_id.find(session, parsed.what)
    id = action and action.id
  end
  if id then return show_action(session, id, parsed) end
  return show_machine(session, parsed)
end

return show
