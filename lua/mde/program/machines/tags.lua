-- Changes tags and device values of machines, as batches.

local change = require "mde.program.batch.change"
local cjson = require "cjson"
local failure = require "mde.program.exit"
local machines = require "mde.program.input.machines"
local options = require "mde.program.input.options"

local marking = {}

-- Each change: its option, verb and details (with the value) for the question, and what was done.
local CHANGES = {
  add_tag = { option = "--add-tag", verb = "Tag", details = " with '%s'", done = "tagged" },
  remove_tag = { option = "--remove-tag", verb = "Remove the tag '%s' from", details = "",
                 done = "untagged" },
  set_value = { option = "--set-value", verb = "Set the value of", details = " to %s",
                done = "valued" },
}

function marking.define(command)
  command:mutex(
    options.add(command, "--add-tag", "TAG", "Add a tag to the machines."),
    options.add(command, "--remove-tag", "TAG", "Remove a tag from the machines."),
    options.add(command, "--set-value", "VALUE", "Set the device value: Low, Normal or High.",
      options.word("a value", function() return require("mde.service.machine").values end)))
  change.define_name(command)
end

-- Returns the name of the change on the command line, or nil.
function marking.change(parsed)
  for name, row in pairs(CHANGES) do
    local value = parsed[name]
    if value then
      failure.misuse_if(not value:find "%S", "%s: '%s' is not a tag", row.option, value)
      return name
    end
  end
end

-- Changes the machines that parsed.machines or `criteria` choose. -> exit status
function marking.run(parsed, name, criteria, any)
  local row, value = CHANGES[name], parsed[name]
  change.check(parsed, machines.are_chosen(parsed, any))
  criteria.limit = parsed.max and parsed.max + 1
  return change.run(parsed, {
    change = name, verb = row.verb:format(value), done = row.done, has_filters = any,
    is_chosen = machines.are_chosen(parsed, any),
    details = function() return row.details:format(value) end,
    fill = function(draft, session, visit)
      local arguments = cjson.encode { value = value }
      for machine in machines.each(session, parsed, criteria) do
        if machine.record then visit(machine.record) end
        draft:add_change { id = machine.id, machine = machine.id, name = machine.name,
                           change = name, arguments = arguments }
      end
    end,
  })
end

return marking
