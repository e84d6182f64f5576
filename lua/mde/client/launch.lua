-- Launches machine actions: one method of a client per operation, described at the end.
--
-- A launch is never repeated blindly: after an answer that proves nothing (lost, late, or a failed
-- service) the list of actions is read until the action appears. Only if it does not appear, the
-- launch is sent again.

local answer = require "mde.service.response"
local calls = require "mde.call.call"
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
local POSTS = 3    -- how often a launch is sent at most
local NEWEST = 50  -- rows of a page that is searched
local PAGES = 10   -- pages that are searched at most

local launch = { methods = {} }

-- Recognizing an action of ours

local function trimmed(text)
  return type(text) == "string" and text:match "^%s*(.-)%s*$" or ""
end

-- Reports whether the token's owner may have requested an action. The service names a user by the user's
-- name, and an application by its id or by another name, which proves nothing.
local function may_be_requestor(call, requestor)
  if type(requestor) ~= "string" or not call.header then return true end
  local claims = permissions.claims(call.header) or {}
  local known = requestor:find("@", 1, true) and (claims.upn or claims.preferred_username)
                or core.operation.guid(requestor) and (claims.appid or claims.azp)
  return not known or requestor:lower() == tostring(known):lower()
end

-- Reports whether an action has our type, machine and comment, and was created at `since` or later.
local function is_ours(call, action, since)
  local created = date.parse(action.creationDateTimeUtc)
  if since and created and created < since then return false end
  if action.machineId and action.machineId:lower() ~= call.launch.machine then return false end
  if not may_be_requestor(call, action.requestor) then return false end
  return action.type == call.launch.kind.type
         and trimmed(action.requestorComment) == call.launch.comment
end

-- Ends with an action that the service returned, or that was found.
local function found(call, action, is_existing)
  local read = call.client.read(action)
  if is_existing then read.existing = true end
  call.client:note_launch(read.id:lower(), call.launch.kind.is_nameless)
  call:finish(read)
end

-- Searching for the action

-- Reads a page of the newest actions of its kind next, not before `moment`.
local function read_page(call, moment)
  local own = call.launch
  local machine = not own.kind.is_nameless and odata.is("machineId", own.machine) or nil
  local types = { own.kind.type, own.undone and own.undone.type }
  call:continue_with("list", { query = odata.query {
    { "$filter", odata.all { odata.is("type", types), machine } },
    { "$orderby", "creationDateTimeUtc desc" }, { "$top", NEWEST },
    { "$skip", own.rows > 0 and own.rows or nil },
  } }, moment)
end

-- Reads the first page next, not before `moment`. The search lasts a minute from the first read after
-- a launch, and then goes through further pages.
local function look(call, moment)
  local own = call.launch
  own.lost_at = own.lost_at or moment
  own.looks, own.pages, own.rows, own.candidates = own.looks + 1, 0, 0, {}
  read_page(call, moment)
end

-- Ends with the error of a launch whose outcome is not known, or `is_absent`: of one that is in no
-- list.
local function give_up(call, why, is_absent)
  local err = call.launch.err
  call.launch.is_absent = is_absent
  if why then err.message = err.message .. "; whether it was launched can't be read: "
                            .. why.message end
  err.sent, err.operation = true, call.launch.operation
  call:finish(nil, err)
end

local function post(call, now)
  local own = call.launch
  own.looks, own.lost_at = 0, nil
  call:continue_with(own.operation, own.arguments, now)
end

