-- Writes the events of a batch to the journal and to the audit log.
--
-- Its functions are called in the commit of a scheduler pass, so that no request is sent before its
-- intent is on disk.

local answer = require "mde.service.response"
local audit = require "mde.program.audit.log"
local failure = require "mde.program.exit"
local notify = require "mde.program.batch.notify"
local stores = require "mde.program.session.store"
local system = require "mde.program.system"
local verdicts = require "mde.service.verdicts"

local recorder = {}

local Recorder = {}
Recorder.__index = Recorder

-- Buffers a line for the audit log until the next commit.
function Recorder:log(what, fields)
  local batch = self.batch
  fields.what, fields.who, fields.time = what, self.who, self.store:wall()
  fields.batch, fields.tenant, fields.plan = batch.name, batch.tenant, batch.plan
  for key, value in pairs(self.actor) do fields[key] = value end
  self.entries[#self.entries + 1] = fields
end

-- Writes the buffered lines, and the chain's head into the transaction that is about to end. Lines
-- are on disk before the transaction, so that the journal never has a line that a power failure
-- removes.
function Recorder:write()
  if not self.audit or #self.entries == 0 then return end
  local head = failure.check(self.audit:append(self.entries, self.head, true))
  self.entries, self.before = {}, self.head
  self.head, self.is_written = head, true
  self.store.journal:note_audit_head(self.audit.id, head, self.place)
end

-- Discards the lines of a failed transaction: the next one writes the same items again.
function Recorder:take_back(certain)
  self.entries = {}
  if self.is_written and certain then
    self.audit:take_back()
    self.head = self.before
  end
  self.is_written = false
end

-- Waits for the audit log before a transaction begins, which other processes would wait for.
function Recorder:await()
  if self.audit then failure.check(self.audit:await()) end
end

-- Ends the use of the store.
function Recorder:finish()
  self.store.database.before_begin = nil
end

-- Keeps the written lines after the commit.
function Recorder:settle()
  self.is_written = false
end

-- Adds an event of the batch to the running transaction.
function Recorder:add(kind, detail)
  if kind == "begun" then self.batch:begin() end
  if kind == "closed" then self.batch:close(self.who, detail)
  else self.batch:note(kind, self.who, detail) end
  notify.of_batch(self.batch, kind, detail)
  local is_own = kind == "closed" or kind == "overridden"
  self:log("batch " .. kind, { comment = is_own and detail or self.batch.comment })
end

-- Records an event of the batch: "begun", "resumed", "overridden", "stopped", "ended", "closed".
-- A draft becomes a batch with "begun": if that can't be recorded, it stays a draft.
function Recorder:note(kind, detail)
  local store = self.store
  store.database:repeatedly(function()
    local done, raised = pcall(function()
      store.database:begin()
      self:add(kind, detail)
      store:commit()
    end)
    if done then return end
    store:rollback()
    error(raised, 0)
  end)
end

-- Records that a request with an effect is about to be sent.
function Recorder:sent(call)
  self.batch:sent(call.target)
end

-- -> the id of the action that a call has launched | nil
local function launched_by(call)
  if not call.following then return nil end
  local action = call.launch and not call.undo and call.value
  return call.following.id or action and action.id or nil
end

-- The words before the id of the action.
local RESULT = setmetatable({ existing = "under way before: " },
  { __index = function() return "launched " end })

-- Returns the message of a call without an error, or nil.
local function message_of(call, launched_id)
  if launched_id then return RESULT[call.verdict] .. launched_id end
  local accepted = call.verdict == "cancelled" and call.accepted
  return accepted and accepted.status == "InProgress" and verdicts.had_begun or nil
end

-- Returns the result of a call, for the journal.
local function outcome_of(call)
  local action, err, response = call.value or {}, call.err or {}, call.post_response
  local launched_id = launched_by(call)
  return {
    verdict = call.verdict, status = action.status,
    machine = action.computerDnsName or call.target.name,
    machine_id = action.machineId, type = action.type, requestor = action.requestor,
    http = response and response.status or err.status,
    request_id = response and answer.request_id(response) or err.request_id,
    error = err.code,
    message = err.message or message_of(call, launched_id),
    launched = launched_id,
  }
end

-- -> the last request of a call that had, or may have had, an effect: "POST /api/…" | nil
local function request_of(call)
  local posted = call.posted
  if not posted then return nil end
  local line, launched_id = posted.method .. " " .. (posted.path or ""):match "^[^?]*",
    launched_by(call)
  return launched_id and call.verdict ~= "existing" and line .. ", which launched " .. launched_id
         or line
end

-- Reports whether the last line of an item, by a process that was killed before its commit, stands:
-- it has the same verdict, or a settled one, while this process only failed to read the result.
local function stands(written, call)
  if written == call.verdict then return written ~= call.target.verdict end
  return verdicts.settled[written] and not verdicts.settled[call.verdict] and not call.posted
end

-- Buffers the line of an item, unless the last one stands.
function Recorder:log_end(call, outcome)
  local id, written = call.id, self.written[call.id]
  self.written[id] = nil
  if written and stands(written, call) then return end
  self:log(call.target.change, {
    id = id, verdict = call.verdict, request_id = outcome.request_id, status = outcome.http,
    comment = call.comment or call.target.comment or self.batch.comment,
    request = request_of(call),
  })
end

-- Returns the settled verdicts of the batch in the audit log. The journal may lack some, if the
-- process that wrote them was killed. -> { id -> { code = verdict } }
function Recorder:settled()
  local known = {}
  for id, verdict in pairs(self.written) do
    known[id] = verdicts.settled[verdict] and { code = verdict } or nil
  end
  return known
end

-- Records the result of a call. A call that was never sent and has no error has none: its item stays
-- open. One whose request the service refused for now is unsent, but no longer in flight.
function Recorder:ended(call)
  if call.verdict == "unsent" and not (call.err or call.posted) then return end
  local outcome = outcome_of(call)
  self.batch:ended(call.target, outcome)
  self:log_end(call, outcome)
  if self.batch.count == 1 and verdicts.settled[call.verdict]  -- in the same commit
    and not self.batch.closed then
    self:add "ended"
    self.has_ended = true
  end
end

-- Returns the actor for the audit log, from the claims of a token. `user` and `user_name` exist
-- only if a user signed in.
function recorder.actor(claims, profile)
  local function text(...)
    for i = 1, select("#", ...) do
      local value = claims[(select(i, ...))]
      if type(value) == "string" and value ~= "" then return value:sub(1, 256) end
    end
  end
  local is_delegated = claims.scp ~= nil
  return {
    application = text("appid", "azp"), profile = profile,
    user = is_delegated and text("oid", "sub") or nil,
    user_name = is_delegated and text("upn", "preferred_username", "unique_name", "name") or nil,
  }
end

-- Creates the writer for `batch` (of `store`'s journal). `actor`: see above; nil: not known. If the
-- store is in memory, there is no audit log.
function recorder.new(store, batch, actor)
  local _, machine = system.process.who()
  local folder = store.name ~= "memory" and stores.folder()
  local self = setmetatable({
    store = store, batch = batch, who = stores.who(), entries = {}, actor = actor or {},
    audit = folder and failure.check(audit.open(folder .. "/audit.jsonl")), place = stores.place(),
  }, Recorder)
  self.head = self.audit and store.journal:audit_head(self.audit.id, machine)
  local is_resumed = self.audit and batch:run_count() > 0
  self.written = is_resumed and failure.check(self.audit:verdicts(batch.name)) or {}
  store.database.before_begin = function() self:await() end
  store.before_commit = function() self:write() end
  store.after_commit = function() self:settle() end
  store.after_rollback = function(certain) self:take_back(certain) end
  return self
end

return recorder
