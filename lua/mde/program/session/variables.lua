-- The environment variables of mde: mentions unknown ones, and reads MDE_CLOUD.

local clouds = require "mde.service.clouds"
local failure = require "mde.program.exit"
local output = require "mde.program.terminal.output"
local system = require "mde.program.system"
local tables = require "mde.base.tables"
local topics = require "mde.program.topics"

local variables = {}

-- Returns the MDE_ variables in the help, sorted.
local function known()
  local set = {}
  for name in topics.environment:gmatch "MDE_[%u_]+" do set[name] = true end
  return tables.keys(set)
end

-- Notes each MDE_ variable that mde does not read: it may be misspelt.
function variables.check()
  local names = known()
  local is_known = tables.set(names)
  for _, name in ipairs(system.process.variables "MDE_") do
    if not is_known[name] then
      local near = require "mde.program.input.suggestion".nearest(name, names)
      output.note("mde reads no variable %s%s", name, near and ("; did you mean %s?"):format(near)
        or ".")
    end
  end
end

-- Returns the cloud of --cloud or MDE_CLOUD, or nil. Raises if the profile has its own.
function variables.cloud(options, profile)
  if options.cloud and profile then
    failure.raise(failure.usage, "--cloud cannot be combined with a profile: '%s' names its cloud",
      profile.name)
  end
  if options.cloud or profile then return options.cloud end
  local name = system.getenv "MDE_CLOUD" or ""
  if name == "" or (system.getenv "MDE_API_URL" or "") ~= "" then return nil end
  failure.misuse_if(not clouds[name], "MDE_CLOUD: '%s' is not a cloud: %s", name,
    table.concat(tables.keys(clouds), ", "))
  return name
end

return variables
