-- Reads the account of `mde status`: identity, cloud, permissions.

local answer = require "mde.service.response"
local calls = require "mde.call.call"
local core = require "mde.core"
local date = require "mde.base.date"
local duration = require "mde.base.duration"
local errors = require "mde.base.errors"
local kinds = require "mde.service.kinds"
local odata = require "mde.service.odata"
local permissions = require "mde.auth.permissions"
local simulated = require "mde.program.session.simulated"
local tables = require "mde.base.tables"

local account = {}

local SESSIONS = kinds.of.LiveResponse.at_once

-- {{ The service's answers

local on_list = calls.parsing(answer.actions, function(call, _, response, list, err)
  if not list then return call:finish(nil, err) end
  local moment = response.headers.date and date.http(response.headers.date)
  call:finish { list = list, moment = moment }
end)

-- Lists the open live responses, and compares the answer's date with our clock.
-- -> { in_progress, pending }, seconds by which our clock is ahead (nil without a date) | nil, err
local function ask(session)
  local got, err = session:perform("list", { query = odata.query {
    { "$filter", odata.all { odata.is("type", "LiveResponse"), odata.is("status", kinds.open) } },
    { "$top", 1000 },
  } }, on_list)
  if not got then return nil, err end
  local counts = { in_progress = 0, pending = 0 }
  for _, action in ipairs(got.list) do
    local key = action.status == "InProgress" and "in_progress" or "pending"
    if not kinds.final[action.status] then counts[key] = counts[key] + 1 end
  end
  return counts, got.moment and session.clock.wall() - got.moment - 0.5
end

-- }}

-- {{ Operations grouped by required permissions

local function groups_of(held)
  local groups, by_permissions = {}, {}
  for _, name in ipairs(tables.keys(core.operation.rows)) do
    local wanted = core.operation.rows[name].permissions
    local key = table.concat(wanted, ", ")
    local group = by_permissions[key]
    if not group and key ~= "" then
      group = { operations = {}, any_of = wanted }
      if held then group.held = permissions.any(wanted, held) end
      by_permissions[key], groups[#groups + 1] = group, group
    end
    if group then table.insert(group.operations, name) end
  end
  return groups
end

-- }}

-- Returns the known facts of a client's account, and any error in `problem`. Never raises.
function account.read(session)
  local self = {
    tenant = session.tenant, application = session.client_id, cloud = session.cloud,
    api_url = session.api_url, settings = session.origins or {},
    simulation = simulated.scenario(session),
  }
  local claims, lifetime = session:sign_in()
  if not claims then
    self.problem = lifetime
    return self
  end
  self.is_signed_in, self.tenant = true, claims.tid or self.tenant
  self.application = claims.appid or claims.azp or self.application
  self.name, self.user = claims.app_displayname, claims.upn or claims.preferred_username
  self.way, self.lifetime = session:way(), lifetime
  if not lifetime and type(claims.exp) == "number" then
    self.lifetime = claims.exp - session.clock.wall()
  end
  self.permissions = permissions.of(claims)
  self.groups = groups_of(self.permissions)
  local counts, skew = ask(session)
  if counts then self.live_responses, self.skew = counts, skew
  else self.problem = skew end
  return self
end

-- {{ As text: array of { label, text }

local function clock_text(skew)
  if math.abs(skew) < 2 then return "as the service's, within two seconds" end
  return ("%s %s the service's"):format(duration.text(math.floor(math.abs(skew))),
    skew > 0 and "ahead of" or "behind")
end

local function token_text(lifetime)
  return lifetime > 0 and duration.text(math.floor(lifetime)) .. " left"
         or "ended " .. duration.text(math.floor(-lifetime)) .. " ago"
end

local function who(self)
  local application = self.application and ("application %s%s"):format(self.application,
    self.name and " (" .. self.name .. ")" or "")
  if self.user then return self.user .. (application and " by " .. application or "") end
  return application or "unknown: not in the token"
end

function account.lines(self)
  local lines = {}
  local function add(label, text) lines[#lines + 1] = { label, text } end
  local unknown = self.is_signed_in and "unknown: not in the token" or "-"
  if self.simulation then add("simulation", self.simulation .. ", not a real tenant") end
  add("tenant", self.tenant or unknown)
  add("signs in as", self.is_signed_in and who(self) or "not signed in: see below")
  if self.way then add("by", self.way) end
  add("cloud", ("%s, %s"):format(self.cloud, self.api_url))
  if self.lifetime then add("token", token_text(self.lifetime)) end
  if self.skew then add("clock", clock_text(self.skew)) end
  if self.live_responses then
    add("live response", ("%d of %d sessions in progress, %d pending"):format(
      self.live_responses.in_progress, SESSIONS, self.live_responses.pending))
  end
  return lines
end

-- {{ As a row of many tenants

account.summary_columns = {
  { title = "TENANT" }, { title = "SIGNS IN AS", may_cut = true }, { title = "BY" },
  { title = "TOKEN" }, { title = "CLOCK" }, { title = "LIVE RESPONSE" },
}

function account.summary(self, profile)
  local live, skew = self.live_responses, self.skew
  return {
    profile, self.user or self.name or self.application or "-", self.way or "-",
    self.lifetime and token_text(self.lifetime) or "-",
    skew and (math.abs(skew) < 2 and "same" or ("%+d s"):format(math.floor(skew + 0.5))) or "-",
    live and ("%d of %d"):format(live.in_progress, SESSIONS) or "-",
  }
end

-- }}


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

-- }}

-- Returns the account's object for JSON; unknown fields are nil.
function account.object(self)
  local problem = self.problem
  return {
    tenant = self.tenant, application = self.application, name = self.name, user = self.user,
    way = self.way, cloud = self.cloud, api_url = self.api_url,
    token_seconds = self.lifetime and math.floor(self.lifetime), clock_skew_seconds = self.skew,
    permissions = self.permissions, operations = self.groups, settings = self.settings,
    live_responses = self.live_responses, simulation = self.simulation,
    error = problem and (errors.is(problem) and problem.message or tostring(problem)),
  }
end

return account
