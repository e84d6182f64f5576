-- Fetches, refreshes and shares the access token of a client's calls.
--
-- Only one fetch runs at a time; each call keeps the fetch that it waits for and reads its
-- result. A token is refreshed before it expires. If that fails, the old token is used until it
-- expires.

local core = require "mde.core"
local errors = require "mde.base.errors"
local jwt = require "mde.auth.jwt"
local retry = require "mde.base.retry"
local retry_after = require "mde.service.retry_after"

local token = {}

-- Refuses a token of another tenant than `tenant`, if that is an id (a domain name can't be
-- compared). -> true, the tenant in the token (or nil) | nil, err
function token.check(header, tenant)
  local named = jwt.owner(header:reveal():match "%S+$")
  local expected = tenant and core.operation.guid(tenant)
  if not named or not expected or named == expected then return true, named end
  return nil, errors.new {
    code = "sign_in", operation = "token",
    message = ("signing in: the token is for tenant %s, not for %s: check tenant and"
      .. " authority, or the token"):format(named, expected),
  }
end

-- A fetch: a state machine with the steps of a call (see mde.call.call).

local Fetch = {}
Fetch.__index = Fetch

local CLAIM = 10   -- seconds that a process may claim the fetch; then another may take over
local LOOK = 0.05  -- seconds between two checks for a token that another process fetched

-- Reports if this process has to fetch the token. If tokens are shared, another process may have
-- fetched one meanwhile (then this fetch has ended), or may be fetching.
function Fetch:is_ours(now)
  local shared = self.token.shared
  if not (shared and shared.claim) then return true end
  if self.token:adopt(now, self.token.header) then
    self.done, self.token.fetching = true, nil
    return false
  end
  self.name = self.name or core.random_guid()
  return shared:claim(self.token.credential.identity, self.name, CLAIM)
end

function Fetch:finish(now, got, err)
  if got and now >= self.started + got.lifetime then
    got, err = nil, errors.new { code = "bad_answer",
                                 message = "signing in: the token had expired on arrival" }
  end
  if got then
    local ours, problem = self.token:recognise(got.header)
    if not ours then got, err = nil, problem end
  end
  if err then err.operation = "token" end
  self.done, self.err = true, err
  self.token:fetched(self, now, got)
  local shared = self.token.shared
  if self.name and shared then shared:release(self.token.credential.identity, self.name) end
end

-- Takes the credential's result for an answer: the end, or another round after a pause, with as
-- many attempts as the first.
function Fetch:take(now, got, err)
  if not (got and got.pause) then return self:finish(now, got, err) end
  self.attempt, self.not_before = 0, now + got.pause
end

-- Lets the credential handle a request that failed. -> false if it does not
function Fetch:is_handled(now, err)
  local failed = err and self.token.credential.failed
  if not failed then return false end
  local got, problem = failed(err)
  if not got and not problem then return false end
  self:take(now, got, problem)
  return true
end

function Fetch:judge(now, response, err)
  self.in_flight, self.attempt = false, self.attempt + 1
  local again = err and err.code ~= "tls" and err.code ~= "invalid_request"
                or response and (response.status == 429 or retry.is_transient(response.status))
  err = err and errors.new { code = err.code, message = "signing in: " .. err.message }
  if self:is_handled(now, err) then return end
  if again and self.attempt < retry.attempts then
    self.not_before = now + (response and retry_after(response)
                             or retry.delay(self.attempt, self.token.random))
    self.token.notify_wait("token", "service", now, self.not_before, response
      and ("the login service failed (HTTP %d)"):format(response.status)
      or "the login service can't be reached")
  elseif err then
    self:finish(now, nil, err)
  else
    self:take(now, self.token.credential.read(response))
  end
end

function Fetch:step(now, response, err)
  if response or err then self:judge(now, response, err) end
  while not self.done do
    if self.in_flight then return "wait" end
    if now < self.not_before then return "wait", self.not_before end
    if not self:is_ours(now) then return self.done and "done" or "wait", now + LOOK end
    self.started = now
    local request, problem, got = self.token.credential.request()
    if request then
      self.in_flight = true
      return "start", request
    end
    self:finish(now, got, problem)
  end
  return "done"
end

local Token = {}
Token.__index = Token