-- Reports whether a further page may have an action created at `since` or later.
local function is_cut(list, since)
  if #list < NEWEST and not list.has_more then return false end
  local oldest = list[1] and date.parse(list[#list].creationDateTimeUtc)
  return not (since and oldest and oldest < since)
end

-- Finds our action in a page, the newest first, unless it belongs to another call. An action that
-- does not name its machine yet may be for another machine, and is a candidate.
-- -> action | nil, whether a further page may have it
local function search(call, list, since)
  local own = call.launch
  own.pages, own.rows = own.pages + 1, own.rows + #list
  for _, action in ipairs(list) do
    local id = action.id:lower()
    if id == own.failed then return nil, false end
    if is_ours(call, action, since) and not call.client.nameless[id] then
      if action.machineId then return action end
      own.candidates[id] = action
    end
  end
  return nil, is_cut(list, since)
end

-- Notes whether a page shows that the launch is obsolete. -> whether a further page may
local function note_obsolete(own, list)
  if own.is_obsolete or not own.undone then return false end
  own.is_obsolete = own.undone.is_repeated(list)
  return own.is_obsolete == nil
end

local searched = calls.parsing(answer.actions, function(call, now, response, list, err)
  if not list then return give_up(call, err) end
  local own = call.launch
  local since = own.after or judge.since(call, now, response)
  local action, has_more = search(call, list, since)
  if action then return found(call, action) end
  has_more = note_obsolete(own, list) or has_more
  if call.not_before < own.lost_at + UNSEEN then  -- the list was asked for then; `now` may be late
    local moment = now + retry.delay(own.looks, call.client.random)
    return look(call, math.min(moment, own.lost_at + UNSEEN))
  end
  if has_more and list[1] and own.pages < PAGES then return read_page(call, now) end
  local id, candidate = next(own.candidates)
  if id and not next(own.candidates, id) then return found(call, candidate) end
  if id or has_more then return give_up(call) end
  if own.is_obsolete or own.posts >= POSTS then return give_up(call, nil, true) end
  post(call, now)
end)

-- The answer to the launch

local function launched(call, now, response)
  local action, problem = answer.action(response)
  if not action then return nil, problem end
  local since = judge.since(call, now, response)
  local wanted = call.launch.arguments.type
  local has_other_scope = wanted and action.scope and action.scope ~= wanted
  found(call, action, has_other_scope or not is_ours(call, action, since))
  return true
end

-- Reads the action that the service names as active: it may be ours, if an answer was lost before.
-- -> whether it is read
local function read_active(call, now, response, err)
  local own = call.launch
  if not err.active_action_id or own.posts < 2 then return false end
  own.err = err
  own.since = judge.since(call, now, response)
  return call:continue_with("get", { id = err.active_action_id }, now)
end

-- Errors that prove that nothing was launched.
local REFUSED = { unauthorized = true, forbidden = true, not_found = true, bad_request = true,
                  too_many_requests = true }

local function posted(call, now, response, err)
  local own = call.launch
  own.posts = own.posts + 1
  if not err then
    local done, problem = launched(call, now, response)
    if done then return end
    err = problem
  elseif REFUSED[err.code] and not err.sent or err.sent == false then
    if response and read_active(call, now, response, err) then return end
    if own.posts > 1 then err.sent = true end  -- an earlier one, whose answer was lost
    return call:finish(nil, err)
  end
  err.sent = true
  own.err = err
  look(call, now + retry.delay(1, call.client.random))
end

-- The active action was read.
local function compared(call, _, response, err)
  local action, own = not err and answer.action(response), call.launch
  if action and is_ours(call, action, own.since) then return found(call, action) end
  own.err.operation, own.err.sent = own.operation, not action or nil
  call:finish(nil, own.err)
end

-- Judges the answers of a call that launches: see mde.call.call.

function launch.judge(call, now, response, err)
  if call.operation == "list" then return searched(call, now, response, err) end
  if call.operation == "get" then return compared(call, now, response, err) end
  posted(call, now, response, err)
end

local BY_CODE = { forbidden = "forbidden", not_found = "not_found", unauthorized = "error",
                  too_many_requests = "error" }

-- The verdict on a launch without an action.
function launch.verdict_of(call, err)
  if call.launch.is_absent then return "error" end
  if err.sent then return "unknown" end
  if BY_CODE[err.code] then return BY_CODE[err.code] end
  if err.status and err.status < 500 then return "refused" end
  return call:standing()
end

local ANY = ("0"):rep(40)  -- stands for a machine

-- Checks the options, before a machine's name is looked up.
-- -> what operation.encode takes | nil, err
function launch.arguments(operation, options)
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

-- Searches for the action once, before the launch is sent again.
local function read_first(call, now)
  call.launch.lost_at = -math.huge
  look(call, now)
end

-- The fields of calls that launch. `arguments` as operation.encode takes them.
function launch.fields(operation, arguments)
  return {
    kind = kinds.launched_by[operation], operation = operation, arguments = arguments,
    machine = arguments.machine:lower(), comment = trimmed(arguments.comment),
    posts = 0,      -- how often the launch was sent
    looks = 0,      -- counts the reads of the list after the last time
    pages = 0,      -- how many pages of it were read,
    rows = 0,       -- and how many rows
    candidates = nil,  -- { id -> action that names no machine } in them
    lost_at = nil,  -- when the first of these reads was due
    err = nil,      -- the error to end with if the action is not found
    since = nil,    -- when the launch was first sent, on the service's clock
    after = nil,    -- the same, if it may have been sent before this call
    failed = nil,   -- the id of an action launched before that one
    undone = nil, is_obsolete = nil,  -- see launch.start
    read_first = read_first,
    is_absent = nil,  -- it was sent, and no list has it
  }
end

-- Makes a call that did something else launch this next. `sent`, if the action may have been
-- launched before, so that it is searched for first: { after = no older than this time of the
-- service, failed = the id of an older launch of the same, lost_at = since when a list has it if it
-- was launched, is_obsolete = it is not launched again }, all optional. `undone`: the type of the
-- action that it undoes, and is_repeated(list) -> whether it is obsolete; nil: see the next page.
function launch.start(call, operation, arguments, now, sent, undone)
  local own = launch.fields(operation, arguments)
  call.launch, own.undone = own, undone
  if not sent then return post(call, now) end
  own.after, own.failed, own.lost_at = sent.after, sent.failed, sent.lost_at
  own.is_obsolete = sent.is_obsolete
  own.err = errors.new { code = "lost", sent = true,
                         message = "launched before, and its answer was not seen" }
  look(call, now)
end

-- -> action | nil, err
local function perform(self, operation, target, options)
  local arguments, err = launch.arguments(operation, options)
  if not arguments then return nil, err end
  arguments.machine, err = self:machine_id(target)
  if not arguments.machine then return nil, err end
  return self:perform(operation, arguments, launch.judge,
    { launch = launch.fields(operation, arguments) })
end

--- Isolates a machine from the network.
---
---     local action = assert(client:isolate("srv-1.contoso.com", { comment = "INC0048211" }))
---@param target string|mde.machine|mde.action a machine, its id or its name, or an action on it
---@param options {comment: string, type?: "Full"|"Selective"|"UnManagedDevice"}
---@return mde.action? action existing = true if it had been launched before
---@return mde.error? err err.active_action_id is the id of the active action that prevents it, if there is one
-- function client:isolate(target, options)

--- Releases a machine from isolation.
---@param target string|mde.machine|mde.action a machine, its id or its name, or an action on it
---@param options {comment: string}
---@return mde.action? action existing = true if it had been launched before
---@return mde.error? err err.active_action_id is the id of the active action that prevents it, if there is one
-- function client:unisolate(target, options)

--- Restricts a machine to programs that Microsoft has signed.
---@param target string|mde.machine|mde.action a machine, its id or its name, or an action on it
---@param options {comment: string}
---@return mde.action? action existing = true if it had been launched before
---@return mde.error? err err.active_action_id is the id of the active action that prevents it, if there is one
-- function client:restrict(target, options)

--- Lifts that restriction.
---@param target string|mde.machine|mde.action a machine, its id or its name, or an action on it
---@param options {comment: string}
---@return mde.action? action existing = true if it had been launched before
---@return mde.error? err err.active_action_id is the id of the active action that prevents it, if there is one
-- function client:unrestrict(target, options)

--- Scans a machine with Defender Antivirus.
---@param target string|mde.machine|mde.action a machine, its id or its name, or an action on it
---@param options {comment: string, type?: "Quick"|"Full"}
---@return mde.action? action existing = true if it had been launched before
---@return mde.error? err err.active_action_id is the id of the active action that prevents it, if there is one
-- function client:scan(target, options)

--- Collects an investigation package from a machine.
---@param target string|mde.machine|mde.action a machine, its id or its name, or an action on it
---@param options {comment: string}
---@return mde.action? action existing = true if it had been launched before
---@return mde.error? err err.active_action_id is the id of the active action that prevents it, if there is one
-- function client:collect(target, options)

--- Offboards a machine. Onboarding it again is only possible on the machine.
---@param target string|mde.machine|mde.action a machine, its id or its name, or an action on it
---@param options {comment: string}
---@return mde.action? action existing = true if it had been launched before
---@return mde.error? err err.active_action_id is the id of the active action that prevents it, if there is one
-- function client:offboard(target, options)

--- Stops a file on a machine and quarantines it.
---@param target string|mde.machine|mde.action a machine, its id or its name, or an action on it
---@param options {comment: string, sha1: string}
---@return mde.action? action existing = true if it had been launched before
---@return mde.error? err err.active_action_id is the id of the active action that prevents it, if there is one
-- function client:quarantine(target, options)

--- Runs commands on a machine, in this order.
---
---     client:live_response(id, { comment = "INC0048211", commands = {
---       { run = "triage.ps1", args = "-Days 7" }, { get = "C:\\Temp\\triage.zip" } } })
---@param target string|mde.machine|mde.action a machine, its id or its name, or an action on it
---@param options {comment: string, commands: ({run: string, args?: string}|{get: string}|{put: string})[]}
---@return mde.action? action existing = true if it had been launched before
---@return mde.error? err err.active_action_id is the id of the active action that prevents it, if there is one
-- function client:live_response(target, options)

for operation in pairs(kinds.launched_by) do
  launch.methods[operation] = function(self, target, options)
    local action, err = perform(self, operation, target, options or {})
    return action, err  -- no tail call: errors.check_keys counts levels
  end
end

-- Notes an action that was launched here, and whether it names its machine only later.
function launch.methods:note_launch(id, is_nameless)
  self.launched_at[id] = self.clock.monotonic()
  if is_nameless then self.nameless[id] = true end
end

-- The id of a machine: given as an id, a machine, an action on it, or a name.
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
