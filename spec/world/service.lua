-- The model service of a world: machine actions, machines, sign-in, quota and lag.
--
-- Written from the facts of the API, not from lua/mde. Its time is true time. `service:serve(seen)`
-- answers one request. What is read is the state `lag` seconds ago.

local admission = require "spec.world.admission"
local filter = require "spec.world.filter"
local json = require "spec.world.json"
local network = require "spec.world.network"

local service = {}

local Service = {}
for name, method in pairs(admission) do Service[name] = method end
Service.__index = Service

local FINAL = { Succeeded = true, Failed = true, TimeOut = true, Cancelled = true }

local function iso(moment)
  local whole = math.floor(moment)
  local ticks = ("%07d"):format(math.floor((moment - whole) * 1e7)):gsub("0+$", "")
  return os.date("!%Y-%m-%dT%H:%M:%S", whole) .. (ticks ~= "" and "." .. ticks or "") .. "Z"
end

-- Actions: a list of versions each, so that a read can lag

local function copy(object)
  local new = {}
  for key, value in pairs(object) do new[key] = value end
  return new
end

-- The version that a read at `moment` shows | nil
local function version(action, moment)
  for i = #action.versions, 1, -1 do
    if action.versions[i].at <= moment then return action.versions[i].entity end
  end
end

-- Changes an action now: `change(entity)`.
local function change(self, action, edit)
  local entity = copy(action.entity)
  edit(entity)
  entity.lastUpdateDateTimeUtc = iso(self.agenda.now)
  action.entity = entity
  table.insert(action.versions, { at = self.agenda.now, entity = entity })
end

-- Notes in the observation that an action has another status.
local function note(self, action, from, cause, request, by, comment)
  local entity = action.entity
  self.note { kind = "action", id = entity.id, from = from, to = entity.status, cause = cause,
              request = request, type = entity.type, machine = action.machine, by = by,
              comment = comment }
end

-- Type of a Succeeded action -> its machine is isolated.
local EFFECTS = { Isolate = true, Unisolate = false }

local function set_status(self, action, status, cause, request, by, comment)
  local from = action.entity.status
  if FINAL[from] or from == status then return false end
  change(self, action, function(entity)
    entity.status = status
    if status == "Cancelled" and not (cause == "request" and entity.cancellationDateTimeUtc) then
      entity.cancellationRequestor, entity.cancellationComment = by, comment
      entity.cancellationDateTimeUtc = iso(self.agenda.now)
    end
  end)
  note(self, action, from, cause, request, by, comment)
  local isolated = EFFECTS[action.entity.type]
  local machine = self.machines[action.machine]
  local acts = status == "Succeeded" or status == "InProgress" and action.acts_early
  if acts and isolated ~= nil and machine.isolated ~= isolated then
    machine.isolated = isolated
    self.note { kind = "machine", id = machine.id, isolated = isolated, cause = "device" }
  end
  return true
end

