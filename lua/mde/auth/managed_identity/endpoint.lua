-- What the endpoints of managed identities have in common: they are on the machine or
-- beside it, so that no proxy is in between, and they answer alike.

local entity = require "mde.service.entity"
local errors = require "mde.base.errors"
local grant = require "mde.auth.grant"
local url = require "mde.base.url"

local endpoint = {}

local WHO = "the managed identity endpoint"

-- The request of a token. `query` is an array of { name, value }; those without a value
-- are left out.
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
  return entity.decode(response.body) ~= nil
end

-- There is no managed identity, so that another way to sign in may be tried.
function endpoint.absent(why)
  return nil, errors.new { code = "missing_credential", message = "no managed identity: " .. why }
end

-- What an answer says.
function endpoint.read(response, clock)
  local got, err = grant.token(response, WHO, clock)
  if got then return { header = got.header, lifetime = got.lifetime, is_passing = true } end
  if response.status == 400 then
    local _, absent = endpoint.absent "none is assigned, or not the one of the given client id"
    absent.status, absent.service_code = 400, err.service_code
    return nil, absent
  end
  return nil, err
end

return endpoint