-- The value of an Authorization header, as a secret; nil if `text` is not a bearer token
-- (RFC 6750, 2.1).
function token.header(text)
  if type(text) ~= "string" or not text:find "^[%w%-%._~%+/]+=*$" then return nil end
  return core.secret("Bearer " .. text)
end

-- `credential` is described in mde.auth.grant. `world` has clock, random (gives a number in
-- [0, 1)), tenant (if known), and the store that shares tokens with other processes.
-- add(fetch) hands a fetch to the scheduler. named(tenant, application) receives the ids in a
-- token before its first use, if the token names both.
function token.new(credential, world, add, named)
  return setmetatable({
    notify_wait = function(...)
      if world.notify_wait then world:notify_wait(...) end
    end,
    credential = credential, clock = world.clock, random = world.random, add = add,
    named = named or function() end,
    tenant = world.tenant,
    shared = credential.identity and world.store.tokens,
    header = credential.header,  -- "Bearer …", a secret
    refresh_at = math.huge, expires_at = math.huge,
  }, Token)
end

function Token:fetch()
  if not self.fetching or self.fetching.done then
    local fetch = setmetatable({ token = self, attempt = 0, not_before = -math.huge,
                                 operation = "token" }, Fetch)
    self.add(fetch)
    self.fetching = fetch
  end
  return self.fetching
end

-- Refuses a token of another tenant or application than the one before, because quota and
-- batches belong to these.
local function check_same(self, tenant, application)
  if not self.tenant_id or not self.application_id
     or tenant == self.tenant_id and application == self.application_id then
    return true
  end
  return nil, errors.new {
    code = "sign_in", operation = "token",
    message = ("signing in: the token is for application %s in tenant %s, the one before was"
      .. " for %s in %s: make a new client for it"):format(application, tenant,
      self.application_id, self.tenant_id),
  }
end

-- Checks a token, and keeps its tenant and application in `tenant_id` and `application_id` (nil
-- until a token names both). -> true | nil, err
function Token:recognise(header)
  local ours, err = token.check(header, self.tenant)
  if not ours then return nil, err end
  local tenant, application = jwt.owner(header:reveal():match "%S+$")
  if not (tenant and application) then return true end
  ours, err = check_same(self, tenant, application)
  if not ours then return nil, err end
  self.tenant_id, self.application_id = tenant, application
  self.named(tenant, application)
  return true
end

-- Makes a token current that expires `lifetime` seconds after `moment`.
function Token:use(header, moment, lifetime)
  self.header = header
  self.expires_at = moment + lifetime
  self.refresh_at = self.expires_at - math.min(300, lifetime / 4)
end

-- The time by which shared tokens expire: the store's own, which never steps, if it has one.
local function shared_time(self)
  local shared = self.shared
  return shared.now and shared:now(self.clock) or self.clock.wall()
end

-- Takes the result of a fetch. The lifetime counts from the time at which the request was sent.
function Token:fetched(fetch, now, got)
  self.fetching = nil
  if got then
    self:use(got.header, fetch.started, got.lifetime)
    if self.shared and not got.is_passing then
      self.shared:put(self.credential.identity, got.header,
        shared_time(self) + self.expires_at - now)
    end
  else
    self.refresh_at = now + 30  -- until then the old token is used, if it has not expired
  end
end

-- Uses a token fetched by another process, if there is one other than `old` that lives for more
-- than a minute. -> true if so
function Token:adopt(now, old)
  local header, expires_at = self.shared:get(self.credential.identity)
  local lifetime = header and expires_at - shared_time(self) or 0
  if header == old or lifetime <= 60 or not self:recognise(header) then return false end
  self:use(header, now, lifetime)
  return true
end

-- -> the value of the Authorization header | nil, the fetch to wait for
function Token:current(now)
  if self.header and now >= self.expires_at then self.header = nil end
  if not self.header and self.shared and not self.fetching then self:adopt(now) end
  if not self.header then return nil, self:fetch() end
  if now >= self.refresh_at and not self.fetching then self:fetch() end
  return self.header
end

-- Discards the token in `header`, which the service refused, unless another call has fetched a
-- newer one meanwhile. -> false if no new token can be fetched
function Token:refuse(header)
  if self.header == header and self.credential.request then self.header = nil end
  if self.shared then self.shared:forget(self.credential.identity, header) end
  return self.credential.request ~= nil
end

return token
