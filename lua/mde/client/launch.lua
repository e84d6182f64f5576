-- Launching machine actions: the methods of a client, one an operation. They are made at the
-- end of this file; what each does is described there.
--
-- A launch is not sent twice unseen: after an answer that says nothing (lost, late, a
-- failed service) the list of actions is read until the action appears; only when it
-- does not, the launch goes out again.

local answer = require "mde.service.response"
local core = require "mde.core"
local date = require "mde.base.date"
local errors = require "mde.base.errors"
local judge = require "mde.call.cancel"
local kinds = require "mde.service.kinds"
local live_response = require "mde.service.live_response"
local machines = require "mde.service.machine"
local odata = require "mde.service.odata"
local permissions = require "mde.auth.permissions"
local retry = require "mde.base.retry"

local UNSEEN = 60  -- seconds for which a new action may be in no list
local POSTS = 3    -- how often a launch goes out at most
local NEWEST = 50  -- rows of the list in which it is looked for

local launch = { methods = {} }

-- {{ Whether an action is ours

local function trimmed(text)
  return type(text) == "string" and text:match "^%s*(.-)%s*$" or ""
end

-- Whether an action may be of whoever signs in. The service names an application by its id
-- or a name of its own, and a user by his; a name of the service's own tells nothing.
local function may_be_requestor(call, requestor)
  if type(requestor) ~= "string" or not call.header then return true end
  local claims = permissions.claims(call.header) or {}
  local known = requestor:find("@", 1, true) and (claims.upn or claims.preferred_username)
                or core.operation.guid(requestor) and (claims.appid or claims.azp)
  return not known or requestor:lower() == tostring(known):lower()
end

-- Whether it says what ours says, and began no earlier.
local function is_ours(call, action, since)
  local created = date.parse(action.creationDateTimeUtc)
  if since and created and created < since then return false end
  if action.machineId and action.machineId:lower() ~= call.machine then return false end
  if not may_be_requestor(call, action.requestor) then return false end
  return action.type == call.launch.type and trimmed(action.requestorComment) == call.comment
end

-- Ends with an action that the service gave, or that was found.
local function found(call, action, is_existing)
  local read = call.client.read(action)
  if is_existing then read.existing = true end
  call.client.launched_at[read.id:lower()] = call.client.clock.monotonic()
  if call.launch.is_nameless then call.client.launched[read.id:lower()] = true end
  call:finish(read)
end

-- }}

