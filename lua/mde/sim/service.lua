-- The model of the service: it answers requests as Microsoft Defender for
-- Endpoint does, with its oddities where asked for.
--
-- It does no I/O and knows no time but its clock's. `mde.sim.engine` carries
-- requests to it in process, `mde.sim.server` serves it over HTTP.

local cjson = require "cjson.safe"
local actions = require "mde.sim.action"
local authority = require "mde.sim.authority"
local errors = require "mde.errors"
local ledger = require "mde.sim.ledger"
local list = require "mde.sim.list"
local oddities = require "mde.sim.oddities"
local quota = require "mde.sim.quota"
local random_numbers = require "mde.sim.random"

local service = {}

local Service = {}
Service.__index = Service

-- {{ Answers

local JSON = "application/json; odata.metadata=minimal; odata.streaming=true"

local function json(status, body)
  return { status = status, headers = { ["content-type"] = JSON, ["odata-version"] = "4.0" },
           body = body }
end

-- An error as the service words it; its target is the correlation id.
function Service:refuse(status, code, message)
  return json(status, cjson.encode { error = {
    code = code, message = message, target = random_numbers.guid(self.random) } })
end

local function html(status, title)
  return { status = status, headers = { ["content-type"] = "text/html" },
           body = ("<html><head><title>%d %s</title></head><body><center><h1>%d %s</h1></center>"
                   .. "</body></html>\r\n"):format(status, title, status, title) }
end

-- `limit` calls in `window` are used up, or seem to be.
function Service:too_many(request, operation, wait, limit, window)
  local answer = json(429, cjson.encode { error = {
    code = "429", target = self.tenant,
    message = ("API calls quota exceeded! Maximum allowed %d per %s for the key "
      .. "Destination+TenantID+AppID. You can send requests again in %d seconds.")
      :format(limit, window, wait) } })
  if not self:strikes("no_retry_after", request, operation) then
    answer.headers["retry-after"] = ("%d"):format(wait)
  end
  return answer
end

-- }}

-- {{ Operations

local READ = { "Machine.Read.All", "Machine.ReadWrite.All" }
local CANCEL = { "Machine.CollectForensics", "Machine.Isolate", "Machine.RestrictExecution",
                 "Machine.Scan", "Machine.Offboard", "Machine.StopAndQuarantine",
                 "Machine.LiveResponse" }

-- Each has a method, a pattern of the path below /api, the roles of which any
-- one will do, and answer(service, request, what the pattern caught). A cancel
-- that takes effect returns true as well.
local OPERATIONS = {
  { name = "list", method = "GET", path = "^/machineactions/?$", roles = READ },
  { name = "get", method = "GET", path = "^/machineactions/([^/]+)$", roles = READ },
  { name = "cancel", method = "POST", path = "^/machineactions/([^/]+)/cancel$", roles = CANCEL },
}
local list_row, get_row, cancel_row = OPERATIONS[1], OPERATIONS[2], OPERATIONS[3]

function list_row.answer(self, request)
  local path, query = request.path:match "^([^?]*)%??(.*)$"
  local body, message = list.answer {
    actions = self.actions, at = self:now() - self.oddities.list_lags, url = self.url,
    path = path, query = query, page_size = self.page_size,
    next_link = self.oddities.next_link, context = self.context,
  }
  if body then return json(200, body) end
  return json(400, ('{"error":{"code":"","message":%s,"details":[]}}')
    :format(cjson.encode(message)))
end

function Service:entity(action)
  return json(200, action:json(self:now(), self.context .. "/$entity"))
end

function Service:no_such(id)
  return self:refuse(404, "ResourceNotFound", ("Machine action %s was not found"):format(id))
end

function get_row.answer(self, _, id)
  local action = self.by_id[id]
  return action and self:entity(action) or self:no_such(id)
end

-- How a cancel of an action that is final already is answered: undocumented.
function Service:final_already(action)
  local as = self.oddities.final_as
  if as == 200 then return self:entity(action) end
  if as == 404 then return self:no_such(action.id) end
  return self:refuse(400, "BadRequest",
    ("Machine action %s is already in a final state and could not be canceled"):format(action.id))
end

function cancel_row.answer(self, request, id)
  local body = cjson.decode(request.body or "")
  local kind = request.headers["content-type"] or ""
  if not kind:find "^application/json" or type(body) ~= "table" then
    return self:refuse(400, "InvalidRequestBody", "Request body is incorrect")
  end
  if type(body.Comment) ~= "string" or body.Comment == "" then
    return self:refuse(400, "MissingRequiredParameter", "The parameter 'Comment' is missing")
  end
  local action, now = self.by_id[id], self:now()
  if not action then return self:no_such(id) end
  if action:is_final(now) then return self:final_already(action) end
  if action.cancellation then return self:entity(action) end
  local effect = action:cancel(now, self.oddities.cancel_takes, self.client_id, body.Comment)
  action.commands_completed = self:strikes("commands_completed", request, "cancel")
  return self:entity(action), effect
end

-- -> row, what its pattern caught | the token endpoint's row, tenant | nil
local TOKEN = { name = "token" }

local function route(request)
  local path = request.path:match("^[^?]*"):lower()
  local tenant = path:match "^/([^/]+)/oauth2/v2%.0/token$"
  if tenant then return request.method == "POST" and TOKEN or nil, tenant end
  local tail = path:match "^/api/v1%.0(/.*)$" or path:match "^/api(/.*)$"
  for _, row in ipairs(tail and OPERATIONS or {}) do
    local caught = row.method == request.method and tail:match(row.path)
    if caught then return row, caught end
  end
  return nil
end

-- }}

