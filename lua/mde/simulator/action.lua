-- A simulated machine action: its launch, its course and its cancellation.
--
-- Nothing in it changes as time passes: its state at a moment is computed from that moment.

local cjson = require "cjson"
local date = require "mde.base.date"
local json = require "mde.simulator.json"
local random_numbers = require "mde.simulator.random"
local tables = require "mde.base.tables"

local array, stamp, text = json.array, json.stamp, json.value

local action = {}

local Action = {}
Action.__index = Action

local FINAL = { Succeeded = true, Failed = true, TimeOut = true, Cancelled = true }

-- `description` has, all but the first optional:
--   created       seconds since 1970
--   id            default: a random one
--   type          default "Isolate"
--   status        at creation, default "Pending"
--   steps         its course: ascending array of { seconds after creation, status }
--   requestor, comment, machine_id, dns_name, scope, external_id, source, title
--                 null (as right after the launch of a live response): false
--   commands      array of { type =, params = { { key =, value = }, … } }
--   related_file  { fileIdentifier =, fileIdentifierType = }
--   error_hresult default 0
--   fills         seconds after creation until it shows scope, commands and, for a live
--                 response or an offboarding, its machine
-- `random` supplies what is missing.
function action.new(description, random)
  local self = tables.merged(description)
  self.created_text = stamp(description.created)
  self.created = date.parse(self.created_text)  -- filters use the date that is shown
  self.id = self.id or random_numbers.guid(random)
  self.type = self.type or "Isolate"
  if self.requestor == nil then self.requestor = "Defender for Endpoint API" end
  if self.machine_id == nil then self.machine_id = random_numbers.hex(random, 40) end
  if self.dns_name == nil then self.dns_name = "desktop-" .. random_numbers.hex(random, 8) end
  self.course = { { self.created, self.status or "Pending" } }
  for i, step in ipairs(self.steps or {}) do
    self.course[i + 1] = { self.created + step[1], step[2] }
  end
  self.status, self.steps = nil, nil
  self.fills = self.fills and self.created + self.fills
  return setmetatable(self, Action)
end

-- The step of the course that it has reached.
function Action:step(at)
  local course = self.course
  for i = #course, 2, -1 do
    if course[i][1] <= at then return course[i] end
  end
  return course[1]
end

-- Its status at a moment, and the moment at which that began.
function Action:status_at(at)
  local done = self.cancelled
  if done and done <= at then return "Cancelled", done end
  local step = self:step(at)
  return step[2], step[1]
end

function Action:is_final(at)
  return FINAL[self:status_at(at)] == true
end

local NAMELESS = { LiveResponse = true, Offboard = true }

-- The machine's id and name as shown at a moment; false for null.
function Action:machine(at, fresh)
  local filling = fresh or self.fills and at < self.fills
  if filling and NAMELESS[self.type] then return false, false end
  return self.machine_id, self.dns_name
end

-- Cancels the action `delay` seconds later, unless it ends by itself before. If
-- `commands_completed` is set, the commands of a live response had been executed.
-- -> true if the cancel takes effect
function Action:cancel(at, delay, requestor, comment)
  self.cancellation = { at = at, requestor = requestor, comment = comment }
  local hold = at + delay
  if self:is_final(hold) then return false end
  self.cancelled = hold
  return true
end

-- JSON

local COMMAND_STATUS = { Succeeded = "Completed", Failed = "Failed", TimeOut = "Failed" }

-- The status of a live response's commands, and the moment at which that began.
function Action:command_status(at)
  local status, since = self:status_at(at)
  local completed = status == "Cancelled" and self.commands_completed
  return completed and "Completed" or COMMAND_STATUS[status] or "Created", since
end

-- The commands as JSON. Their start is the second step, if it was reached.
function Action:commands_json(at)
  local state, since = self:command_status(at)
  local started = (state ~= "Created") and (self.course[2] or self.course[1])[1]
  local list = {}
  for i, command in ipairs(self.commands or {}) do
    local params = {}
    for j, param in ipairs(command.params) do params[j] = cjson.encode(param) end
    local errors = state == "Failed" and '["The command failed on the device"]' or "[]"
    list[i] = ('{"index":%d,"startTime":%s,"endTime":%s,"commandStatus":"%s","errors":%s,'
      .. '"command":{"type":%s,"params":%s}}'):format(i - 1,
      started and cjson.encode(stamp(math.min(started, since))) or "null",
      started and cjson.encode(stamp(since)) or "null",
      state, errors, cjson.encode(command.type), array(params))
  end
  return array(list)
end

-- The entity at a moment, as JSON; `context`, if given, is its @odata.context. If `fresh`, it
-- lacks the same fields as the answer to a launch.
function Action:json(at, context, fresh)
  local filling = fresh or self.fills and at < self.fills
  local machine_id, dns_name = self:machine(at, fresh)
  local status, since = self:status_at(at)
  local cancellation = self.cancellation
  if not cancellation or cancellation.at > at then cancellation = {} end
  local updated = math.max(since, cancellation.at or since)
  local fields = {
    '"id":', text(self.id), ',"type":', text(self.type), ',"title":', text(self.title),
    ',"requestor":', text(self.requestor), ',"requestorComment":', text(self.comment),
    ',"status":"', status, '","machineId":', text(machine_id),
    ',"computerDnsName":', text(dns_name),
    ',"creationDateTimeUtc":"', self.created_text,
    '","lastUpdateDateTimeUtc":"', stamp(updated),
    '","cancellationRequestor":', text(cancellation.requestor),
    ',"cancellationComment":', text(cancellation.comment),
    ',"cancellationDateTimeUtc":', text(cancellation.at and stamp(cancellation.at)),
    ',"errorHResult":', cjson.encode(self.error_hresult or 0),
    ',"scope":', text(not filling and self.scope),
    ',"externalId":', text(self.external_id),
    ',"requestSource":', text(self.source or "PublicApi"),
    ',"relatedFileInfo":', text(self.related_file),
    ',"commands":', filling and "[]" or self:commands_json(at),
    ',"troubleshootInfo":null}',
  }
  local head = context and ('{"@odata.context":%s,'):format(cjson.encode(context)) or "{"
  return head .. table.concat(fields)
end

return action
