-- The simulated service of a twin: it notes each request, its answer and its effect.
--
-- It wraps mde.simulator.service: a request may be lost, delayed, or answered by a proxy, as
-- spec/world/faults.lua has it, and is noted as spec/world/observation.md says.

local clock = require "mde.base.clock"
local json = require "spec.world.json"
local network = require "spec.world.network"
local random_numbers = require "spec.world.random"
local services = require "mde.simulator.service"
local worlds = require "spec.world.service"

local ledger = {}

local Ledger = {}
Ledger.__index = Ledger

ledger.timeout = 4  -- seconds that a client waits for an answer

-- Requests

-- The fields of a `request` event.
local function describe(request, process, now)
  local path, query = request.path:match "^([^?]*)%??(.*)$"
  local seen = { path = path, query = query, method = request.method, text = request.body }
  worlds.describe(seen)
  return { kind = "request", at = now, sent = now, process = process.name, arrived = true,
           method = seen.method, path = path, query = seen.params, body = seen.body,
           operation = seen.operation, bucket = seen.bucket, target = seen.target }
end

-- Effects: of the service's own ledger, which has what no client can know

local function note_cancel(self, event, now)
  local action = self.service.by_id[event.target]
  local cancellation = action and action.cancellation
  if not cancellation or self.cancels[action] then return end
  self.cancels[action] = { request = event, cause = "request", by = self.service.client_id,
                           comment = cancellation.comment, at = now }
  event.effect = self.service.oddities.cancel_takes > 0 and "accepted" or "cancelled"
  event.action = action.id
end