-- Adds an action. `course`: array of { seconds after now, status }.
-- -> action
function Service:add(fields, course, cause, request)
  local now = fields.created or self.agenda.now
  local machine = self.machines[fields.machine]
  local entity = {
    id = fields.id or self.random:guid(), type = fields.type, status = fields.status or "Pending",
    requestor = fields.by, requestorComment = fields.comment, machineId = fields.machine,
    computerDnsName = machine.computerDnsName, creationDateTimeUtc = iso(now),
    lastUpdateDateTimeUtc = iso(now), scope = fields.scope, errorHResult = 0,
    requestSource = "PublicApi", commands = json.empty,
  }
  local action = { entity = entity, created = now, machine = fields.machine,
                   versions = { { at = now, entity = entity } }, silent = #course == 0 or nil,
                   acts_early = self.random:chance(0.5) }
  self.actions[entity.id], self.order[#self.order + 1] = action, action
  self.note({ kind = "action", id = entity.id, to = entity.status, cause = cause,
              request = request, type = entity.type, machine = fields.machine, by = fields.by,
              comment = fields.comment, at = now })
  for _, step in ipairs(course) do
    self.agenda:at(self.agenda.now + step[1], function()
      set_status(self, action, step[2], "device")
    end)
  end
  return action
end

-- Another administrator or Microsoft cancels.
function Service:cancel(id, cause, by, comment)
  local action = self.actions[id]
  return action and set_status(self, action, "Cancelled", cause, nil, by, comment)
end

-- The open action of a type on a machine | nil
function Service:open_action(machine, kind)
  for i = #self.order, 1, -1 do
    local action = self.order[i]
    if action.machine == machine and action.entity.type == kind
       and not FINAL[action.entity.status] then
      return action
    end
  end
end

-- Answers

local function answer(status, value)
  return { status = status, body = json.encode(value),
           headers = { ["content-type"] = "application/json; odata.metadata=minimal" } }
end

Service.answer = answer

function Service:refuse(status, code, message)
  return answer(status, { error = { code = code, message = message, target = self.random:guid() } })
end

local KEYS = { "title", "machineId", "computerDnsName", "cancellationRequestor",
               "cancellationComment", "cancellationDateTimeUtc", "scope", "externalId",
               "relatedFileInfo", "troubleshootInfo", "requestorComment" }

-- An entity as sent: missing values are null.
local function sent(entity)
  local object = copy(entity)
  for _, key in ipairs(KEYS) do
    if object[key] == nil then object[key] = json.null end
  end
  return object
end

local function page(self, rows, query)
  local top, skip = tonumber(query["$top"]), tonumber(query["$skip"] or 0)
  local size = math.min(top or 10000, self.page_size or 10000)
  local list = {}
  for i = skip + 1, math.min(#rows, skip + size) do list[#list + 1] = rows[i] end
  local body = { value = #list > 0 and list or json.empty }
  body["@odata.context"] = "https://api.securitycenter.microsoft.com/api/$metadata#MachineActions"
  if #rows > skip + size and (not top or size < top) then
    body["@odata.nextLink"] = "https://api-eu.securitycenter.microsoft.com/api/?=&$skip=10000"
  end
  return answer(200, body)
end

-- The number of ids in a filter "id in (…)".
local function count_ids(text)
  local _, count = (text:match "id in (%b())" or ""):gsub("'[^']*'", "")
  return count
end

local function list_actions(self, seen)
  local accepts = function() return true end
  if seen.params["$filter"] then
    local problem
    if self.most_ids and count_ids(seen.params["$filter"]) > self.most_ids then
      return self:refuse(400, "ODataError", "too many ids")
    end
    accepts, problem = filter.compile(seen.params["$filter"])
    if not accepts then return self:refuse(400, "ODataError", problem) end
  end
  local rows = {}
  for _, action in ipairs(self.order) do
    local entity = version(action, self.agenda.now - self.lag.list)
    if entity and accepts(entity) then rows[#rows + 1] = sent(entity) end
  end
  local order = seen.params["$orderby"] or "creationDateTimeUtc desc"
  local key, down = order:match "^(%w+)", order:find " desc$"
  table.sort(rows, function(a, b)
    local left, right = a[key], b[key]
    if key == "creationDateTimeUtc" then left, right = filter.moment(left), filter.moment(right) end
    if left == right then return a.id < b.id end
    if down then return left > right end
    return left < right
  end)
  return page(self, rows, seen.params)
end

local function get_action(self, seen)
  local action = self.actions[seen.target]
  local entity = action and version(action, self.agenda.now - self.lag.get)
  if not entity then return self:refuse(404, "ResourceNotFound", "no such action") end
  return answer(200, sent(entity))
end

local function cancel_action(self, seen)
  if not (seen.body and type(seen.body.Comment) == "string") then
    return self:refuse(400, "InvalidRequestBody", "Comment is missing")
  end
  local action = self.actions[seen.target]
  if not (action and version(action, self.agenda.now - self.lag.cancel)) then
    return self:refuse(404, "ResourceNotFound", "no such action")
  end
  local entity = action.entity
  if FINAL[entity.status] then
    if self.final_as == 200 then return answer(200, sent(entity)) end
    return self:refuse(self.final_as, self.final_as == 404 and "ResourceNotFound" or "BadRequest",
      "the action could not be canceled")
  end
  if self.cancel_takes == 0 then
    seen.effect, seen.action = "cancelled", entity.id
    set_status(self, action, "Cancelled", "request", seen.number, self.application,
      seen.body.Comment)
    return answer(200, sent(action.entity))
  end
  if entity.cancellationDateTimeUtc then return answer(200, sent(entity)) end
  seen.effect, seen.action = "accepted", entity.id
  change(self, action, function(edited)
    edited.cancellationRequestor, edited.cancellationComment = self.application, seen.body.Comment
    edited.cancellationDateTimeUtc = iso(self.agenda.now)
  end)
  self.agenda:at(self.agenda.now + self.cancel_takes, function()
    set_status(self, action, "Cancelled", "request", seen.number, self.application,
      seen.body.Comment)
  end)
  return answer(200, sent(action.entity))
end

local TYPES = { isolate = "Isolate", unisolate = "Unisolate", runantivirusscan = "RunAntiVirusScan",
                restrictcodeexecution = "RestrictCodeExecution",
                unrestrictcodeexecution = "UnrestrictCodeExecution" }

local function launch(self, seen)
  if not (seen.body and type(seen.body.Comment) == "string") then
    return self:refuse(400, "MissingRequiredParameter", "Comment is missing")
  end
  local machine = self.machines[seen.target]
  if not machine then return self:refuse(404, "ResourceNotFound", "no such machine") end
  local open = self:open_action(machine.id, seen.type)
  if open and self.duplicate_as == 400 then
    return self:refuse(400, "ActiveRequestAlreadyExists",
      "Action is already in progress, active action id: " .. open.entity.id)
  elseif open then
    seen.effect, seen.action = "existing", open.entity.id
    return answer(201, sent(open.entity))
  end
  local action = self:add({ type = seen.type, machine = machine.id, by = self.application,
    comment = seen.body.Comment, scope = seen.body.IsolationType }, self.course(), "request",
    seen.number)
  seen.effect, seen.action = "launched", action.entity.id
  return answer(201, sent(action.entity))
end

local function machine_json(machine)
  return { id = machine.id, computerDnsName = machine.computerDnsName,
           machineTags = #machine.machineTags > 0 and machine.machineTags or json.empty,
           osPlatform = "Windows11", healthStatus = "Active", onboardingStatus = "Onboarded",
           deviceValue = machine.deviceValue, rbacGroupId = 1, rbacGroupName = "All",
           lastSeen = "2026-01-23T19:00:00Z", riskScore = "Low", exposureLevel = "Low" }
end

local function get_machine(self, seen)
  local machine = self.machines[seen.target]
  if not machine then return self:refuse(404, "ResourceNotFound", "no such machine") end
  return answer(200, machine_json(machine))
end

local function list_machines(self, seen)
  local accepts, problem = function() return true end, nil
  if seen.params["$filter"] then accepts, problem = filter.compile(seen.params["$filter"]) end
  if not accepts then return self:refuse(400, "ODataError", problem) end
  local rows = {}
  for _, id in ipairs(self.machine_ids) do
    local object = machine_json(self.machines[id])
    if accepts(object) then rows[#rows + 1] = object end
  end
  return page(self, rows, seen.params)
end

-- Requests

local ROUTES = {
  { "GET", "^/api/machineactions$", "list", list_actions },
  { "GET", "^/api/machineactions/([^/]+)$", "get", get_action },
  { "POST", "^/api/machineactions/([^/]+)/cancel$", "cancel", cancel_action },
  { "GET", "^/api/machines$", "machines", list_machines },
  { "GET", "^/api/machines/([^/]+)$", "machine", get_machine },
  { "POST", "^/api/machines/([^/]+)/(%w+)$", "launch", launch },
}

-- Fills in what a request is: operation, bucket, target, params, body, type, handler.
function service.describe(seen)
  seen.params = {}
  for key, value in seen.query:gmatch "([^&=]+)=([^&]*)" do
    local function plain(text)
      return (text:gsub("+", " "):gsub("%%(%x%x)", function(hex)
        return string.char(tonumber(hex, 16))
      end))
    end
    seen.params[plain(key)] = plain(value)
  end
  if seen.path:find "/oauth2/" then
    seen.operation = "sign_in"
    return
  end
  seen.body = seen.text and json.decode(seen.text)
  seen.operation = "other"
  for _, route in ipairs(ROUTES) do
    local target, tail = seen.path:lower():match(route[2])
    if seen.method == route[1] and target and (route[3] ~= "launch" or TYPES[tail]) then
      seen.operation, seen.handler = route[3], route[4]
      if route[2]:find("(", 1, true) then seen.target = target end
      if tail then
        seen.type = TYPES[tail]
        seen.operation = "launch:" .. (tail == "runantivirusscan" and "scan" or tail)
      end
      break
    end
  end
  seen.bucket = seen.operation
end

-- Answers a request. `fate.status`, if given, is the answer instead (401, 403, 429, 5xx).
-- `seen` gets the fields of its event: admitted, effect, action.
function Service:serve(seen, fate)
  if fate.status and fate.status >= 500 then return network.page(fate.status, fate.retry_after) end
  if seen.operation == "sign_in" then
    return fate.status and answer(fate.status, { error = "temporarily_unavailable" })
           or self:sign_in()
  end
  local token = (seen.headers.authorization or ""):match "^Bearer (.+)$"
  if fate.status == 401 or not token or (self.tokens[token] or 0) < self.agenda.now then
    return self:refuse(401, "Unauthorized", "the token is not valid")
  end
  if fate.status == 403 then return self:refuse(403, "Forbidden", "no access to this device") end
  if fate.status == 429 then return self:too_many(fate.retry_after or 5) end
  local wait = self:admit(seen.bucket)
  if wait then return self:too_many(wait) end
  seen.admitted = true
  if not seen.handler then return self:refuse(404, "NotFound", "no such resource") end
  return seen.handler(self, seen)
end

-- `options`: agenda, random, note(event), tenant, application, machines (array), final_as,
-- cancel_takes, duplicate_as, page_size, most_ids, no_lifetime, limits, course() -> steps of a launched
-- action
function service.new(options)
  local self = setmetatable(options, Service)
  self.actions, self.order, self.tokens, self.secrets, self.calls = {}, {}, {}, {}, {}
  self.lag = { list = 0, get = 0, cancel = 0 }
  self.limits = self.limits or { minute = 100, hour = 1500 }
  self.machine_ids, self.says_retry_after = {}, not self.limits.is_silent
  local by_id = {}
  for i, machine in ipairs(options.machines) do
    by_id[machine.id], self.machine_ids[i] = machine, machine.id
  end
  self.machines = by_id
  return self
end

service.iso = iso

return service
