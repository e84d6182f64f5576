-- Runs twenty threads that share one client, inside nginx.
--
-- The first, which fetches the token, is killed while it waits, and nothing is sent for it; so is
-- another, whose own request is in flight. Answers with JSON for nginx_spec.lua.

local cjson = require "cjson"
local clients = require "mde.client"
local core = require "mde.core"
local settings = require "mde.config.options"

local THREADS = 20

local function new_client(url)
  local read = assert(settings.read({
    tenant = "contoso.com", client_id = "3c9f4f0a-58d2-4b77-8f0e-b1a6c2d4e587",
    client_secret = "s", api_url = url, authority = url,
  }, function() end))
  return clients.new(read, { engine = assert(core.engine()), host = require "mde.host.nginx",
                             clock = require "mde.base.clock".system, random = math.random })
end

local function wait_until(condition)
  while not condition() do ngx.sleep(0.001) end
end

return function(url)
  local client, counts = new_client(url), ngx.shared.counts
  local threads, verdicts = {}, {}
  for i = 1, THREADS do
    threads[i] = ngx.thread.spawn(function()
      local id = ("%08x-7557-4ab7-9782-d50480024a4e"):format(i)
      local action, found = client:cancel(id, { comment = "thread " .. i })
      verdicts[i] = action and action.cancellationComment == "thread " .. i and found or "wrong"
    end)
  end
  assert(ngx.thread.kill(threads[1]))
  wait_until(function() return (counts:get "cancel" or 0) == THREADS - 1 end)
  assert(ngx.thread.kill(threads[2]))
  for i = 3, THREADS do ngx.thread.wait(threads[i]) end
  while client.scheduler.tasks[1] do
    client:step()
    ngx.sleep(0.001)
  end
  local cancelled = 0
  for i = 3, THREADS do if verdicts[i] == "cancelled" then cancelled = cancelled + 1 end end
  ngx.say(cjson.encode {
    cancelled = cancelled, killed = { verdicts[1] or "none", verdicts[2] or "none" },
    tokens = counts:get "token", posts = counts:get "cancel",
  })
end
