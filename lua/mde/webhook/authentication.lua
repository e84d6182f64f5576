-- Authenticates requests, by signature or client certificate.
--
-- Every request is refused unless one of these is set in the environment:
--
--   WEBHOOK_SECRET    a shared secret, "whsec_" and base64, or plain text. Requests are signed in
--                     the way of Standard Webhooks, by the headers webhook-id, webhook-timestamp
--                     (seconds since 1970, at most five minutes off) and webhook-signature: "v1,"
--                     and the base64 of the HMAC with SHA-256 of "id.timestamp.body"
--   WEBHOOK_CLIENTS   common names, separated by commas, of client certificates that nginx has
--                     verified (ssl_verify_client)

local mde = require "mde"

local authentication = {}

local LONGEST_AGO = 300  -- seconds

-- The bytes of a secret, or nil if it is malformed.
local function key_of(text)
  local coded = text:match "^whsec_(.*)$"
  local key = coded and ngx.decode_base64(coded) or not coded and text
  return key and key ~= "" and mde.secret(key) or nil
end

local function setting(name)
  local value = os.getenv(name)
  return value ~= "" and value or nil
end

local given, clients = setting "WEBHOOK_SECRET", setting "WEBHOOK_CLIENTS"
local secret = given and key_of(given)

-- The reason why every request is refused, or nil.
authentication.refusal = given and not secret and "WEBHOOK_SECRET: base64 must follow whsec_"
  or not (secret or clients) and "set WEBHOOK_SECRET or WEBHOOK_CLIENTS" or nil

-- Reports if one of the signatures (separated by spaces) is right.
local function is_signed(id, timestamp, body, signatures)
  local code = mde.hmac_sha256(secret, ("%s.%s.%s"):format(id, timestamp, body))
  local expected = mde.secret("v1," .. ngx.encode_base64(code))
  for signature in signatures:gmatch "%S+" do
    if mde.secret(signature) == expected then return true end
  end
  return false
end

-- -> name of the request | nil, reason
local function by_signature(body)
  local headers = ngx.req.get_headers()
  local id, timestamp, signature = headers["webhook-id"], headers["webhook-timestamp"],
    headers["webhook-signature"]
  if type(id) ~= "string" or type(timestamp) ~= "string" or type(signature) ~= "string" then
    return nil, "webhook-id, webhook-timestamp and webhook-signature are required"
  end
  local moment = timestamp:match "^%d+$" and tonumber(timestamp)
  if not moment or math.abs(ngx.time() - moment) > LONGEST_AGO then
    return nil, "webhook-timestamp is more than five minutes off, or not a number of seconds"
  end
  if not id:find "^[%w_%-]+$" or #id > 100 then
    return nil, "webhook-id must be letters, digits, - and _, at most a hundred"
  end
  if not is_signed(id, timestamp, body, signature) then return nil, "the signature is wrong" end
  return id
end

-- Reports if the client's certificate was verified and its name is listed.
local function by_certificate()
  if not clients or ngx.var.ssl_client_verify ~= "SUCCESS" then return false end
  -- RFC 2253, the most specific first. Escaped characters occur in no listed name.
  local subject = "," .. (ngx.var.ssl_client_s_dn or ""):gsub("\\.", "\\")
  local name = subject:match ",CN=([^,+]+)"
  for listed in clients:gmatch "[^,]+" do
    if name == listed:match "^%s*(.-)%s*$" then return true end
  end
  return false
end

-- Checks a request with this body. -> its name, the same if it is repeated (or nil) | false, reason
function authentication.check(body)
  if by_certificate() then
    local id = ngx.req.get_headers()["webhook-id"]
    return type(id) == "string" and id:find "^[%w_%-]+$" and #id <= 100 and id or nil
  end
  if not secret then return false, "a client certificate with a listed name is required" end
  local id, problem = by_signature(body)
  return id or false, problem
end

return authentication