-- {{ The action is looked for

-- Reads the newest actions of its kind next, not before `moment`. A minute is counted from
-- the first look after a launch.
local function look(call, moment)
  call.lost_at = call.lost_at or moment
  call.looks = call.looks + 1
  local machine = not call.launch.is_nameless and odata.is("machineId", call.machine) or nil
  call:go_on_with("list", { query = odata.query {
    { "$filter", odata.all { odata.is("type", call.launch.type), machine } },
    { "$orderby", "creationDateTimeUtc desc" }, { "$top", NEWEST },
  } }, moment)
end

-- Nothing tells what became of the launch.
local function give_up(call, why)
  local err = call.lost
  if why then err.message = err.message .. "; whether it was launched can't be read: "
                            .. why.message end
  err.sent, err.operation = true, call.launched
  call:finish(nil, err)
end

local function post(call, now)
  call.looks, call.lost_at = 0, nil
  call:go_on_with(call.launched, call.arguments, now)
end

-- Whether the list may lack an action that began at `since` or later: the service gives it in
-- parts, and the last of these rows, the oldest, is newer.
local function is_cut(list, since)
  if #list < NEWEST and not list.has_more then return false end
  local oldest = list[1] and date.parse(list[#list].creationDateTimeUtc)
  return not (since and oldest and oldest < since)
end

-- Ours among those of the list, unless another call was given it. What does not name its
-- machine yet may be another machine's. -> action | nil, array of such
local function search(call, list, since)
  local nameless = {}
  for _, action in ipairs(list) do
    if is_ours(call, action, since) and not call.client.launched[action.id:lower()] then
      if action.machineId then return action end
      nameless[#nameless + 1] = action
    end
  end
  return nil, nameless
end

local function searched(call, now, response, err)
  local list, problem
  if not err then list, problem = answer.actions(response) end
  if problem and call:try_again(now, response) then return end
  if not list then return give_up(call, err or problem) end
  local since = call.after or judge.since(call, now, response)
  local action, nameless = search(call, list, since)
  if action then return found(call, action) end
  if now < call.lost_at + UNSEEN then
    local moment = now + retry.delay(call.looks, call.client.random)
    return look(call, math.min(moment, call.lost_at + UNSEEN))
  end
  if #nameless == 1 then return found(call, nameless[1]) end
  if nameless[1] or is_cut(list, since) or call.posts >= POSTS then return give_up(call) end
  post(call, now)
end

-- }}

-- {{ The launch was answered, or not

local function launched(call, now, response)
  local action, problem = answer.action(response)
  if not action then return nil, problem end
  local since = judge.since(call, now, response)
  local wanted = call.arguments.type
  local is_other = wanted and action.scope and action.scope ~= wanted
  found(call, action, is_other or not is_ours(call, action, since))
  return true
end

-- One is under way: perhaps ours, if an answer was lost before.
local function is_active(call, now, response, err)
  if not err.active_action_id or call.posts < 2 then return false end
  call.lost = err
  call.since = judge.since(call, now, response)
  return call:go_on_with("get", { id = err.active_action_id }, now)
end

-- What says that nothing was launched.
local REFUSED = { unauthorized = true, forbidden = true, not_found = true, bad_request = true,
                  too_many_requests = true }

local function posted(call, now, response, err)
  call.posts = call.posts + 1
  if not err then
    local done, problem = launched(call, now, response)
    if done then return end
    err = problem
  elseif REFUSED[err.code] or err.sent == false then
    if response and is_active(call, now, response, err) then return end
    if call.posts > 1 then err.sent = true end  -- what was lost before may be launched
    return call:finish(nil, err)
  end
  err.sent = true
  call.lost = err
  look(call, now + retry.delay(1, call.client.random))
end

-- The action that is under way was read.
local function compared(call, _, response, err)
  local action = not err and answer.action(response)
  if action and is_ours(call, action, call.since) then return found(call, action) end
  call.lost.operation, call.lost.sent = call.launched, not action or nil
  call:finish(nil, call.lost)
end

function launch.judge(call, now, response, err)
  if call.operation == "list" then return searched(call, now, response, err) end
  if call.operation == "get" then return compared(call, now, response, err) end
  posted(call, now, response, err)
end

-- }}

local ANY = ("0"):rep(40)  -- stands for a machine

-- Checks the options, before a machine's name is looked up.
-- -> what operation.encode takes | nil, err
local function arguments_of(operation, options)
  local kind = kinds.launched_by[operation]
  local name = kind.scopes and "type" or kind.takes
  local known = { comment = true }
  if name then known[name] = true end
  errors.check_keys(operation, options, known, 5)
  if type(options.comment) ~= "string" then
    return errors.invalid("%s: comment is missing: say why, in a few words", operation)
  end
  local arguments = { machine = ANY, comment = options.comment }
  local value = options[name]
  if name == "commands" then
    local commands, err = live_response.commands(value)
    if not commands then return nil, err end
    value = commands
  elseif value ~= nil and type(value) ~= "string" then
    return errors.invalid("%s: %s must be text, not a %s", operation, name, type(value))
  end
  if name then arguments[name] = value or kind.scopes and kind.scopes[1] end
  local encoded, err = core.operation.encode(operation, arguments)
  if not encoded then return nil, errors.new(err) end
  return arguments
end

-- What a call needs to launch something. `arguments` as operation.encode takes them.
local function details_of(operation, arguments)
  return {
    launch = kinds.launched_by[operation], launched = operation, arguments = arguments,
    machine = arguments.machine:lower(), comment = trimmed(arguments.comment), posts = 0,
    looks = 0,
  }
end

-- Makes a call that did something else launch this next; where it may have been sent
-- before, it is looked for first: it is no older than `after`, a date of the service (nil:
-- not known).
function launch.start(call, operation, arguments, now, was_sent, after)
  for key, value in pairs(details_of(operation, arguments)) do call[key] = value end
  call.after = was_sent and after or nil
  if not was_sent then return post(call, now) end
  call.lost = errors.new { code = "lost", sent = true,
                           message = "launched before, and its answer was not seen" }
  look(call, now)
end

-- -> action | nil, err
local function perform(self, operation, target, options)
  local arguments, err = arguments_of(operation, options)
  if not arguments then return nil, err end
  arguments.machine, err = self:machine_id(target)
  if not arguments.machine then return nil, err end
  return self:perform(operation, arguments, launch.judge, details_of(operation, arguments))
end

--- Isolates a machine from the network.
---
---     local action = assert(client:isolate("srv-1.contoso.com", { comment = "INC0048211" }))
---@param target string|mde.machine|mde.action a machine, its id or its name, or an action on it
---@param options {comment: string, type?: "Full"|"Selective"|"UnManagedDevice"}
---@return mde.action? action existing = true where it had been launched before
---@return mde.error? err err.active_action_id is the action that is in the way, where one is
-- function client:isolate(target, options)

--- Releases a machine from isolation.
---@param target string|mde.machine|mde.action a machine, its id or its name, or an action on it
---@param options {comment: string}
---@return mde.action? action existing = true where it had been launched before
---@return mde.error? err err.active_action_id is the action that is in the way, where one is
-- function client:unisolate(target, options)

--- Restricts what a machine executes to what Microsoft has signed.
---@param target string|mde.machine|mde.action a machine, its id or its name, or an action on it
---@param options {comment: string}
---@return mde.action? action existing = true where it had been launched before
---@return mde.error? err err.active_action_id is the action that is in the way, where one is
-- function client:restrict(target, options)

--- Lifts that restriction.
---@param target string|mde.machine|mde.action a machine, its id or its name, or an action on it
---@param options {comment: string}
---@return mde.action? action existing = true where it had been launched before
---@return mde.error? err err.active_action_id is the action that is in the way, where one is
-- function client:unrestrict(target, options)

--- Has a machine scanned by Defender Antivirus.
---@param target string|mde.machine|mde.action a machine, its id or its name, or an action on it
---@param options {comment: string, type?: "Quick"|"Full"}
---@return mde.action? action existing = true where it had been launched before
---@return mde.error? err err.active_action_id is the action that is in the way, where one is
-- function client:scan(target, options)

--- Collects an investigation package from a machine.
---@param target string|mde.machine|mde.action a machine, its id or its name, or an action on it
---@param options {comment: string}
---@return mde.action? action existing = true where it had been launched before
---@return mde.error? err err.active_action_id is the action that is in the way, where one is
-- function client:collect(target, options)

--- Offboards a machine: it can't be onboarded again from here.
---@param target string|mde.machine|mde.action a machine, its id or its name, or an action on it
---@param options {comment: string}
---@return mde.action? action existing = true where it had been launched before
---@return mde.error? err err.active_action_id is the action that is in the way, where one is
-- function client:offboard(target, options)

--- Stops a file on a machine and quarantines it.
---@param target string|mde.machine|mde.action a machine, its id or its name, or an action on it
---@param options {comment: string, sha1: string}
---@return mde.action? action existing = true where it had been launched before
---@return mde.error? err err.active_action_id is the action that is in the way, where one is
-- function client:quarantine(target, options)

--- Runs commands on a machine, one after the other.
---
---     client:live_response(id, { comment = "INC0048211", commands = {
---       { run = "triage.ps1", args = "-Days 7" }, { get = "C:\\Temp\\triage.zip" } } })
---@param target string|mde.machine|mde.action a machine, its id or its name, or an action on it
---@param options {comment: string, commands: ({run: string, args?: string}|{get: string}|{put: string})[]}
---@return mde.action? action existing = true where it had been launched before
---@return mde.error? err err.active_action_id is the action that is in the way, where one is
-- function client:live_response(target, options)

for operation in pairs(kinds.launched_by) do
  launch.methods[operation] = function(self, target, options)
    local action, err = perform(self, operation, target, options or {})
    return action, err  -- no tail call: levels count
  end
end

-- The id of a machine: given as it is, by a machine, an action on it, or a name.
-- -> id | nil, err
function launch.methods:machine_id(target)
  if type(target) == "table" then
    local id = target.machineId or target.machine_id or (not target.status and target.id)
    if type(id) == "string" then return id end
    return errors.invalid("the action has no machine: %s", tostring(target))
  end
  if type(target) ~= "string" then
    return errors.invalid("a machine must be an id, a name or a machine, not a %s", type(target))
  end
  if machines.id(target) then return target end
  local machine, err = self:machine(target)
  return machine and machine.id, err
end

return launch
