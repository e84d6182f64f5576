-- Lists the actions that `mde launch` can launch, with their options.

local failure = require "mde.program.exit"
local kinds = require "mde.service.kinds"
local live_response = require "mde.service.live_response"
local options = require "mde.program.input.options"

local launches = {}

function launches.names()
  local names = {}
  for _, kind in ipairs(kinds.all) do names[#names + 1] = kind.name end
  return names
end

-- Returns the kind for a word: our name or the service's, ignoring case.
function launches.kind(word)
  local name = word:lower():gsub("_", "-")
  for _, kind in ipairs(kinds.all) do
    if kind.name and (name == kind.name or word:lower() == kind.type:lower()) then return kind end
  end
  failure.misuse_if(word:lower():find "investigat",
    "'%s': the service no longer starts automated investigations on"
    .. " request; run a full scan: mde launch scan MACHINE --scope Full", word)
  failure.raise(failure.usage, "'%s' cannot be launched; choose one of %s", word,
    table.concat(launches.names(), ", "))
end

-- Returns an argparse action for --args and the commands of a live response, which keeps the order
-- of the command line.
local function collect(key)
  return function(result, _, value)
    local commands = result.commands or {}
    result.commands = commands
    if key ~= "args" then
      if not value:find "%S" then failure.raise(failure.usage, "--%s: a name is missing", key) end
      commands[#commands + 1] = { [key] = value }
    elseif commands[#commands] and commands[#commands].run and not commands[#commands].args then
      commands[#commands].args = value
    else
      failure.raise(failure.usage, "--args must follow its --run")
    end
  end
end

local function scopes()
  local words = {}
  for _, kind in ipairs(kinds.all) do table.move(kind.scopes or {}, 1, 3, #words + 1, words) end
  return words
end

local function define_scope(command)
  options.add(command, "--scope", "SCOPE", "isolate: Full (default), Selective or UnManagedDevice;"
    .. " scan: Quick (default) or Full.").words = scopes
end

-- Adds the options of a kind, which may only have a scope, or without `kind` those of all kinds.
function launches.define(command, kind)
  if not kind or kind.scopes then define_scope(command) end
  if kind then return end
  options.add(command, "--sha1", "HASH", "quarantine: the file's SHA-1.")
  for _, entry in ipairs {
    { "--put", "FILE", "live-response: copy this library file to the machine.", "put" },
    { "--run", "SCRIPT", "live-response: run this script of the library.", "run" },
    { "--args", "TEXT", "live-response: arguments of the --run before.", "args" },
    { "--get", "PATH", "live-response: fetch this file from the machine.", "get" },
  } do
    command:option(entry[1], entry[3]):argname(entry[2]):count "*":action(collect(entry[4]))
  end
end

-- Returns the service's name of a scope, ignoring case.
local function scope_of(kind, text)
  for _, word in ipairs(kind.scopes) do
    if word:lower() == text:lower() then return word end
  end
  failure.raise(failure.usage, "--scope: '%s' is not %s", text, (table.concat(kind.scopes, ", ")
    :gsub(", (%a+)$", " or %1")))
end

-- Checks the options together. Raises if one is missing or does not apply.
local function check(kind, parsed)
  for _, name in ipairs { "scope", "sha1", "commands" } do
    failure.misuse_if(parsed[name] and kind.takes ~= name and not (name == "scope" and kind.scopes),
      "%s has no option %s", kind.name,
      name == "commands" and "--put, --run or --get" or "--" .. name)
  end
  failure.misuse_if(kind.is_final and (#parsed.machines ~= 1 or parsed.machines[1] == "-"),
    "%s changes one machine at a time: name only one", kind.name)
end

-- Checks the commands of a live response. Messages name the options.
local function commands_of(commands)
  failure.misuse_if(not commands, "live-response requires --put, --run or --get")
  local ok, err = live_response.commands(commands)
  if ok then return commands end
  failure.raise(failure.usage, "%s", (err.message:gsub("^live_response", "live-response")
    :gsub("PutFile", "--put"):gsub("RunScript", "--run"):gsub("GetFile", "--get")))
end

-- The launch's own arguments. Raises if an option is wrong.
function launches.details(kind, parsed)
  check(kind, parsed)
  local details = {}
  if kind.scopes then
    details.type = parsed.scope and scope_of(kind, parsed.scope) or nil
  elseif kind.takes == "sha1" then
    failure.misuse_if(not (parsed.sha1 or ""):find("^" .. ("%x"):rep(40) .. "$"),
      "quarantine requires --sha1, 40 hexadecimal digits")
    details.sha1 = parsed.sha1:lower()
  elseif kind.takes == "commands" then
    details.commands = commands_of(parsed.commands)
  end
  return details
end

return launches
