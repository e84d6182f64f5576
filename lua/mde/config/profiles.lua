-- Loads the configuration file: profiles with the options for each tenant.
--
--   return {
--     defaults = { client_id = "…", cloud = "commercial" },
--     profiles = {
--       contoso = { tenant = "…", secret_file = "contoso.secret" },
--       ["emea-fabrikam"] = { tenant = "…", secret_command = { "pass", "mde/fabrikam" } },
--     },
--   }
--
-- Defaults supply the fields that a profile lacks. The whole file is checked before any of it is
-- used.

---@class mde.configuration
---@field defaults? mde.profile supply the fields that a profile lacks
---@field profiles table<string, mde.profile>

-- Also has the fields of `mde.options` for tenant, sign-in, addresses and limits. A path may
-- begin with "~/"; otherwise it is relative to the folder of the configuration.
---@class mde.profile: mde.options from config/option_list.profile

local distance = require "mde.base.distance"
local lua_file = require "mde.config.lua_file"
local errors = require "mde.base.errors"
local option_list = require "mde.config.option_list"
local secret = require "mde.config.secret"
local system = require "mde.base.system"
local tables = require "mde.base.tables"

local config = {}

-- Keys

-- The keys of a profile, and the types of their values. A guard's content is checked by
-- mde.program.policy.guard.
local KEYS = option_list.by_name "key"

-- Credentials, of which a profile has one. Its own replaces that of the defaults, along with the
-- companions of a certificate.
local WAYS = option_list.select(function(row) return row.way and row.way ~= "companion" end)
local COMPANIONS = option_list.select(function(row) return row.way == "companion" end)

local PLAIN_SECRETS = option_list.select(function(row) return row.is_secret and row.key end)
local FILES = option_list.select(function(row) return row.is_path end)

-- Checks. Errors are raised as { where (an array of keys), message }.

local function refuse(where, format, ...)
  error({ where = where, message = format:format(...) }, 0)
end

local function is_a(value, types)
  if value == false and types:find("false", 1, true) then return true end
  return types:find(type(value), 1, true) ~= nil
end

-- The message does not show the value, which may be a secret.
local function check_type(value, types, where)
  if not is_a(value, types) then
    refuse(where, "must be a %s, not a %s", types, type(value))
  end
end

