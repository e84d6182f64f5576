-- Carries out a batch for a playbook: mde.batch.
--
-- The options become those of a command line, so that a playbook's batch has the same question,
-- guards, canary and summary as that of a command.

local agreement = require "mde.program.batch.confirmation"
local change = require "mde.program.batch.change"
local cjson = require "cjson"
local clients = require "mde.program.session.client"
local errors = require "mde.base.errors"
local failure = require "mde.program.exit"
local kinds = require "mde.service.kinds"
local requests = require "mde.program.batch.request"
local selection = require "mde.program.session.profiles"
local system = require "mde.program.system"
local tables = require "mde.base.tables"
local words = require "mde.program.batch.words"

local playbook = {}

local function invalid(format, ...)
  local _, err = errors.invalid("mde.batch: " .. format, ...)
  error(err, 0)
end

-- Changes: the items of their targets

local check = failure.check

-- Adds an item after its call was made once, which checks the arguments.
local function add(draft, item, call, err)
  check(call, err)
  draft:add_change(item)
end

-- Adds a change of a machine: an id, a name, a machine, or an action on it.
local function add_machine(draft, session, target, name, arguments, make)
  local id = check(session:machine_id(target)):lower()
  local item = { id = id, machine = id, change = name,
                 name = type(target) == "table" and target.computerDnsName or nil,
                 arguments = next(arguments) and cjson.encode(arguments) or nil }
  add(draft, item, make(id))
end

-- Change -> { verb (for the question), takes (its own options), needs_comment,
-- add(draft, session, target, options) }
local ROWS = {
  cancel = { verb = "Cancel", takes = {}, needs_comment = true,
    add = function(draft, session, target, options)
      local call, err = session:cancelling(target, options.comment)
      local status = type(target) == "table" and target.status or nil
      check(call, err)
      draft:add(call.id, status)
    end },
  upload = { verb = "Upload", takes = { "description", "parameters", "overwrite" },
    add = function(draft, session, target, options, seen)
      if type(target) ~= "string" then invalid "an upload's target is the path of a file" end
      local file = requests.file(target, nil, session:upload_fields(options))
      local other = seen[file.name]
      if other and other ~= target then
        invalid("two files are named '%s': '%s' and '%s'", file.name, target, other)
      end
      seen[file.name] = target
      add(draft, { id = file.name, change = "upload", arguments = cjson.encode(file) },
        session:uploading(file))
    end },
  delete_file = { verb = "Delete", takes = {},
    add = function(draft, session, target)
      add(draft, { id = target, change = "delete_file" }, session:deleting(target))
    end },
  request = { verb = "Send", takes = {},
    add = function(draft, session, target, _, seen)
      if type(target) ~= "table" then invalid "a request is { method, path, query, body }" end
      if target.method == "GET" then invalid "a GET changes nothing: use client:request" end
      local item = requests.item(session, target)
      seen[item.id] = (seen[item.id] or 0) + 1
      if seen[item.id] > 1 then item.id = ("%s #%d"):format(item.id, seen[item.id]) end
      draft:add_change(item)
    end },
}

for name, verb in pairs { add_tag = "Tag", remove_tag = "Untag", set_value = "Set the value of" } do
  ROWS[name] = { verb = verb, takes = { "value" },
    add = function(draft, session, target, options)
      add_machine(draft, session, target, name, { value = options.value }, function(id)
        return session:marking(name, { id }, options.value)
      end)
    end }
end

for operation in pairs(kinds.launched_by) do
  ROWS[operation] = operation ~= "offboard" and {
    verb = ("Launch %s on"):format(operation), takes = { "type", "sha1", "commands" },
    needs_comment = true,
    add = function(draft, session, target, options)
      local own = { type = options.type, sha1 = options.sha1, commands = options.commands }
      add_machine(draft, session, target, operation, own, function(id)
        own.comment = options.comment
        return session:launching(operation, id, own)
      end)
    end } or nil
end

-- Options

local TYPES = {
  change = "string", client = "table", comment = "string", name = "string", yes = "boolean",
  max = "number", override = "table", parallel = "number", wait = "number", canary = "number",
  give_up = "number", unverified = "boolean", on_item = "function",
}

-- Raises at the caller if an option is of another name.
local function check_names(options)
  local known = { targets = true }
  for name in pairs(TYPES) do known[name] = true end
  local row = type(options) == "table" and ROWS[options.change] or { takes = {} }
  for _, name in ipairs(row.takes) do known[name] = true end
  errors.check_keys("mde.batch", options, known, 4)
end

-- Checks the options, except those of the change. -> the change's row
local function check_options(options)
  local row = ROWS[options.change]
  if not row then
    invalid("change: '%s' is not one of %s", tostring(options.change),
      table.concat(tables.keys(ROWS), ", "))
  end
  for name, expected in pairs(TYPES) do
    if options[name] ~= nil and type(options[name]) ~= expected then
      invalid("%s must be a %s, not a %s", name, expected, type(options[name]))
    end
  end
  for _, name in ipairs { "max", "parallel", "canary" } do
    local value, least = options[name], name == "canary" and 0 or 1
    if value and (value < least or value % 1 ~= 0) then
      invalid("%s: %s is not a whole number from %d", name, tostring(value), least)
    end
  end
  if row.needs_comment and not (options.comment or ""):find "%S" then
    invalid "comment is missing: say why, in a few words"
  end
  if options.yes and not options.max then
    invalid "yes requires max, the most items to change"
  end
  return row
