-- The store in nginx: windows and tokens in a shared dictionary of its workers.
--
-- Declare the dictionary with lua_shared_dict, for mde only. It survives a reload of nginx, but no
-- restart. No worker waits for another, and a worker that dies blocks none: windows are a log with
-- one numbered key per entry, and an entry is appended by an add that succeeds for one worker only.
-- Slots and notes take effect at once. Moments are the machine's monotonic time, the same for all
-- workers.
--
-- Entries expire when they no longer count. A full dictionary is an error of the store, since no
-- entry may be lost before.

local core = require "mde.core"
local errors = require "mde.base.errors"
local memory = require "mde.store.memory"

local nginx = {}

-- Windows

local Windows = {}
Windows.__index = Windows

-- Seconds that an entry is kept: a call that lasts half of it may still be in a window. A worker
-- that read its last entry earlier has missed no entry that counts.
local KEPT = 7300

local function fail(problem)
  error(errors.new { code = "store", message = ("nginx: the shared dictionary failed (%s): it may"
    .. " be too small, try lua_shared_dict mde 10m;"):format(tostring(problem)) }, 0)
end

-- If the next entry has expired, continues at the first one that exists.
function Windows:skip()
  local dictionary, first = self.dictionary, self.dictionary:get(self.prefix .. "last") or 0
  if first <= self.seen then return end
  while first > self.seen and dictionary:get(self.prefix .. first) do first = first - 1 end
  self.seen = first
end

-- Returns the entry after the ones already read, or nil.
function Windows:next()
  local text = self.dictionary:get(self.prefix .. self.seen + 1)
  if not text then return nil end
  self.seen = self.seen + 1
  local operation, kind, slot, moment = text:match "^(%S+) (%S+) (%S+) (%S+)$"
  return { operation = operation, kind = kind, slot = slot ~= "-" and slot or tostring(self.seen),
           moment = tonumber(moment) }
end

-- Returns the other workers' notes since the last call.
function Windows:news()
  local events = self.unheard
  self.unheard = {}
  if not self.dictionary:get(self.prefix .. self.seen + 1) then self:skip() end
  for event in self.next, self do events[#events + 1] = event end
  return events
end

-- Appends an entry, unless another worker has appended one that was not read yet.
-- -> its number | nil | nil, problem: the dictionary is full
function Windows:append(operation, kind, slot, moment)
  local number = self.seen + 1
  local text = ("%s %s %s %s"):format(operation, kind, slot or "-",
    moment and ("%.6f"):format(moment) or "-")
  local dictionary, key = self.dictionary, self.prefix .. number
  local added, problem = dictionary:safe_add(key, text, KEPT)
  if problem == "no memory" then
    dictionary:flush_expired()
    added, problem = dictionary:safe_add(key, text, KEPT)
  end
  if not added then return nil, problem ~= "exists" and problem or nil end
  self.seen = number
  dictionary:safe_set(self.prefix .. "last", number)
  return number
end

-- Takes a slot that counts at `moment`, or at its answer if that comes earlier. -> its name | false:
-- there are news, and another worker may have taken the slot
function Windows:take(operation, moment)
  local number, problem = self:append(operation, "taken", nil, moment)
  if problem then fail(problem) end
  return number and tostring(number) or false
end

-- Notes the result of a slot. If the dictionary is full, the slot counts as answered at taken +
-- timeout, which exceeds no limit, and the next `take` raises the error.
function Windows:note(operation, kind, slot, moment)
  local number, problem = self:append(operation, kind, slot, moment)
  while not (number or problem) do
    self.unheard[#self.unheard + 1] = self:next()
    number, problem = self:append(operation, kind, slot, moment)
  end
end

-- Tokens

local Tokens = {}
Tokens.__index = Tokens

-- Returns the token of `identity` and its expiry (wall clock), or nil.
function Tokens:get(identity)
  local expires_at, header = (self.dictionary:get("token " .. identity) or "")
    :match "^(%S+) (.*)$"
  if header then return core.secret(header), tonumber(expires_at) end
end

-- Stores the token if there is room. A worker without a token fetches one.
function Tokens:put(identity, header, expires_at)
  self.dictionary:safe_set("token " .. identity, ("%.3f %s"):format(expires_at, header:reveal()))
end

-- Removes a token, unless it was replaced by another.
function Tokens:forget(identity, header)
  if self:get(identity) == header then self.dictionary:delete("token " .. identity) end
end

-- Claims the fetch of a token for `who` (a text), for `seconds` or until `release`.
-- -> true | false: another worker fetches it
function Tokens:claim(identity, who, seconds)
  local key = "fetch " .. identity
  local added, problem = self.dictionary:safe_add(key, who, seconds)
  return added or problem ~= "exists" or self.dictionary:get(key) == who
end

function Tokens:release(identity, who)
  local key = "fetch " .. identity
  if self.dictionary:get(key) == who then self.dictionary:delete(key) end
end

local Store = {}
Store.__index = Store

-- Returns the windows of an application in a tenant.
function Store:windows(application)
  local windows = self.by_application[application]
  if not windows then
    windows = setmetatable({ dictionary = self.dictionary, prefix = "slot " .. application .. " ",
                             buckets = {}, is_shared = true, seen = 0, unheard = {} }, Windows)
    self.by_application[application] = windows
  end
  return windows
end

function Store:commit() end
function Store:rollback() end
function Store:close() end

-- Opens a store in `dictionary`, an element of ngx.shared.
function nginx.new(dictionary)
  return setmetatable({
    name = "nginx", dictionary = dictionary, by_application = {},
    tokens = setmetatable({ dictionary = dictionary }, Tokens), sessions = memory.new().sessions,
  }, Store)
end

return nginx