local function note_launch(self, event, count)
  local actions, answer = self.service.actions, event.answer
  if #actions > count then
    event.effect, event.action = "launched", actions[#actions].id
    self.launches[actions[#actions]] = event
  elseif event.status < 300 and answer and answer.id then
    event.effect, event.action = "existing", answer.id
  end
end

local DOMAIN = "^/contoso%.onmicrosoft%.com/"  -- another name of the tenant

-- Has the service answer, and notes what it did.
local function serve(self, event, request)
  local service = self.service
  request.path = request.path:gsub(DOMAIN, "/" .. service.tenant .. "/")
  local count = #service.actions
  local answer = self.real_answer(service, request)
  event.status, event.answer = answer.status, json.decode(answer.body)
  event.admitted = event.bucket and answer.status ~= 401 and answer.status ~= 403
    and answer.status ~= 429 or nil
  if event.operation == "cancel" then note_cancel(self, event, service:now()) end
  if event.operation:find "^launch:" then note_launch(self, event, count) end
  if event.operation == "sign_in" and event.answer then
    table.insert(self.secrets, event.answer.access_token)
  end
  return answer
end

-- Fates

-- The answer of a faulty service or a proxy.
local function refusal(self, fate)
  if fate.status >= 500 then return network.page(fate.status, fate.retry_after) end
  local messages = { [401] = "Unauthorized", [403] = "Forbidden", [429] = "TooManyRequests" }
  local body = json.encode { error = { code = messages[fate.status], message = "refused",
                                       target = self.random:guid() } }
  return { status = fate.status, body = body, headers = { ["content-type"] = "application/json",
    ["retry-after"] = fate.status == 429 and fate.retry_after
      and ("%d"):format(fate.retry_after) or nil } }
end

local function lose(fate, answer)
  if fate.outcome == "proxy" then
    local page = network.page(fate.page or 502, fate.retry_after)
    page.delay = answer.delay
    return page
  elseif fate.outcome == "timeout" then
    return { status = answer.status, headers = {}, body = "", delay = ledger.timeout + 0.5 }
  end
  return { lost = "after", delay = answer.delay }
end

local OUTCOME = { refused = "lost" }  -- a server that listens cannot refuse

-- Answers a request of a process with its fate.
local function answer_of(self, request, process)
  local event = describe(request, process, self.service:now())
  local fate = self.fate(process, event) or {}
  event.outcome = fate.lost and (OUTCOME[fate.outcome] or fate.outcome) or "delivered"
  self.note(event)
  local answer
  if fate.lost == "before" then
    event.arrived = false
    answer = lose(fate, { delay = 0 })
  elseif fate.status then
    answer = refusal(self, fate)
    event.status, event.answer = answer.status, json.decode(answer.body)
  else
    answer = serve(self, event, request)
    if fate.lost then answer = lose(fate, answer) end
  end
  answer.delay = (answer.delay or 0) + self.random:scaled(0.002, 0.15) + (fate.late or 0)
  answer.event = event
  return answer
end

-- Notes that an answer leaves. The process may have ended.
local function note_answer(self, process, answer)
  local event = answer.event
  local outcome = process.status and "gone" or event.outcome
  local has_status = outcome == "delivered" or outcome == "proxy"
  local now = self.service:now()
  if has_status then process.answered_at = now end
  self.note { kind = "answer", request = event,
              at = outcome == "timeout" and event.at + ledger.timeout or now,
              process = process.name, outcome = outcome,
              status = has_status and answer.status or nil }
end

-- Connects a server (mde.simulator.server) with the process that it serves.
function Ledger:connect(server, process)
  local send, step = server.send, server.step
  function server.send(this, id, answer)
    note_answer(self, process, answer)
    if answer.event.outcome == "timeout" then return this.httpd:drop(id) end
    return send(this, id, answer)
  end
  function server.step(this, seconds)
    self.current, self.service.url = process, this.url
    return step(this, seconds)
  end
end

-- The end: what became of actions and machines

local FINAL = { Succeeded = true, Failed = true, TimeOut = true, Cancelled = true }
local ISOLATES = { Isolate = true, Unisolate = false }

-- The statuses of an action until now: array of { at, status }.
local function course_of(action, now)
  local list = {}
  for _, step in ipairs(action.course) do
    if step[1] <= now and not (action.cancelled and action.cancelled <= step[1]) then
      list[#list + 1] = { step[1], step[2] }
    end
  end
  local cancelled = action.cancelled
  if cancelled and cancelled <= now then list[#list + 1] = { cancelled, "Cancelled" } end
  return list
end

local function note_course(self, action, now)
  local launch, cancel, from = self.launches[action], self.cancels[action], nil
  for _, step in ipairs(course_of(action, now)) do
    local is_cancel = step[2] == "Cancelled" and from and cancel
    local event = { kind = "action", at = step[1], id = action.id, from = from, to = step[2],
                    type = action.type, machine = action.machine_id,
                    cause = is_cancel and cancel.cause or from and "device"
                      or launch and "request" or action.twin_cause or "admin" }
    if is_cancel then
      event.request, event.by, event.comment = cancel.request, cancel.by, cancel.comment
    elseif not from then
      event.request, event.by, event.comment = launch, action.requestor, action.comment
    end
    self.note(event)
    if step[2] == "Succeeded" and ISOLATES[action.type] ~= nil then
      self.note { kind = "machine", at = step[1], id = action.machine_id, cause = "device",
                  isolated = ISOLATES[action.type] }
    end
    from = step[2]
  end
  return FINAL[from] or false
end

-- Notes the events of all actions. -> actions, machines, as the observation has them
function Ledger:finish()
  local service = self.service
  local now, actions, machines = service:now(), {}, {}
  for _, machine in ipairs(service.machines) do
    machines[machine.id] = { id = machine.id, computerDnsName = machine.computerDnsName,
      machineTags = machine.machineTags, deviceValue = machine.deviceValue }
  end
  for _, action in ipairs(service.actions) do
    note_course(self, action, now)
    local entity = json.decode(action:json(now))
    entity.created, entity.silent = action.created, #action.course == 1 or nil
    actions[action.id] = entity
  end
  return actions, machines
end

-- When the last device reports.
function Ledger:settles()
  local last = 0
  for _, action in ipairs(self.service.actions) do
    last = math.max(last, action.course[#action.course][1], action.cancelled or 0)
  end
  return last
end

-- Other people

function Ledger:admin_cancel(entry)
  local action = self.service.by_id[entry.id]
  local now = self.service:now()
  if not action or action:is_final(now) or action.cancellation then return end
  action:cancel(now, 0, entry.by, entry.comment)
  self.cancels[action] = { cause = entry.cause, by = entry.by, comment = entry.comment }
end

function Ledger:admin_launch(entry)
  local service = self.service
  if service:open(entry.machine, entry.type, service:now()) then return end
  local machine = service.machine_by_id[entry.machine]
  service:add { type = entry.type, machine_id = entry.machine, requestor = entry.by,
                dns_name = machine.computerDnsName, comment = entry.comment, age = 0,
                steps = entry.course }
  service.actions[#service.actions].twin_cause = entry.cause
end

local function add_tenant(self, plan)
  local service, names = self.service, {}
  for _, machine in ipairs(plan.machines) do
    names[machine.id] = machine.computerDnsName
    service:add_machine { id = machine.id, computerDnsName = machine.computerDnsName,
                          machineTags = machine.machineTags, deviceValue = machine.deviceValue }
  end
  for _, action in ipairs(plan.actions) do
    local steps, age = {}, action.age
    for i, step in ipairs(action.course) do steps[i] = { age + step[1], step[2] } end
    service:add { id = action.id, type = action.type, status = action.status, age = age,
                  machine_id = action.machine, dns_name = names[action.machine],
                  scope = action.scope, requestor = action.by, comment = action.comment,
                  steps = steps }
  end
end

local function course_drawer(self, plan, random)
  return function()
    local starts = random:scaled(0.02, 1)
    local is_well = self.is_ending or not plan.is_faulty or random:chance(0.9)
    return { { starts, "InProgress" },
             { starts + random:scaled(0.1, 3), is_well and "Succeeded" or "Failed" } }
  end
end

-- `note(event)` notes an event; `fate(process, event)` -> its fate (spec/world/trouble.lua) | nil
function ledger.new(plan, note, fate)
  local random = random_numbers.new(plan.seed, "twin service")
  local self = setmetatable({ note = note, fate = fate, random = random, cancels = {},
                              launches = {}, secrets = {} }, Ledger)
  self.secret = "s3cret-" .. plan.seed .. "-x"
  self.service = services.new {
    clock = clock.system, seed = plan.seed, tenant = plan.tenant, client_id = plan.application,
    client_secret = self.secret,
    quota = { per_minute = plan.limits.minute, per_hour = plan.limits.hour },
    roles = { "Machine.Read.All", "Machine.Isolate", "Machine.Scan",
              "Machine.RestrictExecution" },
    oddities = { final_as = plan.service.final_as, cancel_takes = plan.service.cancel_takes,
                 duplicate_as = plan.service.duplicate_as == 400 and "error" or "existing",
                 cut_pages = plan.service.page_size or false },
    launch_course = course_drawer(self, plan, random),
  }
  self.real_answer = self.service.answer
  function self.service.answer(_, request) return answer_of(self, request, self.current) end
  add_tenant(self, plan)
  return self
end

return ledger
