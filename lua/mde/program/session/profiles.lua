-- The profiles that the command line chooses: -p or --all-profiles over MDE_PROFILE over
-- the environment that signs in (AZURE_…, MDE_TOKEN) over the only profile that there is.

local config = require "mde.config.profiles"
local failure = require "mde.program.exit"
local option_list = require "mde.config.option_list"
local output = require "mde.program.terminal.output"
local system = require "mde.program.system"

local selection = {}

-- Variables that sign in without a profile, and those that a profile takes precedence over.
local SIGN_IN = option_list.select(function(row) return row.role == "sign-in" end, "variable")
local REPLACED = option_list.select(function(row) return row.role end, "variable")

local MOST = 20  -- names that a message lists

-- The variables of a list that are set.
local function set_ones(names)
  local list = {}
  for _, name in ipairs(names) do
    if (system.getenv(name) or "") ~= "" then list[#list + 1] = name end
  end
  return list
end

-- What the command line or MDE_PROFILE asks for. -> text, true for all, or nil
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

-- The configuration, or nil where there is no file and nobody named one.
function selection.load()
  local path, is_named = config.path(system.getenv)
  local file = path and not is_named and system.open(path)
  if file then file:close()
  elseif not is_named then return nil, path end
  return failure.check(config.load(path))
end

-- Says, once, what in the environment a profile goes before.
local function tell()
  local names = set_ones(REPLACED)
  if system.state.told_profile or #names == 0 then return end
  system.state.told_profile = true
  output.note("The profile wins: %s in the environment %s not used.", table.concat(names, ", "),
    #names == 1 and "is" or "are")
end

-- The only profile, where nothing is asked for. -> array of it | nil: the environment's
local function default()
  if set_ones(SIGN_IN)[1] then return nil end
  local loaded = selection.load()
  local list = loaded and config.select(loaded, true) or {}
  if #list == 0 then return nil end
  if #list > 1 then
    failure.raise(failure.usage, "%d profiles and none chosen: %s. Choose with -p NAME (or"
      .. " MDE_PROFILE); list and status take several, and --all-profiles", #list, names_of(list))
  end
  return list
end

-- -> array of profiles (see mde.config.profiles), whether more than one could have been meant;
-- nil: there is none, and the environment signs in
function selection.chosen(options)
  local asked = selection.wanted(options)
  if not asked then
    local list = default()
    if list then tell() end
    return list, false
  end
  local loaded, path = selection.load()
  if not loaded then
    failure.raise(failure.usage, "%s: no profiles: there is no %s",
      options.all_profiles and "--all-profiles" or options.profile and "--profile"
      or "MDE_PROFILE", path or "$HOME, nor $XDG_CONFIG_HOME")
  end
  local list = failure.check(config.select(loaded, asked))
  if #list == 0 then failure.raise(failure.usage, "%s has no profiles", loaded.path) end
  tell()
  return list, asked == true or asked:find "[,%*]" ~= nil
end

-- The profile of a command that works in one tenant; nil: the environment signs in.
function selection.one(options)
  local list = selection.chosen(options)
  if list and #list > 1 then
    failure.raise(failure.usage, "`mde %s` works in one tenant, and these are %d: %s. Changing"
      .. " things in several tenants takes a plan for each; choose one with -p NAME",
      options.command, #list, names_of(list))
  end
  return list and list[1]
end

return selection
