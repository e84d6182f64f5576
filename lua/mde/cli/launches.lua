-- What `mde launch` can launch: names, options, and how a launched action is shown.

local cjson = require "cjson"
local failure = require "mde.cli.failure"
local live_response = require "mde.live_response"
local options = require "mde.cli.options"
local output = require "mde.cli.output"
local terminal = require "mde.terminal"

local launches = {}

-- Name on the command line -> method of the client, the service's type, the option that
-- it takes, whether it can't be undone.
local KINDS = {
  { name = "isolate", method = "isolate", type = "Isolate", takes = "scope" },
  { name = "unisolate", method = "unisolate", type = "Unisolate" },
  { name = "restrict", method = "restrict", type = "RestrictCodeExecution" },
  { name = "unrestrict", method = "unrestrict", type = "UnrestrictCodeExecution" },
  { name = "scan", method = "scan", type = "RunAntiVirusScan", takes = "scope" },
  { name = "collect", method = "collect", type = "CollectInvestigationPackage" },
  { name = "offboard", method = "offboard", type = "Offboard", is_final = true },
  { name = "quarantine", method = "quarantine", type = "StopAndQuarantineFile", takes = "sha1" },
  { name = "live-response", method = "live_response", type = "LiveResponse",
    takes = "commands" },
  { name = "investigate", method = "investigate", type = "Investigation" },
}

local SCOPES = { isolate = "Full, Selective or UnManagedDevice", scan = "Quick or Full" }

-- The kind that a word means: our name or the service's, whatever the case.
function launches.kind(word)
  local names = {}
  for i, kind in ipairs(KINDS) do
    local lower = word:lower()
    if lower == kind.name or lower == kind.type:lower() or lower == kind.method then return kind end
    names[i] = kind.name
  end
  failure.raise(failure.usage, "'%s' is no action to launch: %s", word, table.concat(names, ", "))
end

-- A converter for --args and the commands of a live response: argparse gives them in the
-- order of the command line.
local function collect(key)
  return function(result, _, value)
    local commands = result.commands or {}
    result.commands = commands
    if key ~= "args" then
      commands[#commands + 1] = { [key] = value }
    elseif commands[#commands] and commands[#commands].run and not commands[#commands].args then
      commands[#commands].args = value
    else
      failure.raise(failure.usage, "--args goes behind the --run that it belongs to")
    end
  end
end

-- Adds the option of isolate and scan.
function launches.define_scope(command)
  options.add(command, "--scope", "SCOPE", "isolate: Full (default), Selective or UnManagedDevice;"
    .. "\nscan: Quick (default) or Full.")
end

-- Adds the options of all kinds.
function launches.define(command)
  launches.define_scope(command)
  options.add(command, "--sha1", "HASH", "quarantine: the file's SHA-1.")
  for _, entry in ipairs {
    { "--put", "FILE", "live-response: copy this file of the library there.", "put" },
    { "--run", "SCRIPT", "live-response: run this script of the library.", "run" },
    { "--args", "TEXT", "live-response: arguments of the --run before.", "args" },
    { "--get", "PATH", "live-response: fetch this file.", "get" },
  } do
    command:option(entry[1], entry[3]):argname(entry[2]):count "*":action(collect(entry[4]))
  end
end

-- The words that the service has, from what was typed.
local function scope_of(kind, text)
  for word in SCOPES[kind.name]:gmatch "%a+" do
    if word ~= "or" and word:lower() == text:lower() then return word end
  end
  failure.raise(failure.usage, "--scope: '%s' is not %s", text, SCOPES[kind.name])
end

-- What the client's method is told. Raises where something is missing or too much.
function launches.details(kind, parsed)
  for _, name in ipairs { "scope", "sha1", "commands" } do
    if parsed[name] and kind.takes ~= name then
      failure.raise(failure.usage, "%s takes no %s", kind.name,
        name == "commands" and "--put, --run or --get" or "--" .. name)
    end
  end
  if not (parsed.comment or ""):find "%S" then
    failure.raise(failure.usage, "a comment is required, such as -m \"INC0048211\"")
  end
  local details = { comment = parsed.comment }
  if kind.takes == "scope" then
    details.type = parsed.scope and scope_of(kind, parsed.scope) or nil
  elseif kind.takes == "sha1" then
    if not (parsed.sha1 or ""):find("^" .. ("%x"):rep(40) .. "$") then
      failure.raise(failure.usage, "quarantine needs --sha1, 40 hexadecimal digits")
    end
    details.sha1 = parsed.sha1:lower()
  elseif kind.takes == "commands" then
    failure.check(live_response.commands(parsed.commands))
    details.commands = parsed.commands
  end
  return details
end

-- {{ What became of one

local KEYS = { "machine", "machine_id", "outcome", "id", "type", "status", "error",
               "active_action_id", "request_id" }

function launches.show_json(item)
  local action, err = item.action or {}, item.error or {}
  local object = {
    machine = item.machine.computerDnsName, machine_id = item.machine.id, outcome = item.outcome,
    id = action.id, type = action.type, status = action.status, error = err.message,
    active_action_id = err.active_action_id, request_id = err.request_id,
  }
  for _, key in ipairs(KEYS) do
    if object[key] == nil then object[key] = cjson.null end
  end
  output.json(object, KEYS)
end

function launches.show_text(item, machine)
  local action, err = item.action, item.error
  local parts = { ("%-9s"):format(item.outcome), machine }
  if action then
    parts[#parts + 1] = ("%s %s"):format(action.id, action.status or action.state or "")
  end
  if err then parts[#parts + 1] = "(" .. tostring(err) .. ")" end
  output.line(terminal.printable((table.concat(parts, " "):gsub("%s+$", ""))))
  if err and err.active_action_id then
    output.note("   mde cancel %s frees it; mde show %s says what it is.", err.active_action_id,
      err.active_action_id)
  end
end

-- }}

return launches
