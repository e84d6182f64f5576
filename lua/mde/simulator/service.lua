-- A model of Microsoft Defender for Endpoint that answers its API's requests.
--
-- It does no I/O, and its clock is its only time. `mde.simulator.engine` connects it in process,
-- `mde.simulator.server` over HTTP. `mde.simulator.oddities` has its deviations.

local cjson = require "cjson.safe"
local action_records = require "mde.simulator.action"
local actions = require "mde.simulator.actions"
local authority = require "mde.simulator.authority"
local blob = require "mde.simulator.blob"
local errors = require "mde.base.errors"
local form = require "mde.simulator.form"
local launches = require "mde.simulator.launches"
local ledger = require "mde.simulator.ledger"
local library = require "mde.simulator.library"
local machine_records = require "mde.simulator.machine"
local machines = require "mde.simulator.machines"
local oddities = require "mde.simulator.oddities"
local quota = require "mde.simulator.quota"
local random_numbers = require "mde.simulator.random"
local reply = require "mde.simulator.reply"
local tables = require "mde.base.tables"

local service = {}

local Service = {}
Service.__index = Service

-- Answers

local html = reply.html

-- Refuses the request that is handled, as the functions below do.
function Service:refuse(status, code, message)
  reply.refuse(reply.error(status, code, message, random_numbers.guid(self.random)))
end

function Service:invalid(key, value)
  self:refuse(400, "InvalidInput",
    ("'%s' is not a valid value of '%s'"):format(tostring(value), key))
end

function Service:unsupported(machine)
  self:refuse(400, "OsPlatformNotSupported",
    ("The operation is not supported on %s"):format(tostring(machine.osPlatform)))
end

function Service:no_such_machine(id)
  self:refuse(404, "ResourceNotFound", ("Machine %s was not found"):format(id))
end

function Service:lacks(parameter)
  self:refuse(400, "MissingRequiredParameter", ("The parameter '%s' is missing"):format(parameter))
end

function Service:machine(id)
  return self.machine_by_id[id] or self:no_such_machine(id)
end

-- The JSON object in a request's body; each of the keys must have text.
function Service:body(request, keys)
  local body = cjson.decode(request.body or "")
  local kind = request.headers["content-type"] or ""
  if not kind:find "^application/json" or type(body) ~= "table" then
    self:refuse(400, "InvalidRequestBody", "Request body is incorrect")
  end
  for _, key in ipairs(keys) do
    if type(body[key]) ~= "string" or body[key] == "" then self:lacks(key) end
  end
  return body
end

-- Refuses a request with 429, for `limit` calls in `window` that are used up, or shall seem so.
function Service:too_many(request, operation, wait, limit, window)
  local answer = reply.error(429, "429", ("API calls quota exceeded! Maximum allowed %d per %s "
    .. "for the key Destination+TenantID+AppID. You can send requests again in %d seconds.")
    :format(limit, window, wait), self.tenant)
  if not self:strikes("no_retry_after", request, operation) then
    answer.headers["retry-after"] = ("%d"):format(wait)
  end
  reply.refuse(answer)
end

-- Operations

