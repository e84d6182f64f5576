-- Chooses profiles: -p or --all-profiles, MDE_PROFILE, or the only profile.
--
-- The order of precedence: -p or --all-profiles, MDE_PROFILE, sign-in variables of the environment
-- (AZURE_…, MDE_TOKEN), the only profile in the configuration.

local config = require "mde.config.profiles"
local failure = require "mde.program.exit"
local option_list = require "mde.config.option_list"
local output = require "mde.program.terminal.output"
local system = require "mde.program.system"

local selection = {}

-- Variables that sign in without a profile, and those that a profile takes precedence over.
local SIGN_IN = option_list.select(function(row) return row.role == "sign-in" end, "variable")
local REPLACED = option_list.select(function(row) return row.role end, "variable")

local MOST = 20  -- names in a message

-- Returns the variables of a list that are set.
local function set_ones(names)
  local list = {}
  for _, name in ipairs(names) do
    if (system.getenv(name) or "") ~= "" then list[#list + 1] = name end
  end
  return list
end

-- Returns the request on the command line or in MDE_PROFILE. -> text | true: all | nil
function selection.wanted(options)
  if options.all_profiles then return true end
  local named = system.getenv "MDE_PROFILE"
  return options.profile or named ~= "" and named or nil
end

local function names_of(list)
  local names = {}
  for i, profile in ipairs(list) do names[i] = profile.name end
  if #names <= MOST then return table.concat(names, ", ") end
  return ("%s, and %d more (`mde profiles`)"):format(table.concat(names, ", ", 1, MOST),
    #names - MOST)
end

-- Returns the configuration, or nil and the default path if that file is missing.
function selection.load()
  local path, is_named = config.path(system.getenv)
  local file = path and not is_named and system.open(path)
  if file then file:close()
  elseif not is_named then return nil, path end
  return failure.check(config.load(path))
end

-- Returns the profiles of the configuration: all, or those that `wanted` selects.
function selection.all(wanted)
  local loaded = selection.load()
  return loaded and failure.check(config.select(loaded, wanted or true)) or {}
end

-- Prints once which environment variables the profile overrides.
local function tell()
  local names = set_ones(REPLACED)
  if system.state.told_profile or #names == 0 then return end
  system.state.told_profile = true
  output.note("The profile takes precedence: %s in the environment %s not used.",
    table.concat(names, ", "), #names == 1 and "is" or "are")
end

-- Returns the only profile, if none was requested. -> array with it | nil: the environment signs in
local function default()
  if set_ones(SIGN_IN)[1] then return nil end
  local list = selection.all()
  if #list == 0 then return nil end
  failure.misuse_if(#list > 1, "there are %d profiles: %s. Choose one with -p NAME (or"
    .. " MDE_PROFILE); list and status accept several, and --all-profiles", #list, names_of(list))
  return list
end

-- Returns the chosen profiles (see mde.config.profiles), and true if several could be chosen; or nil
-- if the environment signs in.
function selection.chosen(options)
  local asked = selection.wanted(options)
  if not asked then
    local list = default()
    if list then tell() end
    return list, false
  end
  local loaded, path = selection.load()
  failure.misuse_if(not loaded, "%s: no profiles: there is no %s",
    options.all_profiles and "--all-profiles" or options.profile and "--profile"
    or "MDE_PROFILE", path or "$HOME, nor $XDG_CONFIG_HOME")
  local list = failure.check(config.select(loaded, asked))
  if #list == 0 then failure.raise(failure.usage, "%s has no profiles", loaded.path) end
  tell()
  return list, asked == true or asked:find "[,%*]" ~= nil
end

-- Returns the profile of a command that works in one tenant, or nil if the environment signs in.
function selection.one(options)
  local list = selection.chosen(options)
  if list and #list > 1 then
    failure.raise(failure.usage, "`mde %s` works in one tenant, but %d profiles are chosen: %s."
      .. " Choose one with -p NAME; to change several tenants, run it for each",
      options.command, #list, names_of(list))
  end
  return list and list[1]
end

return selection
