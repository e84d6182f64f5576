-- The store in nginx: windows and tokens in a shared dictionary (lua_shared_dict) of its
-- workers. A reload keeps it, a restart of nginx does not. It should be of mde alone.
--
-- Nothing here waits for another worker, and none can hinder the others by its death:
-- windows are a log, an entry a key, numbered, and the next entry is appended by an
-- add that succeeds for one worker only. What is taken or noted stands at once. Moments are
-- the machine's monotonic time, the same for all workers.
--
-- Entries expire when they count no more. A full dictionary is an error of the store, as no
-- entry may be lost before.

local core = require "mde.core"
local errors = require "mde.base.errors"
local memory = require "mde.store.memory"

local nginx = {}

-- {{ Windows

local Windows = {}
Windows.__index = Windows

-- Seconds that an entry stays: as long as a call that lasts half of it may be in a window.
-- Whoever is further behind has missed nothing that counts.
local KEPT = 7300

local function fail(problem)
  error(errors.new { code = "store", message = ("nginx: the shared dictionary failed (%s): is it"
    .. " large enough? lua_shared_dict mde 10m;"):format(tostring(problem)) }, 0)
end

-- Goes to the first entry that there still is, where the next one is no longer there.
function Windows:skip()
  local dictionary, first = self.dictionary, self.dictionary:get(self.prefix .. "last") or 0
  if first <= self.seen then return end
  while first > self.seen and dictionary:get(self.prefix .. first) do first = first - 1 end
  self.seen = first
end

-- The entry after those that were seen, or nil.
function Windows:next()
  local text = self.dictionary:get(self.prefix .. self.seen + 1)
  if not text then return nil end
  self.seen = self.seen + 1
  local operation, kind, slot, moment = text:match "^(%S+) (%S+) (%S+) (%S+)$"
  return { operation = operation, kind = kind, slot = slot ~= "-" and slot or tostring(self.seen),
           moment = tonumber(moment) }
end

-- What the others noted since this was last asked.
function Windows:news()
  local events = self.unheard
  self.unheard = {}
  if not self.dictionary:get(self.prefix .. self.seen + 1) then self:skip() end
  for event in self.next, self do events[#events + 1] = event end
  return events
end

-- Appends an entry, unless another worker has appended one that was not seen.
-- -> its number | nil | nil, problem: there is no room
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

-- Takes a slot that counts at `moment` unless its answer comes earlier. -> its name | false:
-- there is news, in which somebody may have taken it
function Windows:take(operation, moment)
  local number, problem = self:append(operation, "taken", nil, moment)
  if problem then fail(problem) end
  return number and tostring(number) or false
end

-- Notes what came of a slot. If the dictionary is full, the slot counts as answered at taken +
-- timeout, which exceeds no limit: the error is that of the next `take`.
function Windows:note(operation, kind, slot, moment)
  local number, problem = self:append(operation, kind, slot, moment)
  while not (number or problem) do
    self.unheard[#self.unheard + 1] = self:next()
    number, problem = self:append(operation, kind, slot, moment)
  end
end

-- }}

-- {{ Tokens

local Tokens = {}
Tokens.__index = Tokens

-- The token of `identity` and when it expires (wall clock), or nil.
function Tokens:get(identity)
  local expires_at, header = (self.dictionary:get("token " .. identity) or "")
    :match "^(%S+) (.*)$"
  if header then return core.secret(header), tonumber(expires_at) end
end

-- Keeps it if there is room: whoever finds none fetches one.
function Tokens:put(identity, header, expires_at)
  self.dictionary:safe_set("token " .. identity, ("%.3f %s"):format(expires_at, header:reveal()))
end

-- Forgets a token, unless another one has come in its place.
function Tokens:forget(identity, header)
  if self:get(identity) == header then self.dictionary:delete("token " .. identity) end
end

-- Whether `who` (a text) may fetch a token, as nobody else does, for `seconds` or until
-- it is said to be done.
function Tokens:claim(identity, who, seconds)
  local key = "fetch " .. identity
  local added, problem = self.dictionary:safe_add(key, who, seconds)
  return added or problem ~= "exists" or self.dictionary:get(key) == who
end

function Tokens:release(identity, who)
  local key = "fetch " .. identity
  if self.dictionary:get(key) == who then self.dictionary:delete(key) end
end

-- }}

local Store = {}
Store.__index = Store

-- The windows of an application in a tenant.
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

-- A store in `dictionary`, an element of ngx.shared.
function nginx.new(dictionary)
  return setmetatable({
    name = "nginx", dictionary = dictionary, by_application = {},
    tokens = setmetatable({ dictionary = dictionary }, Tokens), sessions = memory.new().sessions,
  }, Store)
end

return nginx
