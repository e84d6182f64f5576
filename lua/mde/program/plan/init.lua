-- A plan: decisions of policies, in a file that you can read and approve.
--
-- JSON Lines. The first line has tenant, application, profile, policies with their hashes, guards,
-- author, time and expiry. Then comes one line per decision. The last is the SHA-256 of the bytes
-- before it: the plan's hash, which is approved.
--
--   plan = { header = {…}, entities = array, hash = text }     see mde.program.plan.form
--
-- Failures are `nil, err` with the line: "invalid_argument" if there is no such file, "plan" if it
-- is not an unaltered plan.

local check = require "mde.program.policy.check"
local core = require "mde.core"
local date = require "mde.base.date"
local json = require "mde.program.terminal.json"
local answers = require "mde.service.json"
local errors = require "mde.base.errors"
local form = require "mde.program.plan.form"
local guard = require "mde.program.policy.guard"
local system = require "mde.program.system"

local plan = {}

local MOST = 256 * 2^20 | 0  -- bytes of a plan
local HOUR = 3600
local MOST_LINE = 2^20 | 0    -- bytes of a line
local START = '{"mde_plan":'  -- first bytes of a plan
local NAMES = { file = "not a plan", link = "a link", folder = "a folder",
                other = "not a regular file" }

-- Making

-- A moment of this machine's clock (default: now) by the service's: plans are made on one machine
-- and applied on another.
local function time_of(session, moment)
  local here = session.clock.wall()
  local ahead = session.service_clock.wall() - here
  return (moment or here) + math.floor(ahead + 0.5)
end

local function header_of(session, policies, guards, decided, details)
  local expires, described = nil, {}
  for i, policy in ipairs(policies) do
    described[i] = { name = policy.name, path = policy.path, comment = policy.comment,
                     hash = policy.hash, select = policy.select }
    local own = policy.expires or details.expires or HOUR
    expires = math.min(expires or own, own, details.expires or own)
  end
  local now = time_of(session, details.made)
  return {
    mde_plan = form.version, made = date.text(now), by = details.by,
    expires = date.text(now + (expires or details.expires or HOUR)), tenant = session.tenant,
    application = session.application, profile = session.profile, read = decided.read,
    abstained = decided.abstained, onboarded = decided.onboarded, policies = described,
    guards = guards,
  }
end

-- Creates the plan of policies' decisions (mde.program.policy). `details`: by (its author), made
-- (default: now), expires (seconds that it is valid, unless a policy has less; default: the
-- policies', or an hour).
function plan.new(session, policies, guards, decided, details)
  return { header = header_of(session, policies, guards, decided, details),
           entities = decided.entities }
end

-- Writing

-- Returns a line that is safe to print. JSON already escapes control characters in ASCII.
local function line_of(value, keys)
  local line = json.encode(value, keys)
  return line:find "[\128-\255]" and require "mde.terminal".printable_json(line) or line
end

-- -> the plan's lines, hash
function plan.text(self)
  local lines = { line_of(self.header, form.keys.header) }
  for i, each in ipairs(self.entities) do lines[i + 1] = line_of(each, form.keys.entity) end
  lines[#lines + 1] = ""
  local text = table.concat(lines, "\n")
  self.hash = core.sha256(text)
  return text .. json.encode { sha256 = self.hash } .. "\n", self.hash
end

-- True if the file begins like a plan.
local function is_plan(path)
  return system.file.kind(path) == "file" and system.read(path, #START) == START
end

-- Checks that a plan may be written to a path: it is free, or has an older plan. -> true | nil, err
function plan.check_path(path)
  local kind = system.file.kind(path)
  if not kind or is_plan(path) then return true end
  return errors.invalid("%s exists and is %s: give another name, or - for standard output", path,
    NAMES[kind])
end

-- Removes an older plan. -> true if there was one
function plan.remove(path)
  return is_plan(path) and system.remove(path) ~= nil
end

-- Writes the file atomically. -> hash | nil, err
function plan.write(path, self)
  local text, hash = plan.text(self)
  local good, err = plan.check_path(path)
  if not good then return nil, err end
  local done, problem = system.file.replace(path, text)
  if done then return hash end
  return nil, errors.new { code = "file", message = ("cannot write the plan: %s"):format(problem) }
end

-- Reading

local function refuse(path, line, format, ...)
  check.refuse(("%s:%d"):format(path, line), format, ...)
end

-- Decodes a line and checks it with check_form(value, ...).
local function value_of(path, number, line, check_form, ...)
  if #line > MOST_LINE then refuse(path, number, "longer than %d bytes", MOST_LINE) end
  local value, problem = answers.decode(line)
  if not value then refuse(path, number, "%s", problem) end
  value, problem = check.problem(check_form, value, ...)
  if not value then refuse(path, number, "%s", problem) end
  return value
end

-- Returns the bytes before the last line, that line, and its number.
local function split(path, text)
  local _, count = text:gsub("\n", "")
  if text:sub(-1) ~= "\n" then
    refuse(path, count + 1, "the plan is cut: its last line has no end")
  end
  local start = text:sub(1, -2):match "^.*\n()"
  local last = text:sub(start or 1, -2)
  if not start or not last:find '^%s*{%s*"sha256"' then
    refuse(path, count, "the plan is cut: it has no last line with its sha256")
  end
  return text:sub(1, start - 1), last, count
end

local function add_entity(self, seen, path, number, line, policies)
  local value = value_of(path, number, line, form.entity, policies)
  if seen[value.id] then
    refuse(path, number, "the action %s is in line %d already", value.id, seen[value.id])
  end
  seen[value.id] = number
  self.entities[#self.entities + 1] = value
end

-- Checks the form first, since its errors name a line, then the hash.
local function parse(path, text)
  local before, last, count = split(path, text)
  local self, number, seen, names = { entities = {} }, 0, {}, {}
  for line in before:gmatch "(.-)\n" do
    number = number + 1
    if number == 1 then
      self.header = value_of(path, 1, line, form.header)
      for _, policy in ipairs(self.header.policies) do names[policy.name] = true end
    else
      add_entity(self, seen, path, number, line, names)
    end
  end
  self.hash = core.sha256(before)
  if value_of(path, count, last, form.sum) ~= self.hash then
    refuse(path, count, "the plan was changed: its SHA-256 is now %s…", self.hash:sub(1, 12))
  end
  return self
end

-- -> plan | nil, err
function plan.read(path)
  local text, problem = system.file.text(path, MOST)
  if not text then return errors.invalid("%s", problem) end
  local read
  read, problem = check.problem(parse, path, text)
  return read, problem and errors.new { code = "plan", message = problem }
end

-- Counts decisions, undos without steps, and the calls to send.
-- -> { cancel, keep, undo, nothing, cancels, launches = { type -> count } }
function plan.counts(self)
  local counts = { cancel = 0, keep = 0, undo = 0, nothing = 0, cancels = 0, launches = {} }
  for _, each in ipairs(self.entities) do
    counts[each.decision] = counts[each.decision] + 1
    if each.decision == "cancel" then counts.cancels = counts.cancels + 1 end
    if each.decision == "undo" and not guard.changes(each) then
      counts.nothing = counts.nothing + 1
    end
    for _, step in ipairs(each.steps or {}) do
      if step == "cancel" then counts.cancels = counts.cancels + 1
      else counts.launches[step] = (counts.launches[step] or 0) + 1 end
    end
  end
  return counts
end

return plan