local function check_table(value, where, known)
  check_type(value, "table", where)
  for key in pairs(value) do
    if known and known[key] == nil then
      where[#where + 1] = tostring(key)
      refuse(where, "unknown; known are %s", table.concat(tables.keys(known), ", "))
    end
  end
end

local function check_words(command, where)
  if type(command) ~= "table" then return end
  for key, word in pairs(command) do
    if type(word) ~= "string" or type(key) ~= "number" or not command[1] then
      refuse(where, "must be an array of words, or the text of a shell command")
    end
  end
  if not command[1] then refuse(where, "has no words") end
end

-- The key of the credential in a profile or the defaults, or nil.
local function way_of(fields, where)
  local found
  for _, key in ipairs(WAYS) do
    if found and fields[key] then refuse(where, "%s and %s: give only one of them", found, key) end
    found = found or fields[key] and key
  end
  return found
end

local function check_fields(fields, where)
  check_table(fields, where, KEYS)
  for key, value in pairs(fields) do
    local here = { where[1], where[2] or key, where[2] and key }
    check_type(value, KEYS[key], here)
    if key == "secret_command" or key == "notify" then check_words(value, here) end
    if key == "quota" and value then
      check_table(value, here, { per_minute = true, per_hour = true })
    end
  end
  way_of(fields, where)
end

local function check_name(name)
  if type(name) ~= "string" or #name > 64 or not name:find "^[%w][%w%._%-]*$" then
    refuse({ "profiles" }, "'%s' is not a name of letters, digits and .-_, 64 at most",
      errors.line(tostring(name), 80))
  end
end

-- A file with secrets must be readable by its owner only.
local function check_mode(fields, where, path)
  for _, key in ipairs(PLAIN_SECRETS) do
    if fields[key] then
      local private, problem = secret.private(path)
      if not private then
        refuse({ where[1], where[2] or key, where[2] and key },
          "%s, or use secret_command or secret_file", problem)
      end
    end
  end
end

-- The fields of a profile over those of the defaults.
local function merged(defaults, fields)
  local all = tables.merged(defaults)
  if way_of(fields) then
    for _, key in ipairs(WAYS) do all[key] = nil end
    for _, key in ipairs(fields.client_certificate and {} or COMPANIONS) do all[key] = nil end
  end
  if fields.cloud then all.api_url, all.authority = nil, nil end
  return tables.merged(all, fields)
end

local function check(loaded, path)
  if loaded == nil then refuse({}, "returns nothing: begin it with  return {") end
  check_table(loaded, {}, { defaults = true, profiles = true })
  local defaults, profiles = loaded.defaults or {}, loaded.profiles or {}
  check_fields(defaults, { "defaults" })
  check_mode(defaults, { "defaults" }, path)
  check_table(profiles, { "profiles" })
  for name, fields in pairs(profiles) do
    check_name(name)
    check_fields(fields, { "profiles", name })
    check_mode(fields, { "profiles", name }, path)
    local all = merged(defaults, fields)
    if not (all.tenant or all.managed_identity) then
      refuse({ "profiles", name }, "tenant is missing: its id (a GUID) or domain name")
    end
  end
  return defaults, profiles
end

-- Options of mde.client from a profile

local function absolute(path, folder)
  local home = path:match "^~(/.*)"
  if home then return (system.getenv "HOME" or "") .. home end
  return path:find "^/" and path or folder .. path
end

local WORDS = {
  client_secret = "client secret", client_certificate = "certificate %s",
  secret_command = "client secret from a command (%s)", secret_file = "client secret in %s",
  federated_token_file = "federated token in %s", managed_identity = "managed identity",
}

-- The credential of a profile in words, without secrets.
local function words(fields)
  local way = way_of(fields)
  if not way then return "no credential given" end
  local shown = way == "secret_command" and secret.program(fields[way]) or fields[way]
  return (WORDS[way]:gsub("%%s", function() return shown end))
end

-- The profile as config.load returns it.
local function profile_of(name, defaults, fields, folder)
  local options = merged(defaults, fields)
  for _, key in ipairs(FILES) do
    if options[key] then options[key] = absolute(options[key], folder) end
  end
  local profile = { name = name, options = options, how = words(options), guard = options.guard,
                    runs_program = options.secret_command ~= nil, notify = options.notify }
  if options.secret_command then options.client_secret = secret.of_command(options.secret_command)
  elseif options.secret_file then options.client_secret = secret.of_file(options.secret_file) end
  options.secret_command, options.secret_file, options.guard, options.notify = nil, nil, nil, nil
  return profile
end

-- Errors

-- The line of the last key in `where`, each inside the one before; nil if the text does not have
-- them.
local function line_of(text, where)
  local position
  for _, key in ipairs(where) do
    local word = key:gsub("%p", "%%%0")
    position = text:find("%f[%w_]" .. word .. "[\"']?%]?%s*=", position)
    if not position then return nil end
  end
  return position and select(2, text:sub(1, position):gsub("\n", "")) + 1
end

local function explained(problem, path, text)
  local line = line_of(text, problem.where)
  if line then path = ("%s:%d"):format(path, line) end
  local what = problem.where[1] and table.concat(problem.where, ".") .. ": " or "the file "
  return errors.invalid("%s: %s%s", path, what, problem.message)
end

-- The path of the configuration. -> path, true if MDE_CONFIG names it | nil if neither
-- XDG_CONFIG_HOME nor HOME is set
function config.path(getenv)
  local named = getenv "MDE_CONFIG" or ""
  if named ~= "" then return named, true end
  local folder, home = getenv "XDG_CONFIG_HOME" or "", getenv "HOME" or ""
  if not folder:find "^/" then folder = home:find "^/" and home .. "/.config" or nil end
  return folder and folder .. "/mde/config.lua", false
end

-- Reads the configuration file (default: config.path). -> table | nil, err
--
-- The table has path, defaults and, by name, profiles: { name, options (of mde.client), how (its
-- credential in words), runs_program (true if signing in runs a program), guard (see
-- mde.program.policy.guard), notify (see mde.program.batch.notify) }.
function config.load(path)
  path = path or config.path(system.getenv)
  if not path then
    return errors.invalid("no configuration folder: set HOME, XDG_CONFIG_HOME or MDE_CONFIG")
  end
  local text, value = lua_file.read(path)
  if not text then return errors.invalid("%s", value) end
  local done, defaults, profiles = pcall(check, value, path)
  if not done then
    if type(defaults) ~= "table" then error(defaults, 0) end
    return explained(defaults, path, text)
  end
  local loaded, folder = { path = path, defaults = defaults, profiles = {} }, path:match "^(.*/)"
  for name, fields in pairs(profiles) do
    loaded.profiles[name] = profile_of(name, defaults, fields, folder or "")
  end
  return loaded
end

-- Selection of profiles

local MOST = 5

-- The names most similar to `wanted`.
local function near(wanted, names)
  local distances = {}
  for _, name in ipairs(names) do distances[name] = distance(wanted:lower(), name:lower()) end
  table.sort(names, function(a, b)
    if distances[a] == distances[b] then return a < b end
    return distances[a] < distances[b]
  end)
  return table.concat(names, ", ", 1, math.min(#names, MOST)) .. (#names > MOST and ", …" or "")
end

-- "emea-*" as a pattern of Lua.
local function pattern_of(text)
  return "^" .. text:gsub("[^%w%*]", "%%%0"):gsub("%*", ".*") .. "$"
end

-- Adds to `chosen` the names that match `wanted`, a name in which * stands for any letters.
local function match(loaded, wanted, chosen)
  local found, pattern = false, pattern_of(wanted)
  for name in pairs(loaded.profiles) do
    if name:find(pattern) then chosen[name], found = true, true end
  end
  if found then return true end
  local names = tables.keys(loaded.profiles)
  if #names == 0 then return errors.invalid("%s has no profiles", loaded.path) end
  local _, err = errors.invalid("%s has no profile '%s'; similar are %s", loaded.path,
    errors.line(wanted, 80), near(wanted:gsub("%*", ""), names))
  err.unknown, err.known = wanted, names
  return nil, err
end

-- The profiles that `wanted` selects: true for all, "a,b", "emea-*", or an array of these.
-- -> array of profiles, sorted by name | nil, err
function config.select(loaded, wanted)
  local chosen = wanted == true and loaded.profiles or {}
  if type(wanted) ~= "table" then wanted = { wanted ~= true and wanted or nil } end
  for _, text in ipairs(wanted) do
    for one in (text .. ","):gmatch "%s*([^,]-)%s*," do
      if one == "" then return errors.invalid("'%s' contains an empty profile name", text) end
      local found, err = match(loaded, one, chosen)
      if not found then return nil, err end
    end
  end
  local list = tables.keys(chosen)
  for i, name in ipairs(list) do list[i] = loaded.profiles[name] end
  return list
end

return config
