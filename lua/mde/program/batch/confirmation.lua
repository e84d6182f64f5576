-- Asks for confirmation of a change. Without a terminal or --yes, refuses it.

local core = require "mde.core"
local failure = require "mde.program.exit"
local interruption = require "mde.program.terminal.interruption"
local options = require "mde.program.input.options"
local override = require "mde.program.batch.override"
local simulated = require "mde.program.session.simulated"
local system = require "mde.program.system"
local terminal = require "mde.terminal"
local wrap = require "mde.program.terminal.wrap"

local agreement = {}

local ANY = "5382f7ea-7557-4ab7-9782-d50480024a4e"  -- stands for an id

-- Adds the options of every command that changes something. `what` would be done.
function agreement.define(command, what)
  command:flag("-n --dry-run", ("Show what would be %s, and send nothing."):format(what))
  agreement.define_consent(command)
end

-- Adds those that agree beforehand.
function agreement.define_consent(command)
  command:flag("-y --yes", "Do not ask.")
  options.add(command, "--max", "N", "Refuse when there are more.", options.count)
  override.define(command)
end

-- Names the tenant of a client, or the simulation, in a question.
function agreement.place(session)
  local tenant = session.tenant and "tenant " .. session.tenant or "the tenant of MDE_TOKEN"
  local scenario = simulated.scenario(session)
  if scenario then return ("the simulation %s (%s)"):format(scenario, tenant) end
  return session.profile and ("%s (%s)"):format(session.profile, tenant) or tenant
end

-- Raises if the service would not accept this comment.
function agreement.check_comment(text)
  local encoded, err = core.operation.encode("cancel", { id = ANY, comment = text })
  if encoded then return end
  failure.raise(failure.usage, "%s", (err.message:gsub("^cancel: ", "")))
end

-- Raises if `count` exceeds --max.
function agreement.check_count(parsed, count, what)
  if parsed.max and count > parsed.max then
    failure.raise(failure.refused, "%s, and --max is %d; nothing was sent", what, parsed.max)
  end
end

-- The columns of the terminal that asks, without one for the answer.
local function terminal_width()
  local width = system.terminal.width
  return (width(2) or width(1) or width(0) or 80) - 1
end

local EVERY = 0.5  -- seconds between two calls of is_stopped while a question waits

-- Asks at the terminal, unless `is_stopped()` returns true meanwhile.
-- -> answer | false: stopped | nil: there is no terminal
function agreement.answer(question, is_stopped)
  local answer = system.terminal.ask(question, EVERY)
  while answer == false and not is_stopped() do answer = system.terminal.ask(nil, EVERY) end
  return answer and answer:match "^%s*(.-)%s*$"
end

local function refuse(...)
  system.interrupt.release()
  failure.raise(failure.refused, ...)
end

-- Asks at the terminal. `question`: a text, or an array of lines. After an answer, signals are
-- still watched for, until the batch ends. -> the answer, without spaces around it; raises if there
-- is no terminal
function agreement.ask(question, what, otherwise)
  local lines, width = {}, terminal_width()
  for _, line in ipairs(type(question) == "table" and question or { question }) do
    local fitted = wrap(terminal.printable(line), width, #line:match "^ *" + 2)
    table.move(fitted, 1, #fitted, #lines + 1, lines)
  end
  system.stdout:flush()
  system.interrupt.watch()
  local answer = agreement.answer(table.concat(lines, "\n"), interruption.came)
  if interruption.came() and not system.state.json then system.stderr:write "\n" end
  interruption.check()
  if not answer then
    refuse("%s, and no terminal to ask at; nothing was sent. %s", what, otherwise)
  end
  return answer
end

-- Asks for the number of changes, since guards are exceeded (of guards.settle).
local function confirm_number(question, what, otherwise, exceeded)
  local lines = override.lines(exceeded, question)
  lines[#lines] = ("%s Type %d to continue: "):format(lines[#lines], exceeded.count)
  if agreement.ask(lines, what, otherwise):gsub(",", "") ~= ("%d"):format(exceeded.count) then
    refuse "not confirmed; nothing was sent"
  end
end

-- Asks at the terminal; raises unless the answer is yes. `question` is a sentence without its
-- question mark, `what` its subject, such as "3 machine actions", and `otherwise` how to agree
-- without a terminal. If guards are exceeded (of guards.settle), the answer is the number of
-- changes.
function agreement.confirm(question, what, otherwise, exceeded)
  if exceeded then return confirm_number(question, what, otherwise, exceeded) end
  local answer = agreement.ask(question .. "? [y/N] ", what,
    otherwise or "--yes agrees beforehand"):lower()
  if answer ~= "y" and answer ~= "yes" then
    refuse "not confirmed; nothing was sent"
  end
end

-- Approval by a hash, given beforehand

agreement.digits = 20  -- required digits of a hash

-- Raises if `given` (of --approve) is not the beginning of a hash, or too short.
function agreement.check_hash(given)
  failure.misuse_if(not given:find "^%x+$" or #given > 64, "--approve: '%s' is not the beginning"
    .. " of a hash, which has 64 hexadecimal digits", given)
  failure.misuse_if(#given < agreement.digits, "--approve: '%s' has %d digits of the hash, and %d"
    .. " are required", given, #given, agreement.digits)
end

-- Returns whether `given` is the beginning of the hash.
function agreement.approves(given, hash)
  return hash:sub(1, #given) == given:lower()
end

-- Confirms a change that can't be undone: the user must type `word`.
function agreement.confirm_word(question, word, exceeded)
  local what = "this can't be undone"
  local lines = exceeded and override.lines(exceeded, "These guards are exceeded") or {}
  lines[#lines + 1] = question .. " "
  if agreement.ask(lines, what, "It is confirmed at a terminal only") ~= word then
    refuse("that is not %s; nothing was sent", word)
  end
end

return agreement
