-- Machines that a command line chooses: by ids or names, by filters, or on standard input.

local failure = require "mde.program.exit"
local ids = require "mde.program.input.ids"
local naming = require "mde.program.input.machine_name"
local options = require "mde.program.input.options"
local system = require "mde.program.system"
local tables = require "mde.base.tables"

local machines = {}

local function words(name)
  return function() return require("mde.service.machine")[name] end
end

machines.filters = {
  { "--name", "NAME", "Only machines with this full DNS name; 'NAME*': with one that begins with"
    .. " NAME." },
  { "--tag", "TAG", "Only machines with this tag; 'TAG*': with one that begins with TAG." },
  { "--ip", "ADDRESS", "Only machines that had this address, up to 15 minutes before or after." },
  { "--at", "DATE", "With --ip: the time, in the past 30 days. Default: now.",
    convert = options.moment "--at" },
  { "--health", "HEALTH", "Only machines of this health, such as Active, or of several: a,b.",
    many = true, convert = options.word("a health", words "health") },
  { "--risk", "RISK", "Only machines of this risk, such as High, or of several: a,b.", many = true,
    convert = options.word("a risk", words "risks") },
  { "--exposure", "LEVEL", "Only machines of this exposure level, or of several: a,b.", many = true,
    convert = options.word("an exposure", words "exposures") },
  { "--value", "VALUE", "Only machines of this value: Low, Normal or High, or of several: a,b.",
    many = true, convert = options.word("a value", words "values") },
  { "--os", "PLATFORM", "Only machines of this platform, such as Windows11, or of several: a,b.",
    many = true },
  { "--group", "NAME", "Only machines of this device group." },
  { "--onboarding", "STATUS", "Only machines of this onboarding status, such as Onboarded, or of"
    .. " several: a,b.",
    many = true, convert = options.word("an onboarding status", words "onboarding") },
  { "--seen-within", "TIME", "Only machines seen within this time, such as 1d.",
    convert = options.parsed_by "mde.base.duration" },
  { "--not-seen-for", "TIME", "Only machines not seen for this long.",
    convert = options.parsed_by "mde.base.duration" },
  { "--filter", "ODATA", "Only machines that match this OData filter, sent unchanged." },
}

function machines.define(command)
  command:argument("machines", "Machines, or - for standard input."):args "*":argname "MACHINE"
  options.add_each(command, machines.filters)
end

-- Checks the choice. -> criteria, whether there are filters
function machines.check(parsed)
  local criteria, any = options.read_each(parsed, machines.filters, {})
  failure.misuse_if(any and parsed.machines[1],
    "machines and filters cannot be combined: '%s'", parsed.machines[1])
  for _, text in ipairs(parsed.machines) do
    failure.misuse_if(text == "-" and #parsed.machines > 1, "- must be the only argument")
  end
  return criteria, any
end

-- Returns whether filters or standard input choose the machines.
function machines.are_chosen(parsed, any)
  return any or parsed.machines[1] == "-"
end

-- The lines of standard input, or the arguments: ids and names.
local function names_of(parsed)
  if parsed.machines[1] ~= "-" then return parsed.machines end
  local found = {}
  ids.from_file(system.stdin, function(text) found[#found + 1] = text end, ids.MACHINE)
  return found
end

-- Iterates over { id, name and record (nil: not read) } of the chosen machines; one that comes twice comes
-- twice. An id is not looked up, unless `is_strict`. Raises on a name that no machine has, or
-- several have.
function machines.each(session, parsed, criteria, is_strict)
  local id_of = require "mde.service.machine".id
  local names = parsed.machines[1] and names_of(parsed)
  local each = names and tables.each(names) or session:machines(criteria)
  return function()
    local machine = each()
    local name = names and machine
    local id = name and not is_strict and id_of(name)
    if id then return { id = id } end
    if name then machine = naming.before_sending(session.machine, session, name) end
    return machine and { id = machine.id:lower(), name = machine.computerDnsName,
                         record = machine }
  end
end

return machines
