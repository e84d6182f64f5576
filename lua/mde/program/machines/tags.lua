-- Changes tags and device values of machines, after confirmation.

local agreement = require "mde.program.batch.confirmation"
local failure = require "mde.program.exit"
local interruption = require "mde.program.terminal.interruption"
local options = require "mde.program.input.options"
local output = require "mde.program.terminal.output"
local terminal = require "mde.terminal"

local marking = {}

-- Each change: its option, the verdict if it succeeds (`done`), the most machines per call, the
-- question(machines, value, place), and the call.
local CHANGES = {
  add_tag = { option = "--add-tag", done = "tagged", most = 500,
    question = function(count, tag, place)
      return ("Tag %s with '%s' in %s"):format(count, tag, place)
    end,
    perform = function(session, list, tag) return session:tag(list, tag) end },
  remove_tag = { option = "--remove-tag", done = "untagged", most = 500,
    question = function(count, tag, place)
      return ("Remove the tag '%s' from %s in %s"):format(tag, count, place)
    end,
    perform = function(session, list, tag) return session:untag(list, tag) end },
  set_value = { option = "--set-value", done = "valued", most = 1,
    question = function(count, value, place)
      return ("Set the value of %s to %s in %s"):format(count, value, place)
    end,
    perform = function(session, list, value) return session:set_device_value(list, value) end },
}

function marking.define(command)
  command:mutex(
    options.add(command, "--add-tag", "TAG", "Add a tag to the machines."),
    options.add(command, "--remove-tag", "TAG", "Remove a tag from the machines."),
    options.add(command, "--set-value", "VALUE", "Set the device value: Low, Normal or High.",
      options.word("a value", function() return require("mde.service.machine").values end)))
end

-- Returns the change on the command line, with its `value`, or nil.
function marking.change(parsed)
  for name, change in pairs(CHANGES) do
    local value = parsed[name]
    if value then
      if not value:find "%S" then
        failure.raise(failure.usage, "%s: '%s' is not a tag", change.option, value)
      end
      return setmetatable({ value = value }, { __index = change })
    end
  end
end

local function counted(count)
  return count == 1 and "1 machine" or count .. " machines"
end

local KEYS = { "tenant", "id", "machine", "verdict", "error", "request_id" }

local function show(session, parsed, machine, verdict, err)
  if not parsed.json then
    local text = ("%-9s %s %s"):format(verdict, machine.id, machine.computerDnsName or "")
    return output.line(terminal.printable((text:gsub("%s+$", ""))))
  end
  local item = { tenant = session.tenant, id = machine.id, machine = machine.computerDnsName,
                 verdict = verdict, error = err and err.message,
                 request_id = err and err.request_id }
  output.record(item, KEYS)
end

-- Collects the machines, at most parsed.max. -> array
local function collect(parsed, machines)
  local list = {}
  for machine in machines do
    list[#list + 1] = machine
    if parsed.max and #list > parsed.max then
      agreement.check_count(parsed, #list, ("more than %s"):format(counted(parsed.max)))
    end
  end
  return list
end

-- True if an error will also occur for the other machines.
local function is_general(err)
  return failure.of_item(err) ~= failure.some
end

-- Returns the verdict of a failed call: "unknown" if it may have had an effect.
local function verdict_of(err)
  if err.code == "interrupted" and not err.sent then return "unsent" end
  return err.sent and "unknown" or "failed"
end

-- Changes the machines, `most` per call, and shows the verdict of each. Stops after an error that
-- would occur again, and after Ctrl-C.
-- -> number of changed machines, first error, last error, true if interrupted
local function carry_out(session, parsed, change, list)
  local done, first_err, last_err = 0, nil, nil
  interruption.watch(session)
  for first = 1, #list, change.most do
    local some = table.move(list, first, math.min(first + change.most - 1, #list), 1, {})
    local verdict, ok, err = "unsent", nil, nil
    if not (interruption.came() or last_err and is_general(last_err)) then
      ok, err = change.perform(session, some, change.value)
      verdict = ok and change.done or verdict_of(err)
      last_err, first_err = err, first_err or err
    end
    if ok then done = done + #some end
    for _, machine in ipairs(some) do show(session, parsed, machine, verdict, err) end
    output.flush()
  end
  local is_cut = interruption.came() and done < #list
  interruption.release(session)
  return done, first_err, last_err, is_cut
end

-- -> exit status
local function conclude(change, list, done, first_err, last_err, is_cut)
  output.note("%d of %s %s.", done, counted(#list), change.done)
  if is_cut then
    output.note "Interrupted."
    return failure.interrupted
  end
  if not first_err then return 0 end
  output.note("mde: %s", first_err)
  return done == 0 and failure.of_item(last_err) or failure.some
end

-- Changes the `machines` (an iterator) chosen by filters (`any`) or by name. -> exit status
function marking.run(session, parsed, change, machines, any)
  local list = collect(parsed, machines)
  if #list == 0 then
    output.note("No machine matches.")
    return 0
  end
  if parsed.dry_run then
    for _, machine in ipairs(list) do show(session, parsed, machine, "unsent") end
    output.note("Dry run: %s would be %s; nothing was changed.", counted(#list), change.done)
    return 0
  end
  if not parsed.yes and (any or #list > 1) then
    agreement.confirm(
      change.question(counted(#list), change.value, agreement.place(session)),
      counted(#list), "give --yes (with filters also --max N)")
  end
  return conclude(change, list, carry_out(session, parsed, change, list))
end

return marking
