-- Sends any other request of the service: the method `request` of a client.
--
--   client:request("GET", "/api/alerts", { query = { ["$top"] = 10 } })
--   client:request("POST", "/api/advancedqueries/run", { body = { Query = "…" } })
--
-- It obeys the rules of the client's own calls: the token, the quota of its operation (100 calls a
-- minute and 1500 an hour if mde does not know it), the pause after a 429, and retries of reads. A
-- request that changes something is sent once, unless the first one certainly never arrived:
-- err.sent tells whether it may have arrived.

local calls = require "mde.call.call"
local cjson = require "cjson"
local core = require "mde.core"
local json = require "mde.service.json"
local errors = require "mde.base.errors"
local url = require "mde.base.url"

local request = {}

local KNOWN = { query = true, body = true, content_type = true }
local METHODS = { GET = true, POST = true, PUT = true, PATCH = true, DELETE = true }

-- Checks that a path is on the client's own host: the token is sent to no other.
local function path_of(client, text)
  if type(text) ~= "string" then
    return errors.invalid("request: a path must be text, not a %s", type(text))
  end
  local base = client.api_url
  if text:sub(1, #base):lower() == base and text:sub(#base + 1, #base + 1) == "/" then
    text = text:sub(#base + 1)
  end
  if not text:find "^/[^/\\%s%c#]" or text:find "[%s%c#\\\127-\255]" or text:find "/%.%.?/"
     or text:find "/%.%.?$" then
    return errors.invalid("request: '%s' is not the path of a call, such as /api/machines, on %s",
      text:sub(1, 80), base)
  end
  return text
end

-- Adds a query: text, or a table of names and values, which is sorted by name.
local function with_query(path, query)
  if query == nil then return path end
  if type(query) == "string" then
    query = query:gsub("^%?", "")
    if query:find "[%s%c#\127-\255]" then
      return errors.invalid("request: query '%s' is not percent-encoded; give a table instead",
        query:sub(1, 80))
    end
  elseif type(query) == "table" then
    local fields = {}
    for name, value in pairs(query) do
      if type(value) == "table" or type(value) == "function" then
        return errors.invalid("request: query: %s must be text, a number or a boolean, not a %s",
          tostring(name), type(value))
      end
      fields[#fields + 1] = { tostring(name), tostring(value) }
    end
    table.sort(fields, function(a, b) return a[1] < b[1] end)
    for i, field in ipairs(fields) do
      fields[i] = url.encode(field[1]):gsub("%%24", "$", 1) .. "=" .. url.encode(field[2])
    end
    query = table.concat(fields, "&")
  else
    return errors.invalid("request: query must be text or a table, not a %s", type(query))
  end
  return path .. (path:find("?", 1, true) and "&" or "?") .. query
end

local function body_of(body)
  if body == nil or type(body) == "string" then return body end
  if type(body) ~= "table" then
    return errors.invalid("request: body must be text or a table, not a %s", type(body))
  end
  local ok, text = pcall(cjson.encode, body)
  if ok then return text end
  return errors.invalid("request: body: %s", tostring(text))
end

-- Parses an answer: decoded JSON, or its text.
local on_answer = calls.parsing(function(response)
  local kind, text = response.headers["content-type"] or "", response.body
  if text == "" or not kind:find "json" then return text end
  local decoded, problem = json.decode(text)
  if decoded then return decoded end
  return nil, errors.new { code = "bad_answer", status = response.status, sent = true,
                           message = "the service's answer is " .. problem }
end)

-- Checks and encodes a request: { operation = whose quota it takes, method =,
-- path = with the query, body =, content_type = } | nil, err
function request:prepare_request(method, path, options)
  options = options or {}
  errors.check_keys("request", options, KNOWN, 4)
  if not METHODS[method] then
    return errors.invalid("request: '%s' is not GET, POST, PUT, PATCH or DELETE", tostring(method))
  end
  local kind = options.content_type
  if kind ~= nil and (type(kind) ~= "string" or kind == "" or kind:find "[%c\127-\255]") then
    return errors.invalid("request: content_type: '%s' is not a media type",
      errors.line(tostring(kind), 60))
  end
  local target, err = path_of(self, path)
  if not target then return nil, err end
  local whole, body
  whole, err = with_query(target, options.query)
  if not whole then return nil, err end
  body, err = body_of(options.body)
  if err then return nil, err end
  local bare = target:match "^[^?]*":gsub("^/api/v1%.0/", "/api/")
  return { operation = core.operation.match(method, bare), method = method, path = whole,
           body = body, content_type = kind }
end

-- A call that sends a request: { method, path, query, body, content_type }, as in client:request, or
-- `file`, as in client:form, instead of a body. -> call | nil, err
function request:requesting(wanted)
  local form, err = wanted, nil
  if wanted.file then form, err = self:form(wanted.file) end
  if not form then return nil, err end
  local prepared
  prepared, err = self:prepare_request(wanted.method, wanted.path, {
    query = wanted.query, body = form.body, content_type = form.content_type })
  if not prepared then return nil, err end
  return calls.new(self, prepared.operation, prepared, on_answer)
end

--- Sends any other request of the service, with the same token, quota and retries.
---
---     local alerts = client:request("GET", "/api/alerts", { query = { ["$top"] = 10 } })
---@param method string such as "GET"
---@param path string beginning with a slash, such as "/api/alerts"
---@param options? {query?: table|string, body?: table|string, content_type?: string} a table as body is encoded as JSON; text is sent unchanged
---@return table|string|nil answer a table if it is JSON
---@return mde.error? err
function request:request(method, path, options)
  local prepared, err = self:prepare_request(method, path, options)
  if not prepared then return nil, err end
  return self:perform(prepared.operation, prepared, on_answer)
end

return request
