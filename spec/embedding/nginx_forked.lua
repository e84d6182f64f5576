-- One client that nginx's master makes and its workers use: see forked.conf.

local clients = require "mde.client"
local core = require "mde.core"
local settings = require "mde.config.options"

local ID = "00000001-7557-4ab7-9782-d50480024a4e"

local forked = {}

-- In the master. The call starts to sign in and fails, since nginx can't sleep there.
function forked.begin(url)
  local read = assert(settings.read({
    tenant = "contoso.com", client_id = "3c9f4f0a-58d2-4b77-8f0e-b1a6c2d4e587",
    client_secret = "s", api_url = url, authority = url,
  }, function() end))
  forked.client = clients.new(read, {
    engine = assert(core.engine()), host = require "mde.host.nginx",
    clock = require "mde.base.clock".system, random = math.random,
  })
  local works = pcall(forked.client.cancel, forked.client, ID, { comment = "in the master" })
  assert(not works and forked.client.scheduler.tasks[1], "nothing was left in flight")
end

-- In a worker.
function forked.go_on()
  local action, verdict = forked.client:cancel(ID, { comment = "in a worker" })
  ngx.say(action and verdict or tostring(verdict))
end

return forked
