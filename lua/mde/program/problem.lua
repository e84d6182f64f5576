-- Shows why a command failed, on standard error: as lines, or with --json as one JSON object.

local command_line = require "mde.program.input.command_line"
local errors = require "mde.base.errors"
local failure = require "mde.program.exit"
local json = require "mde.program.terminal.json"
local message_of = require "mde.program.terminal.message"
local output = require "mde.program.terminal.output"
local system = require "mde.program.system"

local problem = {}

local KEYS = { "code", "message", "status", "request_id", "permissions", "hint", "argv" }

-- The lines on a refused permission: what is needed, what the token has, and doubts about it.
local function permission_lines(err)
  local held = err.held and (err.held[1] and table.concat(err.held, ", ") or "no permission")
  return message_of("needed: any of %s", table.concat(err.permissions, ", ")),
         message_of("held: %s", held or "unknown (the token does not show its permissions)"),
         errors.doubt(err)
end

-- Returns the message of what was raised, for people.
local function text_of(raised)
  if not errors.is(raised) then return tostring(raised) end
  local lines = {}
  if raised.code == "forbidden" and (raised.permissions or {})[1] then
    lines = { message_of("%s", errors.headline(raised)), permission_lines(raised) }
  elseif raised.lacks then
    lines[1] = "no way to sign in:"
    for _, lack in ipairs(raised.lacks) do
      lines[#lines + 1] = message_of("  %s: %s", lack[1], lack[2])
    end
  else
    return message_of("%s", raised)
  end
  return table.concat(lines, "\n")
end

local function hint_of(raised, advice)
  local lines = { table.unpack(advice.notes or {}) }
  local own = type(raised) == "table" and raised.hint
  if own then table.insert(lines, 1, own) end
  if advice.help then lines[#lines + 1] = "See: mde " .. advice.help end
  return lines
end

local function show_json(raised, advice)
  local is_error = errors.is(raised)
  local object = {
    code = failure.code(raised), message = is_error and raised.message or text_of(raised),
    status = is_error and raised.status or nil,
    request_id = is_error and raised.request_id or nil,
    permissions = is_error and raised.permissions
      and { needed = raised.permissions, held = raised.held } or nil,
  }
  local hint = hint_of(raised, advice)
  object.hint = hint[1] and table.concat(hint, " ") or nil
  if advice.argv and not advice.missing then
    object.argv = { "mde", table.unpack(command_line.masked(advice.argv)) }
  end
  if is_error and system.state.profile then object.profile = system.state.profile end
  output.event(json.encode(json.fill(object, KEYS), KEYS))
end

local function show_text(raised, advice, message)
  local profile = system.state.profile
  if profile and errors.is(raised) then message = profile .. ": " .. message end
  output.note("mde: " .. message)
  local hint = hint_of(raised, advice)
  local help = advice.help and table.remove(hint)
  for _, line in ipairs(hint) do output.note("%s", line) end
  if advice.argv then
    output.note("Did you mean:\n   %s%s", command_line.text(command_line.masked(advice.argv)),
      advice.missing and " " .. advice.missing or "")
  end
  if help then output.note("%s", help) end
end

-- Shows what was raised. `advice`: argv (the corrected words), missing (a placeholder for what they
-- lack), notes, help (the words of the help command). -> exit status
function problem.show(raised, advice)
  local message = text_of(raised)
  if message == "" then return failure.status(raised) end
  if system.state.json then show_json(raised, advice) else show_text(raised, advice, message) end
  return failure.status(raised) or failure.some
end

-- Does the same for one of several tenants: names its profile.
function problem.of_profile(name, raised)
  local before = system.state.profile
  system.state.profile = name
  problem.show(raised, {})
  system.state.profile = before
end

return problem