local OPERATIONS = {}
for _, module in ipairs { actions, machines, launches, library } do
  for _, row in ipairs(module.rows) do OPERATIONS[#OPERATIONS + 1] = row end
end

-- The row for a request. -> row, captures of its pattern | row of sign-in, tenant | nil
local DOWNLOAD = { name = "download" }

local function route(request)
  local path = request.path:match("^[^?]*"):lower()
  local signing, tenant = authority.route(request)
  if signing then return signing, tenant end
  local tail = path:match "^/api/v1%.0(/.*)$" or path:match "^/api(/.*)$"
  tail = tail and form.unescape(tail)
  for _, row in ipairs(tail and OPERATIONS or {}) do
    if row.method == request.method then
      local caught, second = tail:match(row.path)
      if caught then return row, caught, second end
    end
  end
  if request.method == "GET" and path:find "^/blob/" then return DOWNLOAD, path end
  return nil
end

-- From request to answer

function Service:strikes(oddity, request, operation)
  local when = self.oddities[oddity]
  return when and when(request, operation) and true or false
end

-- Checks token, permission and quota.
function Service:gate(request, row)
  local header = request.headers.authorization
  if self:strikes("revoked_token", request, row.name) then self.authority:revoke(header) end
  local held, problem, delegated = self.authority:roles(header)
  if not held then self:refuse(401, "Unauthorized", problem) end
  local wanted = delegated and row.scopes or row.roles
  if not errors.any(wanted, held) then
    self:refuse(403, "Forbidden",
      ("Missing %s roles. API required roles: %s, %s roles: %s."):format(
        delegated and "user" or "application", table.concat(wanted, ","),
        delegated and "user" or "application", table.concat(held, ",")))
  end
  if self:strikes("forbidden", request, row.name) then
    self:refuse(403, "Forbidden", "The application has no access to this device")
  end
  if self:strikes("throttled", request, row.name) then
    self:too_many(request, row.name, self.oddities.throttled_for, 100, "00:01:00")
  end
  local bucket = self.quota and self.quota[row.name]
  if self.quota and not bucket then
    bucket = quota.new(quota.scaled(self.quota.limits, row.limits))
    self.quota[row.name] = bucket
  end
  if not bucket then return end
  local admitted, wait, limit, window = bucket:admit(self.clock.monotonic())
  if not admitted then self:too_many(request, row.name, wait, limit, window) end
end

-- -> answer, true if it changed something
local function serve(self, request, row, caught, second)
  if not row then
    self:refuse(404, "NotFound",
      ("No resource for %s %s"):format(request.method, request.path))
  end
  if self:strikes("internal_error", request, row.name) then
    return html(500, "Internal Server Error")
  end
  if self:strikes("unavailable", request, row.name) then
    return html(503, "Service Temporarily Unavailable")
  end
  if row.sign_in then return row.sign_in(self.authority, request, caught) end
  if row == DOWNLOAD then return blob.answer(self, request, caught) end
  self:gate(request, row)
  return row.answer(self, request, caught, second)
end

-- Applies oddities to an answer on its way back.
function Service:spoil(answer, request, name)
  local latency = self.latency
  if self:strikes("bad_gateway", request, name) then answer = html(502, "Bad Gateway") end
  answer.delay = type(latency) == "function" and latency(self.random) or latency
  if self:strikes("cut_json", request, name) then
    local half = math.floor((answer.length or #answer.body) / 2)
    answer.body, answer.length = answer.body:sub(1, half), answer.length and half
  end
  if self:strikes("late", request, name) then
    answer.delay = answer.delay + self.oddities.late_by
  end
  if self:strikes("lost_after", request, name) then answer.lost = "after" end
  return answer
end

-- Notes in a request the id of what it would change, and the machine that it is about.
function Service:classify(request, row, caught)
  local changes = row and not row.sign_in and (row.method == "POST" or row.method == "DELETE")
  request.changes = changes and caught or nil
  local action = caught and self.by_id[caught]
  request.machine_id = action and action.machine_id or self.machine_by_id[caught or ""] and caught
  if request.changes then self.changes = self.changes + 1 end
end

-- Answers a request { method, path (with query), headers (lower case), body }:
-- { status, headers (lower case), body, delay (seconds until it leaves), lost }.
-- If `lost` is set ("before" or "after" the request took effect, or "unreachable"), there is no
-- answer. If `length` is set, the body is repeated up to it. If `cut` is set, the connection ends
-- after that many bytes of the body.
function Service:answer(request)
  local row, caught, second = route(request)
  local name = row and row.name or "unknown"
  if self.meanwhile then self.meanwhile(self) end
  self:classify(request, row, caught)
  if self:strikes("unreachable", request, name) then
    return { lost = "unreachable", delay = 0 }
  end
  local moment = self.clock.monotonic()
  if self:strikes("lost_before", request, name) then
    self.ledger:note(moment, name, 0, request.changes)
    return { lost = "before", delay = 0 }
  end
  local answer, effect = reply.to(serve, self, request, row, caught, second)
  answer = self:spoil(answer, request, name)
  self.ledger:note(moment, name, answer.status, request.changes, effect)
  return answer
end

-- Functions for tests and rehearsals

-- Seconds since 1970 on the service's own clock, which no one sets.
function Service:now()
  return self.epoch + self.clock.monotonic()
end

-- Adds a machine action; see mde.simulator.action. Without `created` it was created `age` seconds
-- ago (default 60). -> its id
function Service:add(description)
  local fields = tables.merged(description)
  fields.created = fields.created or self:now() - (fields.age or 60)
  fields.age = nil
  local action = action_records.new(fields, self.random)
  assert(not self.by_id[action.id], "an action with this id exists")
  self.by_id[action.id] = action
  self.actions[#self.actions + 1] = action
  if self.by_machine then self:file(action) end
  return action.id
end

-- Indexes an action by its machine, once the index is in use.
function Service:file(action)
  local key = action.machine_id or ""
  local filed = self.by_machine[key] or {}
  self.by_machine[key] = filed
  filed[#filed + 1] = action
end

function Service:on_machine(machine_id)
  if not self.by_machine then
    self.by_machine = {}
    for _, action in ipairs(self.actions) do self:file(action) end
  end
  return self.by_machine[machine_id] or {}
end

-- The open action of a type on a machine | nil
function Service:open(machine_id, type_name, at)
  for _, action in ipairs(self:on_machine(machine_id)) do
    if action.type == type_name and not action:is_final(at) then return action end
  end
  return nil
end

-- Adds a machine; see mde.simulator.machine. `lastSeen` defaults to an hour ago. -> its id
function Service:add_machine(description)
  local fields = tables.merged(description)
  fields.lastSeen = fields.lastSeen or self:now() - 3600
  local machine = machine_records.new(fields, self.random)
  assert(not self.machine_by_id[machine.id], "a machine with this id exists")
  self.machines[#self.machines + 1] = machine
  machines.index(self, machine)
  return machine.id
end

-- Puts a file into the library; see mde.simulator.library.
function Service:add_file(file) library.add(self, file) end

-- The bytes of an action's result: "package", or the index of a command.
function Service:content(id, part) return blob.content(self, id, tostring(part)) end

function Service:status(id)
  return (self.by_id[id]:status_at(self:now()))
end

-- A token as from the token endpoint; with other roles, if given, or delegated ones.
function Service:token(roles, delegated) return self.authority:issue(roles, delegated) end

-- See mde.simulator.ledger.
function Service:posted(id) return self.ledger:posted(id) end
function Service:launched(id, operation) return self.ledger:launched(id, operation) end
function Service:requests(operation, status) return self.ledger:requests(operation, status) end
function Service:most_within(seconds, operation)
  return self.ledger:most_within(seconds, operation)
end

local DEFAULTS = {
  clock = false,          -- { monotonic(), wall() }; required
  seed = 1,               -- of its random numbers
  quota = { per_minute = 100, per_hour = 1500 },  -- per operation; false: none. Operations
                          -- with lower limits keep them in proportion
  oddities = {},          -- see mde.simulator.oddities
  tenant = "7d0b3b4e-6e1f-4c43-9d5a-2f8d4a1c9b60",
  client_id = "3c9f4f0a-58d2-4b77-8f0e-b1a6c2d4e587",
  client_secret = "~simulated~client~secret~",
  roles = { "Machine.Read.All", "Machine.Isolate" },  -- of the application
  sign_in = {},           -- see mde.simulator.authority
  token_lifetime = 3600,  -- seconds
  latency = 0,            -- seconds until an answer leaves, or function(random) that gives them
  page_size = 10000,      -- rows of a list without $top
  launch_course = launches.course,  -- function(type, random, machine) -> steps of a launched
                          -- action
  meanwhile = false,      -- function(service), called before each answer, for changes by others
  package_size = 100000,  -- bytes of an investigation package, and of a fetched file
  url = "https://api.security.microsoft.com",  -- its address in links
}

-- Makes a service without actions or machines. `leaks` counts the requests with a token to a link
-- that takes none.
function service.new(options)
  errors.check_keys("mde.simulator.service", options, DEFAULTS)
  local self = setmetatable(tables.merged(DEFAULTS, options), Service)
  assert(self.clock, "mde.simulator.service: a clock is required")
  self.random = random_numbers.new(self.seed)
  self.epoch = self.clock.wall() - self.clock.monotonic()
  self.quota = self.quota and { limits = self.quota }
  self.changes = 0
  self.oddities = oddities.new(self.oddities, self)
  self.context = "https://api.security.microsoft.com/api/$metadata#"
  self.actions, self.by_id, self.ledger = {}, {}, ledger.new()
  self.machines, self.machine_by_id, self.machines_by_name = {}, {}, {}
  self.files = {}
  self.links, self.leaks, self.blob_version = {}, 0, 1
  self.authority = authority.new {
    tenant = self.tenant, client_id = self.client_id, client_secret = self.client_secret,
    roles = self.roles, token_lifetime = self.token_lifetime, random = self.random,
    sign_in = self.sign_in,
    now = function() return self:now() end,
  }
  return self
end

return service
