-- Reads a tenant for `mde status`: identity, permissions, open actions, isolated machines.

local allowed = require "mde.program.session.allowed"
local core = require "mde.core"
local duration = require "mde.base.duration"
local errors = require "mde.base.errors"
local groups = require "mde.program.listing.groups"
local kinds = require "mde.service.kinds"
local permissions = require "mde.auth.permissions"
local simulated = require "mde.program.session.simulated"
local survey = require "mde.program.watch.survey"
local tables = require "mde.base.tables"

local account = {}

local SESSIONS = kinds.of.LiveResponse.at_once

-- Operations grouped by required permissions

local function groups_of(held)
  local list, by_permissions = {}, {}
  for _, name in ipairs(tables.keys(core.operation.rows)) do
    local wanted = core.operation.rows[name].permissions
    local key = table.concat(wanted, ", ")
    local group = by_permissions[key]
    if not group and key ~= "" then
      group = { operations = {}, any_of = wanted }
      if held then group.held = permissions.any(wanted, held) end
      by_permissions[key], list[#list + 1] = group, group
    end
    if group then table.insert(group.operations, name) end
  end
  return list
end

-- Facts that take a call

local function count_live(actions)
  local counts = { in_progress = 0, pending = 0 }
  for _, action in ipairs(actions) do
    local key = action.status == "InProgress" and "in_progress" or "pending"
    if action.type == "LiveResponse" then counts[key] = counts[key] + 1 end
  end
  return counts
end

-- Reads the open actions. -> true | nil, err
local function read_open(self, session)
  local actions, err = session:list { status = kinds.open }
  if not actions then return nil, err end
  self.open, self.stuck = groups.new(), survey.stuck(actions)
  for _, action in ipairs(actions) do self.open:add(action) end
  self.live_responses = count_live(actions)
  self.skew = session.clock.wall() - session.service_clock.wall()
  return true
end

-- Counts the isolated machines. -> true | nil, err
local function read_isolated(self, session)
  local rows, err = session:isolated()
  if not rows then return nil, err end
  self.isolated = { isolated = 0, isolating = 0 }
  for _, row in ipairs(rows) do self.isolated[row.state] = self.isolated[row.state] + 1 end
  return true
end

-- Signs in. -> true | nil, err
local function read_identity(self, session)
  local claims, lifetime = session:sign_in()
  if not claims then return nil, lifetime end
  self.is_signed_in, self.tenant = true, claims.tid or self.tenant
  self.application = claims.appid or claims.azp or self.application
  self.name, self.user = claims.app_displayname, claims.upn or claims.preferred_username
  self.way, self.lifetime = session:way(), lifetime
  if not lifetime and type(claims.exp) == "number" then
    self.lifetime = claims.exp - session.clock.wall()
  end
  self.permissions = permissions.of(claims)
  self.groups = groups_of(self.permissions)
  return true
end

-- Returns the known facts of a client's tenant, and any error in `problem`. Never raises. If
-- `is_offline`, makes no call.
function account.read(session, is_offline)
  local self = {
    tenant = session.tenant, application = session.client_id, cloud = session.cloud,
    api_url = session.api_url, settings = session.origins or {}, is_offline = is_offline,
    simulation = simulated.scenario(session),
  }
  if is_offline then return self end
  for _, read in ipairs { read_identity, read_open, read_isolated } do
    local done, err = read(self, session)
    if not done then
      self.problem = err
      break
    end
  end
  return self
end

-- As text: array of { label, text }

local function clock_text(skew)
  if math.abs(skew) < 2 then return "as the service's, within two seconds" end
  return ("%s %s the service's"):format(duration.text(math.floor(math.abs(skew))),
    skew > 0 and "ahead of" or "behind")
end

local function token_text(lifetime)
  return lifetime > 0 and duration.text(math.floor(lifetime)) .. " left"
         or "expired " .. duration.text(math.floor(-lifetime)) .. " ago"
end

local function who(self)
  local application = self.application and ("application %s%s"):format(self.application,
    self.name and " (" .. self.name .. ")" or "")
  if self.user then return self.user .. (application and " by " .. application or "") end
  return application or "unknown: not in the token"
end

local function live_text(live)
  return ("%d of %d sessions in progress, %d pending"):format(live.in_progress, SESSIONS,
    live.pending)
end

local function isolated_text(counts)
  return ("%d machine%s%s"):format(counts.isolated, counts.isolated == 1 and "" or "s",
    counts.isolating > 0 and (", and %d with an open isolation"):format(counts.isolating) or "")
end

-- The lines about the sign-in.
function account.lines(self)
  local lines = {}
  local function add(label, text) lines[#lines + 1] = { label, text } end
  local unknown = self.is_signed_in and "unknown: not in the token" or "-"
  if self.simulation then add("simulation", self.simulation .. ", not a real tenant") end
  add("tenant", self.tenant or unknown)
  if self.is_offline then add("application", self.application or "-")
  else add("signed in as", self.is_signed_in and who(self) or "not signed in: see below") end
  if self.way then
    add("by", self.way .. (self.lifetime and "; token: " .. token_text(self.lifetime) or ""))
  end
  add("cloud", ("%s, %s"):format(self.cloud, self.api_url))
  if self.skew and math.abs(self.skew) >= 2 then add("clock", clock_text(self.skew)) end
  return lines
end

-- The sentences about the permissions.
function account.sentences(self)
  return self.is_signed_in and allowed.sentences(self.permissions) or {}
end

-- The lines about the machines.
function account.state_lines(self)
  local lines = {}
  for _, kind in ipairs(kinds.all) do
    local stuck = (self.stuck or {})[kind.type]
    if stuck then
      local limit = duration.text(kind.stuck_after)
      lines[#lines + 1] = { "stuck", ("%d %s open for longer than %s, the oldest for %s:"
        .. " mde list --type %s --older-than %s"):format(stuck.count, kind.type, limit,
        duration.text(stuck.age), kind.type, limit) }
    end
  end
  if self.live_responses then
    lines[#lines + 1] = { "live response", live_text(self.live_responses) }
  end
  if self.isolated then lines[#lines + 1] = { "isolated", isolated_text(self.isolated) } end
  return lines
end

-- As a row of many tenants

account.summary_columns = {
  { title = "TENANT" }, { title = "SIGNED IN AS", may_cut = true, may_drop = true },
  { title = "TOKEN", may_drop = true }, { title = "CLOCK", may_be_empty = true },
  { title = "OPEN", right = true }, { title = "STUCK", right = true },
  { title = "ISOLATED", right = true }, { title = "LIVE", right = true },
}

local function stuck_count(self)
  local count = 0
  for _, stuck in pairs(self.stuck) do count = count + stuck.count end
  return ("%d"):format(count)
end

function account.summary(self, profile)
  local live, skew = self.live_responses, self.skew
  return {
    profile, self.user or self.name or self.application or "-",
    self.lifetime and duration.text(math.max(0, math.floor(self.lifetime))) or "-",
    skew and math.abs(skew) >= 2 and ("%+d s"):format(math.floor(skew + 0.5)) or "",
    self.open and ("%d"):format(self.open.count) or "-", self.stuck and stuck_count(self) or "-",
    self.isolated and ("%d"):format(self.isolated.isolated) or "-",
    live and ("%d of %d"):format(live.in_progress, SESSIONS) or "-",
  }
end

account.columns = { { title = "OPERATIONS" }, { title = "HELD" },
                    { title = "ANY OF THESE PERMISSIONS" } }

function account.rows(self)
  local rows = {}
  for i, group in ipairs(self.groups or {}) do
    rows[i] = { table.concat(group.operations, ", "),
                group.held == nil and "?" or group.held and "yes" or "no",
                table.concat(group.any_of, ", ") }
  end
  return rows
end

local function stuck_objects(found)
  local objects = {}
  for _, kind in ipairs(kinds.all) do
    local stuck = found[kind.type]
    if stuck then
      objects[#objects + 1] = { type = kind.type, count = stuck.count, limit = kind.stuck_after,
                                oldest = stuck.oldest, age = stuck.age // 1 | 0 }
    end
  end
  return objects
end

-- Returns the object for JSON; unknown fields are nil.
function account.object(self)
  local problem = self.problem
  return {
    tenant = self.tenant, application = self.application, name = self.name, user = self.user,
    way = self.way, cloud = self.cloud, api_url = self.api_url,
    token_seconds = self.lifetime and math.floor(self.lifetime), clock_skew_seconds = self.skew,
    permissions = self.permissions, operations = self.groups, settings = self.settings,
    live_responses = self.live_responses, isolated = self.isolated,
    open = self.open and self.open:objects(), stuck = self.stuck and stuck_objects(self.stuck),
    simulation = self.simulation,
    error = problem and (errors.is(problem) and problem.message or tostring(problem)),
  }
end

return account
