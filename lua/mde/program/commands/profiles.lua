-- mde profiles: lists the profiles of the configuration file, without secrets.

local config = require "mde.config.profiles"
local enforcement = require "mde.program.policy.enforcement"
local failure = require "mde.program.exit"
local output = require "mde.program.terminal.output"
local selection = require "mde.program.session.profiles"

local profiles = {}

function profiles.define(command)
  command:epilog [[
The file is MDE_CONFIG, else $XDG_CONFIG_HOME/mde/config.lua, else
~/.config/mde/config.lua: Lua text that returns a table.

   return {
     defaults = { client_id = "3c9f4f0a-58d2-4b77-8f0e-b1a6c2d4e587" },
     profiles = {
       contoso = { tenant = "contoso.com", secret_file = "contoso.secret",
                   notify = { "logger", "--tag", "mde" } },
       ["emea-fabrikam"] = {
         tenant = "fabrikam.com", secret_command = { "pass", "mde/fabrikam" } },
     },
   }

`notify` is a command that gets an event on its standard input when a batch
begins, stops or ends, and when a guard refuses a change.

Examples:
   mde profiles
   mde profiles -p 'emea-*' --json]]
  command:flag("--json", "One JSON object per profile.")
end

local COLUMNS = { { title = "PROFILE" }, { title = "TENANT" }, { title = "CLOUD" },
                  { title = "SIGNS IN WITH", may_cut = true } }
local KEYS = { "profile", "tenant", "client_id", "cloud", "signs_in_with", "config" }

local function show_json(list, path)
  for _, profile in ipairs(list) do
    local options = profile.options
    output.json({ profile = profile.name, tenant = options.tenant, client_id = options.client_id,
                  cloud = options.cloud or "commercial", signs_in_with = profile.how,
                  config = path }, KEYS)
  end
end

local function show_text(list, path)
  output.note("%d %s in %s", #list, #list == 1 and "profile" or "profiles", path)
  local rows = {}
  for i, profile in ipairs(list) do
    rows[i] = { profile.name, profile.options.tenant or "-", profile.options.cloud or "commercial",
                profile.how }
  end
  if rows[1] then require "mde.program.terminal.table"(COLUMNS, rows) end
end

function profiles.run(parsed)
  local loaded, path = selection.load()
  if not loaded then
    output.note("There are no profiles: there is no %s.", path or "home folder")
    return 0
  end
  local list = failure.check(config.select(loaded, parsed.profile or true))
  for _, profile in ipairs(list) do enforcement.guards({}, profile) end  -- raises if malformed
  if parsed.json then show_json(list, loaded.path) else show_text(list, loaded.path) end
  return 0
end

return profiles
