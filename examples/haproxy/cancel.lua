-- An HAProxy service that cancels a machine action:
--
--   POST /cancel   { "id": "5382f7ea-…", "comment": "INC0048211" }
--   200            { "id": "5382f7ea-…", "verdict": "cancelled", "status": "Cancelled" }
--
-- 200 means that the state of the action is known; the verdict may also be "already_final". A
-- failure is { "error": { "code": …, "message": … } }. haproxy.cfg restricts the clients.
--
-- Other clients are served meanwhile. If the quota is used up, an answer may take a minute or an
-- hour. If the client hangs up before, the action may be cancelled nevertheless; a second request
-- returns its state.

local cjson = require "cjson.safe"
local mde = require "mde"

local LONGEST = 8192  -- bytes of a body

local client = assert(mde.client())

local STATUS = { invalid_argument = 400, not_found = 404 }

local function answer(applet, status, value)
  local text = cjson.encode(value)
  applet:set_status(status)
  applet:add_header("content-type", "application/json")
  applet:add_header("content-length", tostring(#text))
  applet:start_response()
  applet:send(text)
end

local function refuse(applet, status, code, message)
  answer(applet, status, { error = { code = code, message = message } })
end

-- The body, or a little more than LONGEST bytes of it. It is read to its end before any wait:
-- otherwise HAProxy 2.6 with abortonclose would abort when a client hangs up.
local function read(applet)
  local body = ""
  repeat
    local piece = applet:receive(LONGEST)
    body = body .. piece
  until piece == "" or #body > LONGEST
  return body
end

core.register_service("cancel", "http", function(applet)
  if applet.method ~= "POST" then return refuse(applet, 405, "method", "use POST") end
  local body = read(applet)
  if #body > LONGEST then
    return refuse(applet, 413, "too_large", "the body has more than " .. LONGEST .. " bytes")
  end
  local wanted = cjson.decode(body)
  if type(wanted) ~= "table" or type(wanted.id) ~= "string"
     or type(wanted.comment) ~= "string" then
    return refuse(applet, 400, "invalid_argument",
      'the body must be JSON such as { "id": "5382f7ea-…", "comment": "INC0048211" }')
  end
  local action, verdict, failed = client:cancel(wanted.id, { comment = wanted.comment })
  if action then
    return answer(applet, 200, { id = action.id, verdict = verdict, status = action.status })
  end
  answer(applet, STATUS[verdict.code] or 502, {
    id = wanted.id, verdict = failed,
    error = { code = verdict.code, message = tostring(verdict) },
  })
end)
