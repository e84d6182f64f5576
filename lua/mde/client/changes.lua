-- Makes the call of a change: one function per change, and the methods for many of them.

local cjson = require "cjson"
local errors = require "mde.base.errors"
local kinds = require "mde.service.kinds"
local many = require "mde.client.many"

local changes = { methods = {} }

-- Change -> function(client, target, options), which makes its call. options: comment, wait, and
-- the change's own.
local makers = {
  cancel = function(client, target, options)
    return client:cancelling(target, options.comment, options.wait)
  end,
  undo = function(client, target, options)
    return client:undoing(target, options.comment, options.wait)
  end,
}

for operation in pairs(kinds.launched_by) do
  makers[operation] = function(client, target, options)
    local own = { comment = options.comment }
    for _, name in ipairs { "type", "sha1", "commands" } do own[name] = options[name] end
    return client:launching(operation, target, own, options.wait)
  end
end

-- Tags and values of machines, files of the library, other requests

local SHARED = { add_tag = 500, remove_tag = 500 }  -- machines in one call

-- The verdict on a call that ended with this error.
local function verdict_of(call, err)
  if err.sent then return "unknown" end
  if err.code == "forbidden" or err.code == "not_found" then return err.code end
  if err.status and err.status < 500 and err.code == "bad_request" then return "refused" end
  return err.status and "error" or call:standing()
end

-- Gives a call that ends without a verdict one.
local function before_end(call, value, err, verdict)
  if verdict then return false end
  if value ~= true then call.answer = value end
  call:finish(nil, err, err and verdict_of(call, err) or "done")
  return true
end

-- Makes the call of an item, which may have been sent before.
local function change_of(target, call, err)
  if not call then return nil, err end
  call.id, call.before_end = target.id, before_end
  if target.read_first and call.read_first then call.read_first() end
  return call
end

for _, change in ipairs { "add_tag", "remove_tag", "set_value" } do
  makers[change] = function(client, target, options, targets)
    local ids = {}
    for i, one in ipairs(targets) do ids[i] = one.id end
    return change_of(target, client:marking(change, ids, options.value))
  end
end

function makers.upload(client, target, options)
  return change_of(target, client:uploading(options))
end

function makers.delete_file(client, target)
  return change_of(target, client:deleting(target.id))
end

-- A request that may have been carried out is not sent again: a person decides.
function makers.request(client, target, options)
  local call, err = change_of(target, client:requesting(options))
  if call and target.read_first and target.verdict ~= "error" then
    call:finish(nil, errors.new { code = "lost", sent = true,
      message = "sent before, and its answer was not seen" }, "unknown")
  end
  return call, err
end

-- Items that may share a call have the same key.
local function group_of(item)
  local most = SHARED[item.change]
  if not most then return nil end
  return ("%s %s %s"):format(item.change, item.arguments, item.read_first and "read" or "write"),
         most
end

-- The options of a journal's item: its own, and the batch's.
local function options_of(item, options)
  local own = item.arguments and cjson.decode(item.arguments) or {}
  own.comment, own.wait = item.comment or options.comment, options.wait
  return own
end

-- Carries out the items of a batch of the journal. `options` and the rest: see mde.client.many.
function changes.run(client, items, options)
  return many.run(client, "batch", items, options, function(item, shared)
    return makers[item.change](client, item, options_of(item, options), shared)
  end, group_of)
end

-- Methods

--- Cancels many actions under the service's limits, `parallel` at once; each ends with one verdict.
--- An error raised by the iterator or on_item is raised again after the requests in flight have
--- ended; after any other error nothing more is sent. A refused sign-in stops the batch. It keeps
--- no journal; `mde cancel` does, and in a playbook mde.batch.
---
---     local report = assert(client:cancel_all(io.lines "ids.txt", { comment = "Stuck, CHG-4711",
---       on_item = function(item) print(item.id, item.verdict, item.error) end }))
---@param targets (string|mde.action|mde.target)[]|fun(): string|mde.action|mde.target|nil ids or actions, or an iterator
---@param options mde.batch_options
---@return mde.report? report
---@return mde.error? err nothing was sent
function changes.methods:cancel_all(targets, options)
  options = options or {}
  errors.check_keys("cancel_all", options, many.options)
  local closed = self:closed_error()
  if closed then return nil, closed end
  local report, err = many.run(self, "cancel_all", targets, options, function(target)
    local item = type(target) == "table" and target.position and target
    if not item then return makers.cancel(self, target, options) end
    return makers[item.change or "cancel"](self, item, options_of(item, options))
  end)
  return report, err  -- no tail call: it uses levels
end

local LAUNCH_OPTIONS = { type = true, sha1 = true, commands = true }
for name, default in pairs(many.options) do LAUNCH_OPTIONS[name] = default end

-- Makes the calls that launch `operation`: one per machine, whatever it is called by.
local function launcher(client, operation, options)
  local seen = {}
  return function(target)
    local id, err = client:machine_id(target)
    if not id then return nil, err end
    if seen[id:lower()] then return false end
    seen[id:lower()] = true
    return makers[operation](client, id:lower(), options)
  end
end

--- Launches an action on many machines under the service's limits, `parallel` at once; each ends
--- with one verdict. A launch whose answer was lost is searched for before it is repeated. It
--- keeps no journal; `mde launch` does, and in a playbook mde.batch.
---
---     local report = assert(client:launch_all("isolate", client:machines { tag = "Infected" },
---       { comment = "INC0048211", on_item = function(item) print(item.machine, item.verdict) end }))
---@param kind "isolate"|"unisolate"|"restrict"|"unrestrict"|"scan"|"collect"|"offboard"|"quarantine"|"live_response"
---@param machines (string|mde.machine|mde.action)[]|fun(): string|mde.machine|mde.action|nil ids, names or machines, or an iterator
---@param options mde.batch_options|{type?: string, sha1?: string, commands?: table[]} with `wait`, an action ends succeeded, failed or accepted
---@return mde.report? report
---@return mde.error? err nothing was sent
function changes.methods:launch_all(kind, machines, options)
  options = options or {}
  if not kinds.launched_by[kind] then
    error(("launch_all: '%s' is no kind of action to launch, such as isolate"):format(
      tostring(kind)), 2)
  end
  errors.check_keys("launch_all", options, LAUNCH_OPTIONS)
  local closed = self:closed_error()
  if closed then return nil, closed end
  local report, err = many.run(self, "launch_all", machines, options,
    launcher(self, kind, options))
  return report, err
end

return changes
