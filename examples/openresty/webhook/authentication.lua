-- Who may ask: nobody, unless one of these is set in the environment.
--
--   WEBHOOK_SECRET    a shared secret: requests are signed as Standard Webhooks says, by the
--                     headers webhook-id, webhook-timestamp (seconds since 1970, five minutes
--                     off at most) and webhook-signature: "v1," and the base64 of the HMAC
--                     with SHA-256 of "id.timestamp.body". "whsec_" and base64, or plain text.
--   WEBHOOK_CLIENTS   common names, separated by commas, of client certificates that nginx has
--                     verified (ssl_verify_client)

local mde = require "mde"

local authentication = {}

local LONGEST_AGO = 300  -- seconds

-- The bytes of a secret, or nil where they are none.
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

-- Why everybody is refused, or nil.
authentication.refusal = given and not secret and "WEBHOOK_SECRET: base64 must follow whsec_"
  or not (secret or clients) and "set WEBHOOK_SECRET or WEBHOOK_CLIENTS" or nil

-- Whether one of the signatures (several are separated by spaces) is right.
local function is_signed(id, timestamp, body, signatures)
  local code = mde.hmac_sha256(secret, ("%s.%s.%s"):format(id, timestamp, body))
  local expected = mde.secret("v1," .. ngx.encode_base64(code))
  for signature in signatures:gmatch "%S+" do
    if mde.secret(signature) == expected then return true end
  end
  return false
end

-- -> name of the request | nil, why not
local function by_signature(body)
  local headers = ngx.req.get_headers()
  local id, timestamp, signature = headers["webhook-id"], headers["webhook-timestamp"],
    headers["webhook-signature"]
  if type(id) ~= "string" or type(timestamp) ~= "string" or type(signature) ~= "string" then
    return nil, "webhook-id, webhook-timestamp and webhook-signature are wanted"
  end
  local moment = timestamp:match "^%d+$" and tonumber(timestamp)
  if not moment or math.abs(ngx.time() - moment) > LONGEST_AGO then
    return nil, "webhook-timestamp is more than five minutes off, or no number of seconds"
  end
  if not id:find "^[%w_%-]+$" or #id > 100 then
    return nil, "webhook-id is not letters, digits, - and _, a hundred at most"
  end
  if not is_signed(id, timestamp, body, signature) then return nil, "the signature is wrong" end
  return id
end

-- Whether the client's certificate was verified and has a name that is listed.
local function by_certificate()
  if not clients or ngx.var.ssl_client_verify ~= "SUCCESS" then return false end
  -- RFC 2253, the most specific first; what is escaped is no part of a name that is listed.
  local subject = "," .. (ngx.var.ssl_client_s_dn or ""):gsub("\\.", "\\")
  local name = subject:match ",CN=([^,+]+)"
  for listed in clients:gmatch "[^,]+" do
    if name == listed:match "^%s*(.-)%s*$" then return true end
  end
  return false
end

-- Whether the request with this body may be answered. -> its name, by which it is known when
-- it comes again (nil: it has none) | false, why not
function authentication.check(body)
  if by_certificate() then
    local id = ngx.req.get_headers()["webhook-id"]
    return type(id) == "string" and id:find "^[%w_%-]+$" and #id <= 100 and id or nil
  end
  if not secret then return false, "a client certificate that is listed is wanted" end
  local id, problem = by_signature(body)
  return id or false, problem
end

return authentication
