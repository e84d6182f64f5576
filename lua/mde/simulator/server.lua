-- Serves a simulated service over HTTP on 127.0.0.1. Lua 5.4 only.
--
-- It delays and loses answers as mde.simulator.service asks. Time is that of the service's clock;
-- `step` waits for requests in real time.

local errors = require "mde.base.errors"
local httpd = require "mde.httpd"

local server = {}

local Server = {}
Server.__index = Server

-- Sends an answer, or drops the connection if the answer is lost.
function Server:send(id, answer)
  if answer.lost then return self.httpd:drop(id) end
  self.httpd:answer(id, answer.status, answer.headers, answer.body, answer.length, answer.cut)
end

-- Keeps an answer until `moment`; the list is sorted, the next one last.
function Server:keep(id, answer, moment)
  local position = #self.kept + 1
  while position > 1 and self.kept[position - 1].moment < moment do position = position - 1 end
  table.insert(self.kept, position, { id = id, answer = answer, moment = moment })
end

-- Sends the answers that are due.
function Server:flush()
  local kept, now = self.kept, self.service.clock.monotonic()
  while kept[#kept] and kept[#kept].moment <= now do
    local due = table.remove(kept)
    self:send(due.id, due.answer)
  end
end

-- Seconds to wait for requests, at most `seconds`.
function Server:patience(seconds)
  local due = self.kept[#self.kept]
  if not due then return seconds end
  return math.max(0, math.min(seconds, due.moment - self.service.clock.monotonic()))
end

-- Serves at most a hundred requests; waits for the first at most `seconds`, or until a signal
-- arrives.
function Server:step(seconds)
  self:flush()
  local patience = self:patience(seconds)
  for _ = 1, 100 do
    local request = self.httpd:poll(patience)
    if not request then break end
    patience = 0
    local answer = self.service:answer(request)
    if answer.delay > 0 then
      self:keep(request.id, answer, self.service.clock.monotonic() + answer.delay)
    else
      self:send(request.id, answer)
    end
  end
  self:flush()
end

function Server:close()
  self.httpd:close()
end

Server.__close = Server.close

local function quota_text(limits)
  return limits and ("%d,%d"):format(limits.per_minute, limits.per_hour) or "off"
end

-- Serves `service` (mde.simulator.service) on options.port (default: any free port).
-- -> server | nil, err
--
-- The server has `url`, and `environment`, the variables with which a client finds it.
function server.new(service, options)
  options = options or {}
  errors.check_keys("mde.simulator.server", options, { port = true })
  local listener, err = httpd.listen(options.port or 0)
  if not listener then return nil, errors.new(err) end
  local url = "http://127.0.0.1:" .. listener:port()
  service.url = url
  return setmetatable({
    httpd = listener, service = service, kept = {}, url = url,
    environment = {
      MDE_API_URL = url, AZURE_AUTHORITY_HOST = url, AZURE_TENANT_ID = service.tenant,
      AZURE_CLIENT_ID = service.client_id, AZURE_CLIENT_SECRET = service.client_secret,
      MDE_QUOTA = quota_text(service.quota and service.quota.limits),
    },
  }, Server)
end

return server
