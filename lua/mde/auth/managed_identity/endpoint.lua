-- Shared by managed identities: token requests to a local endpoint, and answers.
--
-- Such an endpoint is on the machine or on its own link, so requests bypass proxies.

local json = require "mde.service.json"
local errors = require "mde.base.errors"
local grant = require "mde.auth.grant"
local url = require "mde.base.url"

local endpoint = {}

local WHO = "the managed identity endpoint"

-- The request for a token. `query` is an array of { name, value }, or { name } to omit it.
function endpoint.get(address, query, headers, connect_timeout)
  local fields = {}
  for _, field in ipairs(query) do
    if field[2] then fields[#fields + 1] = field end
  end
  headers.accept = "application/json"
  return { method = "GET", url = address .. "?" .. url.form(fields), headers = headers,
           is_direct = true, connect_timeout = connect_timeout }
end

function endpoint.is_json(response)
  return json.decode(response.body) ~= nil
end

-- The error that lets another credential be tried: there is no managed identity.
function endpoint.absent(why)
  return nil, errors.new { code = "missing_credential", message = "no managed identity: " .. why }
end

-- Reads an answer -> token | nil, err
function endpoint.read(response, clock)
  local got, err = grant.token(response, WHO, clock)
  if got then return { header = got.header, lifetime = got.lifetime, is_passing = true } end
  if response.status == 400 then
    local _, absent = endpoint.absent "none is assigned, or none with the given client id"
    absent.status, absent.service_code = 400, err.service_code
    return nil, absent
  end
  return nil, err
end

return endpoint
