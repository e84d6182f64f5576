-- The service of service.conf, in nginx: tokens, machine actions that are Pending until they
-- are cancelled, lists of some of them by their ids; and what a test asks and tells it.

local cjson = require "cjson"

local service = {}

local counts = ngx.shared.counts

local function count(name) return counts:incr(name, 1, 0) end

-- Waits while a test holds `name` ("token", "cancel").
local function wait(name)
  while counts:get("hold " .. name) and not ngx.worker.exiting() do ngx.sleep(0.005) end
end

local function action(id)
  local comment = counts:get("comment " .. id)
  return { id = id, type = "Isolate", status = comment and "Cancelled" or "Pending",
           requestor = "soar@contoso.com", creationDateTimeUtc = "2026-01-23T20:00:00Z",
           lastUpdateDateTimeUtc = comment and ngx.utctime():gsub(" ", "T") .. "Z" or nil,
           cancellationComment = comment,
           cancellationDateTimeUtc = comment and ngx.utctime():gsub(" ", "T") .. "Z" or nil }
end

local function token()
  count "token"
  wait "token"
  if counts:get "deny token" then
    ngx.status = 401
    return ngx.say '{"error":"invalid_client","error_description":"AADSTS7000215: wrong"}'
  end
  ngx.say '{"token_type":"Bearer","expires_in":3599,"access_token":"sesame"}'
end

-- A cancel takes effect when it comes; only its answer is held back.
local function cancel(id)
  count "cancel"
  count("cancel " .. id)
  counts:set("comment " .. id, cjson.decode(ngx.req.get_body_data()).Comment)
  wait "cancel"
  ngx.say(cjson.encode(action(id)))
end

local function list()
  count "list"
  local rows = {}
  for id in ngx.unescape_uri(ngx.var.args or ""):gmatch "%x+%-%x+%-%x+%-%x+%-%x+" do
    rows[#rows + 1] = action(id)
  end
  ngx.say(rows[1] and cjson.encode { value = rows } or '{"value":[]}')
end

function service.answer()
  local path = ngx.var.uri
  ngx.header.content_type = "application/json"
  local id, verb = path:match "^/api/machineactions/([%x%-]+)/?(%a*)$"
  if path:find "/oauth2/v2.0/token$" then return token() end
  if verb == "cancel" then return cancel(id) end
  if id then
    count "get"
    ngx.sleep(counts:get "slow get" or 0)
    return ngx.say(cjson.encode(action(id)))
  end
  if path == "/api/machineactions" then return list() end
  ngx.exit(404)
end

-- /hold/NAME, /release/NAME, /deny/token, /slow/get (2 s), /clear. Each answers with all
-- counts as JSON.
function service.control()
  local verb, name = ngx.var.uri:match "^/(%a+)/?(%a*)$"
  if verb == "hold" then counts:set("hold " .. name, true) end
  if verb == "release" then counts:delete("hold " .. name) end
  if verb == "deny" then counts:set("deny " .. name, true) end
  if verb == "slow" then counts:set("slow " .. name, 2) end
  if verb == "clear" then counts:flush_all() end
  local all = {}
  for _, key in ipairs(counts:get_keys(0)) do
    if not key:find "^comment " and not key:find "^hold "
       and not key:find "^deny " and not key:find "^slow " then all[key] = counts:get(key) end
  end
  ngx.say(cjson.encode(all))
end

return service
