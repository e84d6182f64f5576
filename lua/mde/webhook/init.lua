-- A webhook that cancels machine actions, for nginx with its Lua module and for OpenResty.
--
-- It answers with the functions of nginx, and reads its settings from the environment.
-- mde.webhook.authentication checks clients; mde.webhook.jobs has the guarantees of a 202.

-- The module `mde.webhook`, which runs in nginx and OpenResty alone: doc/embedding.md describes it,
-- examples/openresty has its configuration.
---@class mde.webhook
---@field start fun() signs in, and takes over jobs of dead workers: `init_worker_by_lua_block`
---@field serve fun() answers a request: `content_by_lua_block`

if not rawget(_G, "ngx") then
  error("mde.webhook runs in nginx with its Lua module, or in OpenResty", 0)
end

local authentication = require "mde.webhook.authentication"
local cjson = require "cjson.safe"
local jobs = require "mde.webhook.jobs"
local mde = require "mde"
local watch = require "mde.webhook.watch"

local webhook = {}

local MOST_IDS = 500  -- of a request
local WAIT = tonumber(os.getenv "WEBHOOK_WAIT") or 5  -- seconds until the answer is 202
local GLANCE = 0.05   -- seconds between two checks if a job has ended
local REST = 30       -- seconds until a failed sign-in is tried again

local client
local sign_in = { state = "checking" }  -- later "ok", or "failed" with an error

local function answer(status, value)
  ngx.status = status
  ngx.header.content_type = "application/json"
  ngx.say(cjson.encode(value))
end

local function refuse(status, code, message)
  answer(status, { error = { code = code, message = message } })
end

-- Requests

-- -> ids in lower case, comment | nil, message
local function read(body)
  local wanted = cjson.decode(body)
  local ids = type(wanted) == "table" and (wanted.ids or { wanted.id })
  if type(ids) ~= "table" or ids[1] == nil or type(wanted.comment) ~= "string"
     or not wanted.comment:find "%S" then
    return nil, 'the body must be JSON such as { "ids": ["5382f7ea-7557-4ab7-9782-d50480024a4e"],'
      .. ' "comment": "INC0048211" }'
  end
  if #ids > MOST_IDS then return nil, ("more than %d ids"):format(MOST_IDS) end
  local list, seen = {}, {}
  for i, id in ipairs(ids) do
    local good, err = mde.check("cancel", { id = id, comment = wanted.comment })
    if not good then return nil, ("ids[%d]: %s"):format(i, err.message) end
    id = id:lower()
    if not seen[id] then list[#list + 1] = id end
    seen[id] = true
  end
  return list, wanted.comment
end

local function show(job)
  local state = jobs.look(job)
  if not state then return refuse(404, "not_found", "there is no such job, or it has expired") end
  if state.state == "open" then ngx.header.location = "/cancel/" .. job end
  answer(state.state == "open" and 202 or 200, state)
end

-- Accepts a job, and waits for its end at most WAIT seconds.
local function post(name, body)
  local ids, comment = read(body)
  if not ids then return refuse(400, "invalid_argument", comment) end
  local job, problem = jobs.add(name, ids, comment)
  if problem == "full" then
    ngx.log(ngx.ERR, "the dictionary mde_jobs or mde_open is full")
    return refuse(503, "full", "not accepted: too many jobs are stored; try again later")
  end
  if not job then
    return refuse(409, "conflict", "a different request has used this webhook-id")
  end
  ngx.timer.at(0, function(premature)
    if not premature then jobs.drive(client, job) end
  end)
  local waited = 0
  while jobs.is_open(job) and waited < WAIT and not ngx.worker.exiting() do
    ngx.sleep(GLANCE)
    waited = waited + GLANCE
  end
  show(job)
end

-- The body of the request | nil if nginx refuses its size
local function body_of()
  ngx.req.read_body()
  local body = ngx.req.get_body_data()
  if body or not ngx.req.get_body_file() then return body or "" end
  return nil
end

local STATES = { checking = true, ok = true }  -- of the sign-in, in which cancels are accepted

-- For load balancers: says nothing that a stranger may not know.
local function healthz()
  local is_well = not authentication.refusal and client ~= nil and STATES[sign_in.state] == true
  answer(is_well and 200 or 503, { state = is_well and "ok" or "failed" })
end

-- Answers a request.
function webhook.serve()
  if ngx.var.uri == "/healthz" and ngx.req.get_method() == "GET" then return healthz() end
  if authentication.refusal then
    return refuse(403, "forbidden", "this webhook is not configured, and refuses every request")
  end
  local body = body_of()
  if not body then return refuse(413, "too_large", "the body is too large") end
  local name, problem = authentication.check(body)
  if name == false then return refuse(401, "unauthorized", problem) end
  local path, method = ngx.var.uri, ngx.req.get_method()
  if not client then
    return refuse(503, "not_ready", "the webhook can't start: " .. sign_in.error)
  end
  if path == "/cancel" and method == "POST" then return post(name, body) end
  if path == "/status" and method == "GET" then
    return answer(200, { sign_in = sign_in, open_jobs = jobs.count(), failure = jobs.failure(),
                         watch = watch.last() })
  end
  local job = path:match "^/cancel/([%w_%-]+)$"
  if job and method == "GET" then return show(job) end
  refuse(404, "not_found", "use POST /cancel, GET /cancel/JOB, GET /status or GET /healthz")
end

-- Signs in at the start, so that an error shows then and not during the first incident; again
-- until it succeeds.
local function check_sign_in(premature)
  if premature then return end
  local _, err = client:permissions()
  sign_in = err and { state = "failed", error = tostring(err) } or { state = "ok" }
  if not err then return end
  ngx.log(ngx.ERR, "the webhook can't sign in: ", sign_in.error)
  ngx.timer.at(REST, check_sign_in)
end

-- Signs in, and starts the background work of a worker.
function webhook.start()
  if authentication.refusal then
    return ngx.log(ngx.ERR, "the webhook refuses every request: ", authentication.refusal)
  end
  local err
  client, err = mde.client()
  if not client then
    sign_in = { state = "failed", error = tostring(err) }
    return ngx.log(ngx.ERR, "the webhook can't start: ", tostring(err))
  end
  ngx.timer.at(0, check_sign_in)
  jobs.start(client)
  watch.start(client)
end

return webhook
