-- Resolves client options: option, environment, default.
--
-- All options are checked before any of them is used.

local credentials = require "mde.auth.credential"
local clock = require "mde.base.clock"
local cloud = require "mde.service.clouds"
local core = require "mde.core"
local errors = require "mde.base.errors"
local option_list = require "mde.config.option_list"
local tables = require "mde.base.tables"
local url = require "mde.base.url"
local version = require "mde.base.version"

local settings = {}

local VARIABLES, SECRET = option_list.by_name "variable", option_list.by_name "is_secret"

---@class mde.options from config/option_list.client

---@class mde.notice
---@field code "not_found"|"too_many_requests"|"service"|"quota" an action that was not found is read again; the service asks to wait; the service fails; the quota is used up
---@field message string for people
---@field seconds? number until the call continues, if known
---@field operation? string
---@field id? string the machine action

---@class mde.request_record
---@field method string
---@field host string
---@field path string
---@field operation string
---@field status? integer of the answer
---@field request_id? string the service's correlation id
---@field seconds number
---@field error? mde.error

settings.known = {}
for _, row in ipairs(option_list.client) do settings.known[row.name] = true end

local function fail(format, ...)
  error(errors.new { code = "invalid_argument", message = format:format(...) }, 0)
end

-- The source of a value

local Source = { variables = VARIABLES }
Source.__index = Source

-- -> the value or nil, its name in messages
function Source:get(name)
  local value = self.options[name]
  if value ~= nil then
    self.used[name] = { value = value, from = "option" }
    return value, name
  end
  local variable = VARIABLES[name]
  value = variable and self.getenv(variable)
  if value == "" then return nil end
  if value ~= nil then self.used[name] = { value = value, from = variable } end
  return value, variable or name
end

-- The values in use and where each came from. -> array of { name, value (text), from }, by name
function Source:origins()
  local list = {}
  for i, name in ipairs(tables.keys(self.used)) do
    local used = self.used[name]
    local value = type(used.value) == "table" and "{ … }" or tostring(used.value)
    list[i] = { name = name, value = SECRET[name] and "<secret>" or value, from = used.from }
  end
  return list
end

