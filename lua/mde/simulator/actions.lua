-- Simulated operations on machine actions: list, get, cancel, and result links.
--
-- A row of an operation, here and in the other modules of operations, has
--   name    in the ledger and for oddities
--   method, path   a pattern for the path below /api, in lower case
--   roles   of an application; any one suffices
--   scopes  the same for a user's token; default: the roles
--   limits  Microsoft's limits, if not the usual ones; see mde.simulator.quota
--   answer(service, request, captures of the pattern) -> answer, true if it changed anything

local blob = require "mde.simulator.blob"
local cjson = require "cjson"
local list = require "mde.simulator.list"
local reply = require "mde.simulator.reply"

local actions = {}

local READ = { "Machine.Read.All", "Machine.ReadWrite.All" }
local READ_SCOPES = { "Machine.Read", "Machine.ReadWrite" }
local CANCEL = { "Machine.CollectForensics", "Machine.Isolate", "Machine.RestrictExecution",
                 "Machine.Scan", "Machine.Offboard", "Machine.StopAndQuarantine",
                 "Machine.LiveResponse" }

-- The documented properties for filters and orders.
actions.kind = { entity = "MachineAction", first = "creationDateTimeUtc", fields = {
  id = { type = "string", read = function(action) return action.id end },
  status = { type = "string", read = function(action, at) return (action:status_at(at)) end },
  machineId = { type = "string", read = function(action, at)
    return (action:machine(at)) or nil
  end },
  type = { type = "string", read = function(action) return action.type end },
  requestor = { type = "string", read = function(action) return action.requestor or nil end },
  creationDateTimeUtc = { type = "date", read = function(action) return action.created end },
} }

local function no_such(self, id)
  self:refuse(404, "ResourceNotFound", ("Machine action %s was not found"):format(id))
end

-- The action with an id, unless reading lags behind its creation.
local function visible(self, id)
  local action, lag = self.by_id[id], self.oddities.reading_lags
  local is_visible = action and (lag == 0 or action.created <= self:now() - lag)
  return is_visible and action or no_such(self, id)
end

local function answer_list(self, request)
  return list.answer(self, request, actions.kind, self.actions,
    self:now() - self.oddities.list_lags, self:now() - self.oddities.reading_lags), false
end

local function entity(self, action)
  return reply.json(200, action:json(self:now(), self.context .. "MachineActions/$entity"))
end

local function answer_get(self, _, id) return entity(self, visible(self, id)) end

-- The answer to a cancel of a final action, which is undocumented.
local function final_already(self, action)
  local as = self.oddities.final_as
  if as == 200 then return entity(self, action) end
  if as == 404 then no_such(self, action.id) end
  self:refuse(400, "BadRequest",
    ("Machine action %s is already in a final state and could not be canceled"):format(action.id))
end

local function answer_cancel(self, request, id)
  local body = self:body(request, { "Comment" })
  local action, now = visible(self, id), self:now()
  if action:is_final(now) then return final_already(self, action) end
  if action.cancellation then return entity(self, action) end
  local effect = action:cancel(now, self.oddities.cancel_takes, self.client_id, body.Comment)
  action.commands_completed = self:strikes("commands_completed", request, "cancel")
  return entity(self, action), effect
end

-- Links

local function link(self, text)
  return reply.json(200, ('{"@odata.context":%s,"value":%s}')
    :format(cjson.encode(self.context .. "Edm.String"), cjson.encode(text)))
end

-- The real service puts extra quotation marks around the value.
local function answer_package_uri(self, _, id)
  local action = visible(self, id)
  if action.type ~= "CollectInvestigationPackage"
     or action:status_at(self:now()) ~= "Succeeded" then no_such(self, id) end
  return link(self, '"' .. blob.link(self, id, "package") .. '"')
end

-- A PutFile command has no result.
local function answer_result_uri(self, _, id, index)
  local action = visible(self, id)
  local command = (action.commands or {})[tonumber(index) + 1]
  if not command or command.type == "PutFile"
     or action:command_status(self:now()) ~= "Completed" then
    self:refuse(404, "ResourceNotFound",
      ("Machine action %s has no result of command %s"):format(id, index))
  end
  return link(self, blob.link(self, id, index))
end

actions.rows = {
  { name = "list", method = "GET", path = "^/machineactions/?$", roles = READ,
    scopes = READ_SCOPES, answer = answer_list },
  { name = "get", method = "GET", path = "^/machineactions/([^/]+)$", roles = READ,
    scopes = READ_SCOPES, answer = answer_get },
  { name = "cancel", method = "POST", path = "^/machineactions/([^/]+)/cancel$", roles = CANCEL,
    answer = answer_cancel },
  { name = "package_uri", method = "GET", path = "^/machineactions/([^/]+)/getpackageuri$",
    roles = READ, scopes = { "Machine.CollectForensics" },
    limits = { per_minute = 2, per_hour = 120 }, answer = answer_package_uri },
  { name = "result_uri", method = "GET",
    path = "^/machineactions/([^/]+)/getliveresponseresultdownloadlink%(index=(%d+)%)$",
    roles = READ, scopes = { "Machine.LiveResponse" }, answer = answer_result_uri },
}

return actions