-- {{ From request to answer

function Service:strikes(oddity, request, operation)
  local when = self.oddities[oddity]
  return when and when(request, operation) and true or false
end

local function any_of(wanted, held)
  for _, role in ipairs(wanted) do
    for _, other in ipairs(held) do
      if role == other then return true end
    end
  end
  return false
end

-- Who asks, whether it may, and whether not too often. -> an answer | nil: go on
function Service:gate(request, row)
  local header = request.headers.authorization
  if self:strikes("revoked_token", request, row.name) then self.authority:revoke(header) end
  local roles, why = self.authority:roles(header)
  if not roles then return self:refuse(401, "Unauthorized", why) end
  if not any_of(row.roles, roles) then
    return self:refuse(403, "Forbidden",
      ("Missing application roles. API required roles: %s, application roles: %s.")
        :format(table.concat(row.roles, ","), table.concat(roles, ",")))
  end
  if self:strikes("throttled", request, row.name) then
    return self:too_many(request, row.name, self.oddities.throttled_for, 100, "00:01:00")
  end
  local bucket = self.quota and self.quota[row.name]
  if self.quota and not bucket then
    bucket = quota.new(self.quota.limits)
    self.quota[row.name] = bucket
  end
  if not bucket then return nil end
  local admitted, wait, limit, window = bucket:admit(self.clock.monotonic())
  return not admitted and self:too_many(request, row.name, wait, limit, window) or nil
end

-- -> answer, whether it cancelled something
function Service:serve(request, row, caught)
  if not row then
    return self:refuse(404, "NotFound",
      ("No resource for %s %s"):format(request.method, request.path))
  end
  if self:strikes("internal_error", request, row.name) then
    return html(500, "Internal Server Error")
  end
  if self:strikes("unavailable", request, row.name) then
    return html(503, "Service Temporarily Unavailable")
  end
  if row == TOKEN then return self.authority:answer(request, caught) end
  local refusal = self:gate(request, row)
  if refusal then return refusal end
  return row.answer(self, request, caught)
end

-- What becomes of an answer on its way back.
function Service:spoil(answer, request, name)
  local latency = self.latency
  if self:strikes("bad_gateway", request, name) then answer = html(502, "Bad Gateway") end
  answer.delay = type(latency) == "function" and latency(self.random) or latency
  if self:strikes("cut_json", request, name) then
    answer.body = answer.body:sub(1, math.floor(#answer.body / 2))
  end
  if self:strikes("late", request, name) then
    answer.delay = answer.delay + self.oddities.late_by
  end
  if self:strikes("lost_after", request, name) then answer.lost = "after" end
  return answer
end

-- Answers a request { method, path (with query), headers (lower case), body }:
-- { status, headers (lower case), body, delay (seconds until it leaves), lost }.
-- `lost` is "before" or "after" the request took effect, or "unreachable": there
-- is no answer then.
function Service:answer(request)
  local row, caught = route(request)
  local name = row and row.name or "unknown"
  if self:strikes("unreachable", request, name) then
    return { lost = "unreachable", delay = 0 }
  end
  local moment = self.clock.monotonic()
  if self:strikes("lost_before", request, name) then
    self.ledger:note(moment, name, 0, caught)
    return { lost = "before", delay = 0 }
  end
  local answer, effect = self:serve(request, row, caught)
  answer = self:spoil(answer, request, name)
  self.ledger:note(moment, name, answer.status, caught, effect)
  return answer
end

-- }}

-- {{ What tests and rehearsals ask and do

-- Seconds since 1970 on the service's own clock, which is never set.
function Service:now()
  return self.epoch + self.clock.monotonic()
end

-- Adds a machine action; see mde.sim.action, where `created` may be left out:
-- it was created `age` seconds ago (default 60). -> its id
function Service:add(description)
  local fields = {}
  for key, value in pairs(description) do fields[key] = value end
  fields.created = fields.created or self:now() - (fields.age or 60)
  fields.age = nil
  local action = actions.new(fields, self.random)
  assert(not self.by_id[action.id], "an action with this id exists")
  self.by_id[action.id] = action
  self.actions[#self.actions + 1] = action
  self.actions.newest_first, self.actions.oldest_first = nil, nil
  return action.id
end

-- The status of an action now.
function Service:status(id)
  return (self.by_id[id]:status_at(self:now()))
end

-- A token, as the token endpoint would give; with other roles, if given.
function Service:token(roles) return self.authority:issue(roles) end

-- See mde.sim.ledger.
function Service:posted(id) return self.ledger:posted(id) end
function Service:requests(operation, status) return self.ledger:requests(operation, status) end
function Service:most_within(seconds, operation)
  return self.ledger:most_within(seconds, operation)
end

-- }}

local DEFAULTS = {
  clock = false,          -- { monotonic(), wall() }; required
  seed = 1,               -- of what is left to chance
  quota = { per_minute = 100, per_hour = 1500 },  -- for each operation; false: none
  oddities = {},          -- see mde.sim.oddities
  tenant = "7d0b3b4e-6e1f-4c43-9d5a-2f8d4a1c9b60",
  client_id = "3c9f4f0a-58d2-4b77-8f0e-b1a6c2d4e587",
  client_secret = "~simulated~client~secret~",
  roles = { "Machine.Read.All", "Machine.Isolate" },  -- of the application
  token_lifetime = 3600,  -- seconds
  latency = 0,            -- seconds until an answer leaves, or function(random) that gives them
  page_size = 10000,      -- rows of a list without $top
  url = "https://api.security.microsoft.com",  -- where it is reached, for links
}

-- Makes a service without actions.
function service.new(options)
  errors.check_keys("mde.sim.service", options, DEFAULTS)
  local self = setmetatable({}, Service)
  for name, default in pairs(DEFAULTS) do
    self[name] = options[name]
    if options[name] == nil then self[name] = default end
  end
  assert(self.clock, "mde.sim.service: a clock is required")
  self.random = random_numbers.new(self.seed)
  self.epoch = self.clock.wall() - self.clock.monotonic()
  self.quota = self.quota and { limits = self.quota }
  self.oddities = oddities.new(self.oddities, self.random)
  self.context = "https://api.security.microsoft.com/api/$metadata#MachineActions"
  self.actions, self.by_id, self.ledger = {}, {}, ledger.new()
  self.authority = authority.new {
    tenant = self.tenant, client_id = self.client_id, client_secret = self.client_secret,
    roles = self.roles, token_lifetime = self.token_lifetime, random = self.random,
    now = function() return self:now() end,
  }
  return self
end

return service