-- A value for a message. If it may be a secret in the wrong variable, only its length.
local function shown(value, may_be_secret)
  if type(value) ~= "string" then return "a " .. type(value) end
  if may_be_secret or value:find "@" then return ("the value of %d characters"):format(#value) end
  return "'" .. value .. "'"
end

-- A text option; raises unless `is_good` accepts it.
function Source:text(name, expected, is_good, may_be_secret)
  local value, called = self:get(name)
  if value == nil then return nil end
  if type(value) ~= "string" or not is_good(value) then
    fail("%s: %s is not %s", called, shown(value, may_be_secret), expected)
  end
  return value
end

function Source:refuse(format, ...)
  fail(format, ...)
end

-- A base URL. An explicit cloud takes precedence over the environment.
function Source:base(name, default)
  local value, called = self:get(name)
  if value == nil or (self.options.cloud and self.options[name] == nil) then
    self.used[name] = nil
    return default
  end
  local base, expected = url.base(tostring(value))
  if not base then fail("%s: %s is not %s", called, shown(value), expected) end
  return base
end

-- Limits

local function positive(value)
  return value == nil or (type(value) == "number" and value >= 1 and value % 1 == 0)
end

-- "100,1500" or "off" -> the value of the option
local function quota_of(text)
  if type(text) ~= "string" then return text end
  if text == "off" then return false end
  local per_minute, per_hour = text:match "^(%d+),(%d+)$"
  return { per_minute = tonumber(per_minute), per_hour = tonumber(per_hour) }
end

-- Scales an operation's own limit by given / usual, so that operations with lower limits keep
-- them in proportion.
local function scaled(own, given, usual)
  return own and given and math.max(1, math.floor(own * given / usual))
end

-- -> function(operation) -> calls allowed per minute, per hour
local function limits(source)
  local value, called = source:get "quota"
  local rows = core.operation.rows
  if value == nil then
    return function(operation) return rows[operation].per_minute, rows[operation].per_hour end
  end
  local windows = quota_of(value)
  if windows == false then return function() end end
  if type(windows) ~= "table" or not (windows.per_minute or windows.per_hour)
     or not positive(windows.per_minute) or not positive(windows.per_hour) then
    fail("%s: '%s' is not calls per minute and per hour, such as %s", called,
      type(value) == "table" and "{ … }" or tostring(value),
      called == "quota" and "{ per_minute = 100, per_hour = 1500 }, or false" or "100,1500, or off")
  end
  errors.check_keys("quota", windows, { per_minute = true, per_hour = true }, 7)
  return function(operation)
    local row, usual = rows[operation], rows.list
    return scaled(row.per_minute, windows.per_minute, usual.per_minute),
           scaled(row.per_hour, windows.per_hour, usual.per_hour)
  end
end

-- The proxy to a base's host: the option, or the environment's for https. Loopback addresses
-- never use one.
local function proxy_to(base, source)
  local host, given, getenv = url.host(base), source.options.proxy, source.getenv
  if given == false or url.is_direct(host) then return nil end
  if given ~= nil then
    if type(given) ~= "string" or not given:find "%S" then fail "proxy: must be a URL or false" end
    return given
  end
  if url.is_direct(host, getenv "NO_PROXY" or getenv "no_proxy") then return nil end
  local proxy = getenv "HTTPS_PROXY" or getenv "https_proxy"
  return proxy ~= "" and proxy or nil
end

local function seconds(source, name, default)
  local value = source:get(name)
  if value == nil then return default end
  if type(value) ~= "number" or not (value > 0 and value <= 3600) then
    fail("%s: '%s' is not a number of seconds above 0 (at most 3600)", name, tostring(value))
  end
  return value
end

local function share(source)
  local value = source:get "reserve" or 0
  if type(value) ~= "number" or not (value >= 0 and value <= 0.9) then
    fail("reserve: '%s' is not a share from 0 to 0.9", tostring(value))
  end
  return value
end

local function header_text(text)
  return text ~= "" and not text:find "%c"
end

local function read(options, getenv, world)
  local source = setmetatable({ options = options, getenv = getenv, used = {} }, Source)
  local place = cloud[options.cloud or "commercial"]
  if not place then
    fail("cloud: '%s' is not one of %s", tostring(options.cloud),
      table.concat(tables.keys(cloud), ", "))
  end
  local self = { api_url = source:base("api_url", place.api) }
  local authority = source:base("authority", place.login)
  self.credential, self.application, self.tenant, self.client_id = credentials.read(source,
    { authority = authority, scope = place.scope }, world)
  self.authority, self.scope = authority, place.scope
  self.limits = limits(source)
  self.api_proxy, self.authority_proxy = proxy_to(self.api_url, source), proxy_to(authority, source)
  self.proxy_to = function(address) return proxy_to(address, source) end
  self.timeout = seconds(source, "timeout", 60)
  self.reserve = share(source)
  self.connect_timeout = math.min(10, self.timeout)
  self.http_version = source:text("http_version", "'1.1' or '2'",
    function(text) return text == "1.1" or text == "2" end)
  self.user_agent = source:text("user_agent", "text without control characters", header_text)
                    or "mde/" .. version
  self.ca_file = source:text("ca_file", "the path of a file or folder", header_text)
  self.cloud, self.origins = options.cloud or "commercial", source:origins()
  for _, name in ipairs { "on_request", "on_notice" } do
    self[name] = options[name]
    if self[name] and type(self[name]) ~= "function" then
      fail("%s: must be a function, not a %s", name, type(self[name]))
    end
  end
  return self
end

-- The service's limits from the environment, without credentials. Raises an error for a
-- malformed value. -> function(operation) -> calls allowed per minute, per hour (none if no limit)
function settings.limits(getenv)
  return limits(setmetatable({ options = {}, getenv = getenv, used = {} }, Source))
end

-- The settings of a client. Raises on an unknown option, at the caller of mde.client. `world`
-- (may be nil) has the store of sign-ins, the clock and the host.
-- -> { api_url, authority, scope, tenant and client_id (nil if not known), application (a text
-- that identifies it and its tenant), credential, limits(operation), proxy_to(url), … }
-- | nil, err
function settings.read(options, getenv, world)
  errors.check_keys("mde.client", options, settings.known, 4)
  world = world or {}
  local known = { clock = world.clock or clock.system, store = world.store or {},
                  host = world.host }
  local ok, result = pcall(read, options, getenv, known)
  if ok then return result end
  if errors.is(result) then return nil, result end
  error(result, 0)
end

return settings