end

-- An array or iterator -> iterator
local function each(targets)
  if type(targets) == "function" then return targets end
  if type(targets) ~= "table" then invalid("targets must be an array or iterator") end
  return tables.each(targets)
end

-- Returns the options as those of a command line, on the command line of `mde run`.
local function as_parsed(options, parsed, session)
  return {
    command = "run", command_line = parsed.command_line, profile = session.profile,
    profile_of_plan = session.profile == nil,  -- then the profiles of its tenant have the guards
    comment = options.comment, batch = options.name, yes = options.yes, max = options.max,
    override = options.override, parallel = options.parallel, unverified = options.unverified,
    wait = options.wait and true or nil, deadline = options.wait, canary = options.canary,
    give_up = options.give_up, show_item = options.on_item or false,
  }
end

local function confirmation(row, parsed, name)
  return function(session, exceeded, count)
    if parsed.yes and not exceeded then return end
    local counted = words.counted(name, count)
    agreement.confirm(("%s %s in %s"):format(row.verb, counted, agreement.place(session)), counted,
      "yes = true and max = N agree beforehand", exceeded)
  end
end

local function carry_out(row, options, parsed, session)
  local own, targets, seen = as_parsed(options, parsed, session), each(options.targets), {}
  if session.profile then clients.use(selection.one(own)) end
  change.check(own)
  return change.run(own, {
    session = session, change = options.change, verb = row.verb, is_chosen = true,
    fill = function(draft, _, visit)
      for target in targets do
        row.add(draft, session, target, options, seen)
        if type(target) == "table" and (target.type or target.machineTags) then visit(target) end
      end
    end,
    confirm = confirmation(row, own, options.change),
  })
end

-- Carries it out with the fields of the client that it changes meanwhile restored.
local function run(mde, options, parsed)
  local row = check_options(options)
  if system.state.in_batch then invalid "another batch is running" end
  local session = options.client or check(mde.client())
  local on_notice, is_urgent, stop = session.on_notice, session.quota.is_urgent, session.stop
  system.state.in_batch = true
  local results = table.pack(pcall(carry_out, row, options, parsed, session))
  system.state.in_batch = nil
  session.on_notice, session.quota.is_urgent, session.stop = on_notice, is_urgent, stop
  if not results[1] then error(results[2], 0) end
  return table.unpack(results, 2, results.n)
end

---@class mde.batch_call
---@field change "cancel"|"isolate"|"unisolate"|"restrict"|"unrestrict"|"scan"|"collect"|"quarantine"|"live_response"|"add_tag"|"remove_tag"|"set_value"|"upload"|"delete_file"|"request"
---@field targets table|function array or iterator of ids or actions; launches, tags, values: machines, ids, names, actions; uploads: paths; delete_file: names; requests: { method, path, query, body }
---@field client? mde.client default mde.client()
---@field comment? string the reason; cancels and launches require it
---@field name? string of the batch; default date and number
---@field yes? boolean agrees beforehand; requires `max`
---@field max? integer the most items to change
---@field override? string[] with `yes`: guards that may be exceeded
---@field parallel? integer calls at once; default 10
---@field wait? number seconds to wait for the end of each action
---@field canary? integer items of each change to carry out first; 0: none
---@field give_up? number seconds after which it stops while the service fails; default 1800
---@field unverified? boolean proceed although the token cannot read results
---@field on_item? fun(item: mde.item) called with each item when it ends
---@field type? string of a launch: "Full", "Selective" or "Quick"
---@field sha1? string of a quarantine
---@field commands? table[] of a live response
---@field value? string the tag, or the device value
---@field description? string of an upload, as are `parameters` and `overwrite`: see client:upload
---@field parameters? string
---@field overwrite? boolean

---@class mde.batch_report
---@field batch? string its name, for `mde resume` and `mde batch`; nil: there was nothing to change
---@field counts table<mde.verdict, integer>
---@field open? integer items that `mde resume` continues; nil: the store failed
---@field stopped? string why it stopped before its end
---@field status integer the exit status of a command that does the same

--- Carries out changes as a batch of the journal, as the commands do: with the guards of the
--- profile, the question at the terminal, canary, summary and audit log. `mde resume` continues
--- it if the program dies, and `mde undo` undoes it. Only in a playbook (`mde run`) and at the
--- prompt (`mde repl`). `mde run` ends with the exit status of its batches.
---
---     local report = assert(mde.batch { change = "cancel", comment = "Stuck, CHG-4711",
---       targets = client:actions { type = "LiveResponse", older_than = "4h" },
---       client = client, yes = true, max = 50 })
---@param options mde.batch_call
---@return mde.batch_report? report
---@return mde.error? err nothing was sent
-- function mde.batch(options)

-- The function mde.batch of a module `mde` (see mde.program.input.playbook), for the command line
-- `parsed`.
function playbook.batch(mde, parsed, options)
  check_names(options)
  return system.interrupt.leave(function()
    local done, status, results, name = pcall(run, mde, options, parsed)
    if not done then
      local err = failure.as_error(status)
      if not err then error(status, 0) end
      return nil, err
    end
    if system.interrupt.count() > 0 then failure.raise(failure.interrupted, "") end
    if status ~= 0 then parsed.statuses[status] = true end
    results = results or { verdicts = {}, left = 0 }
    return { batch = name, counts = results.verdicts, open = results.left,
             stopped = results.stopped, status = status }
  end)
end

return playbook
