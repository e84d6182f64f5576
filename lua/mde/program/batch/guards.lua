-- Checks each change against the guards of the profile, with facts read now.
--
-- Unattended, an exceeded guard refuses the change. At a terminal one question lists all exceeded
-- guards (see mde.program.batch.confirmation), and a person may override them.

local cjson = require "cjson"
local config = require "mde.config.profiles"
local core = require "mde.core"
local enforcement = require "mde.program.policy.enforcement"
local guard = require "mde.program.policy.guard"
local moment = require "mde.program.terminal.moment"
local output = require "mde.program.terminal.output"
local override = require "mde.program.batch.override"
local selection = require "mde.program.session.profiles"
local system = require "mde.program.system"
local tables = require "mde.base.tables"
local verdicts = require "mde.service.verdicts"

local guards = {}

-- Loaded only if a profile has guards: it requires many modules.
local function facts() return require "mde.program.batch.facts" end

-- The profiles

local function same(a, b) return a ~= nil and b ~= nil and a:lower() == b:lower() end

local function is_guid(text) return core.operation.guid(text or "") ~= nil end

-- Returns whether a profile is of the session's tenant. A domain name cannot be compared with an
-- id: then the application decides.
local function is_of_tenant(options, tenant, application)
  if same(options.tenant, tenant) then return true end
  if tenant and options.tenant and is_guid(options.tenant) == is_guid(tenant) then return false end
  return same(options.client_id, application)
end

-- Returns the profiles with guards that are of the session's tenant.
local function profiles_of(session)
  local path = config.path(system.getenv)
  if not path or not system.file.kind(path) then return {} end  -- there is no configuration
  local guarded = {}
  for _, profile in ipairs(selection.all()) do
    guarded[#guarded + 1] = profile.guard and profile
  end
  if not guarded[1] then return {} end
  local claims, list = session:sign_in() or {}, {}
  local tenant, application = claims.tid or session.tenant,
                              claims.appid or claims.azp or session.client_id
  for _, profile in ipairs(guarded) do
    local options = profile.options
    if is_of_tenant(options, tenant, application) or same(options.tenant, session.tenant) then
      list[#list + 1] = profile
    end
  end
  return list
end

-- Returns the guards of the profile that a person has chosen; else those of every profile of the
-- tenant, so that no way to sign in avoids them. -> array of guards, as guard.of returns them
function guards.of(session, parsed)
  if parsed.bound then return parsed.bound end
  local chosen = not parsed.profile_of_plan and selection.one(parsed) or nil
  local is_chosen, found = chosen and selection.wanted(parsed), {}
  for _, profile in ipairs(is_chosen and { chosen } or profiles_of(session)) do
    local own = enforcement.guards({}, profile)
    table.move(own, 1, #own, #found + 1, found)
  end
  parsed.bound = found
  return found
end

-- Adds the guards whose hours do not include `now`.
local function add_hours(violations, bound, now)
  for _, each in ipairs(bound) do
    local is_open, change = guard.open({ each }, now)
    if not is_open then
      local text = ("outside of %s, %s"):format(each.hours,
        change and "until " .. moment.at(now + change) or "which never come")
      table.insert(violations, { guard = "hours", from = each.from, limit = each.hours,
        is_fixed = each.overridable == false, text = text,
        message = ("guard hours of %s: %s"):format(each.from, text) })
    end
  end
end

-- Returns the number of open items.
local function open_count(entities)
  local count = 0
  for _, entity in ipairs(entities) do
    if not entity.done then count = count + 1 end
  end
  return count
end

-- Returns the violations of guards by the items in `rows`, with count (of open items), protected
-- (how many are) and bound (the guards).
local function find(session, bound, rows, known)
  if not bound[1] then return { bound = bound, count = 0, protected = 0 } end
  local entities, onboarded = facts().read(session, bound, rows, known)
  local violations, protected = guard.check(bound, entities, onboarded)
  violations.bound, violations.count, violations.protected = bound, open_count(entities), protected
  return violations
end

-- Finds the exceeded guards of a draft (or an array of { id, change, machine_id }). `known`: { id ->
-- its action or machine } that the caller has read. -> violations, for guards.settle
function guards.find(session, parsed, draft, known)
  return find(session, guards.of(session, parsed), draft.rows and draft:rows()
    or tables.each(draft), known)
end

-- Adds the hours that forbid a change now. -> violations
function guards.now(session, parsed, violations)
  if not override.is_attended(parsed) then
    add_hours(violations, violations.bound, session.clock.wall())
  end
  return violations
end

-- Prints the violations of a change that is only shown.
function guards.show(session, parsed, violations)
  for _, violation in ipairs(guards.now(session, parsed, violations)) do
    output.note("Exceeded: %s.", violation.message)
  end
end

-- Raises if violations (of guards.find) refuse `draft`.
-- -> violations to ask about (with count, protected and has_exceptions) | nil
function guards.settle(session, parsed, draft, violations)
  override.check(parsed)
  local is_attended = override.is_attended(parsed)
  violations = guards.now(session, parsed, violations)
  if not violations[1] then return nil end
  local left = override.left(violations, parsed.override, override.before(draft))
  local is_fixed = false
  for _, violation in ipairs(left) do is_fixed = is_fixed or violation.is_fixed end
  if left[1] and (is_fixed or not is_attended) then
    override.refuse(left, parsed)
  end
  draft.overridden = override.detail(violations, parsed.comment or draft.comment)
  if not left[1] then return nil end
  left.count, left.protected = violations.count, violations.protected
  left.has_exceptions = parsed.except_machine ~= nil
  return left
end

-- Iterates over the items that a batch has changed or may still send.
local function open_rows(batch)
  local rows, done = batch:rows(), facts().done
  return function()
    for row in rows do
      if done[row.verdict] or not verdicts.settled[row.verdict] then return row end
    end
  end
end

-- Checks the guards of a resumed batch, with those that the profile has now. They count changed
-- items and open ones. Raises if one refuses the batch. -> see guards.settle
function guards.check_again(session, parsed, batch)
  local profiles, bound = guards.of(session, parsed), cjson.decode(batch.guards or "[]")
  table.move(profiles, 1, #profiles, #bound + 1, bound)
  return guards.settle(session, parsed, batch, find(session, bound, open_rows(batch)))
end

-- Returns whether the caller should keep the records that it reads, for guards.find.
function guards.need_facts(session, parsed)
  local bound = guards.of(session, parsed)
  return bound[1] ~= nil and facts().are_needed(bound)
end

-- Returns the hours that limit a run: those of its plan (array of texts) and of the profile. No
-- hours limit a person at a terminal. -> array of texts
function guards.hours(session, parsed, list, batch)
  local all, seen = {}, {}
  local function add(text)
    if text and not seen[text] then all[#all + 1], seen[text] = text, true end
  end
  for _, text in ipairs(list) do add(text) end
  for _, each in ipairs(guards.of(session, parsed)) do add(each.hours) end
  local is_free = all[1] and (override.is_attended(parsed) or override.before(batch).hours)
  return is_free and {} or all
end

return guards
