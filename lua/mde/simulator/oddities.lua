-- Oddities of the service and the network that every client must survive.
--
-- Those that affect single requests take a `when`:
--   true                             each request
--   a number between 0 and 1         each with this probability
--   a rule                           each request for which all of its keys hold
--   an array of rules                each request for which one of them holds
--   function(request, operation)     those for which it returns true
--
-- The keys of a rule:
--   operation   the name of an operation; "changes": those that can change something; "api":
--               all but sign-in and downloads from links. Without it: all
--   nth         the nth such request: a number or an array
--   chance      a probability
--   share       this share of the machines, always the same ones: 0.5 is half of them
--   after       once the service was asked for more changes than this
--   lasts       with `after`: for this many seconds from then on

local errors = require "mde.base.errors"
local tables = require "mde.base.tables"

local oddities = {}

-- Each oddity and its default.
local KNOWN = {
  -- Behaviour of the service.
  final_as = 400,         -- the answer to a cancel of a final action: 400, 404, or 200 with the
                          -- action unchanged
  cancel_takes = 0,       -- seconds until a cancel takes effect
  list_lags = 0,          -- seconds by which the list is behind
  reading_lags = 0,       -- seconds after its creation until lists show an action; before, get
                          -- and cancel are answered with 404
  next_link = false,      -- each page, the last one too, has a link that is "endless",
                          -- "malformed", "empty", "null", or leads to an "other_host"
  cut_pages = false,      -- most rows per page, regardless of $top; cut pages have a link
  commands_completed = false,  -- when: a cancelled live response had completed its commands
  launch_status = 201,    -- status of the answer to a launch; 200 has been seen
  duplicate_as = "existing",  -- a launch of an action that is already open returns that one;
                          -- "error": 400, as a live response always does
  fills_after = 0,        -- seconds after launch in which an action lacks scope, commands and,
                          -- for some types, its machine; the launch's answer always lacks them
  disallowed = false,     -- when: 403, the launch is not allowed for the machine's group
  forbidden = false,      -- when: 403, the application lacks permission for this; without effect
  pending_sessions = false,  -- if true, Pending live responses also count among the 25 at once
  no_machines_as = 200,   -- status of a list of machines without rows; also 404
  -- Downloads.
  sas_host = false,       -- the start of links, such as "https://else.example"; default: our own
  blob_changes = false,   -- when: the content changes from now on, with another ETag
  no_ranges = false,      -- when: a range was requested, the whole file is sent
  cut_blob = false,       -- when: the connection ends after half of the file
  -- Unexpected answers.
  internal_error = false,   -- when: 500, HTML; without effect
  bad_gateway = false,      -- when: 502, HTML; the request took effect
  unavailable = false,      -- when: 503, HTML; without effect
  throttled = false,        -- when: 429 within the quota, as if others used it
  throttled_for = 8,        -- seconds that such an answer asks to wait
  no_retry_after = false,   -- when: a 429 lacks the header
  revoked_token = false,    -- when: 401, and the token is invalid from now on
  cut_json = false,         -- when: the second half of the body is missing
  -- Missing and late answers.
  unreachable = false,      -- when: no connection; only in process
  lost_before = false,      -- when: the connection ends, without effect
  lost_after = false,       -- when: the connection ends; the request took effect
  late = false,             -- when: the request took effect, but the answer is late
  late_by = 120,            -- seconds
}

local NOT_WHEN = {}
for name in ([[final_as cancel_takes list_lags reading_lags next_link cut_pages throttled_for
    late_by launch_status duplicate_as fills_after no_machines_as sas_host
    pending_sessions]]):gmatch "%S+" do
  NOT_WHEN[name] = true
end

local OPERATIONS = {}
for name in ([[api changes token download
    cancel get list package_uri result_uri
    isolate unisolate restrict unrestrict scan collect offboard quarantine live_response
    machine machines find_by_tag find_by_ip tag tag_machines set_device_value
    library upload delete_file]]):gmatch "%S+" do
  OPERATIONS[name] = true
end

-- The keys of a rule. Each returns a function(request, operation) that returns a boolean.

local KEYS = {}

function KEYS.operation(rule)
  local wanted = rule.operation
  if wanted == "changes" then return function(request) return request.changes ~= nil end end
  if wanted == "api" then
    return function(_, operation) return operation ~= "token" and operation ~= "download" end
  end
  return function(_, operation) return operation == wanted end
end

function KEYS.after(rule, service)
  local begun
  return function()
    if service.changes <= rule.after then return false end
    local now = service.clock.monotonic()
    begun = begun or now
    return not rule.lasts or now < begun + rule.lasts
  end
end

-- Ids of machines are hexadecimal digits, at random.
function KEYS.share(rule)
  return function(request)
    local digits = tonumber((request.machine_id or ""):sub(1, 4), 16)
    return digits ~= nil and digits < rule.share * 65536
  end
end

function KEYS.nth(rule)
  local wanted, seen = {}, 0
  for _, n in ipairs(type(rule.nth) == "table" and rule.nth or { rule.nth }) do
    wanted[n] = true
  end
  return function()
    seen = seen + 1
    return wanted[seen] == true
  end
end

function KEYS.chance(rule, service)
  return function() return service.random() < rule.chance end
end

-- `nth` counts the requests for which all before it hold.
local ORDER = { "operation", "after", "share", "nth", "chance" }

-- A rule -> function(request, operation)
local function matcher(name, rule, service)
  errors.check_keys(name, rule, { operation = true, after = true, lasts = true, share = true,
                                  nth = true, chance = true })
  assert(not rule.operation or OPERATIONS[rule.operation],
    ("%s: no operation '%s'"):format(name, tostring(rule.operation)))
  local tests = {}
  for _, key in ipairs(ORDER) do
    if rule[key] then tests[#tests + 1] = KEYS[key](rule, service) end
  end
  return function(request, operation)
    for _, holds in ipairs(tests) do
      if not holds(request, operation) then return false end
    end
    return true
  end
end

local compile

local function any_of(name, rules, service)
  local matchers = {}
  for i, rule in ipairs(rules) do matchers[i] = compile(name, rule, service) end
  return function(request, operation)
    for _, matches in ipairs(matchers) do
      if matches(request, operation) then return true end
    end
    return false
  end
end

function compile(name, when, service)
  if not when or type(when) == "function" then return when end
  if when == true then return function() return true end end
  if type(when) == "number" and when > 0 and when < 1 then
    return matcher(name, { chance = when }, service)
  end
  if type(when) == "table" then
    return (when[1] and any_of or matcher)(name, when, service)
  end
  error(("oddity '%s': '%s' is neither true, a probability, a table nor a function")
    :format(name, tostring(when)), 0)
end

-- The oddities of `options`, each `when` as a function(request, operation) or false. Raises on an
-- unknown oddity. `service` has `random`, `clock` and `changes`, the number
-- of changes that it was asked for. A request has `changes`, the id of what it would change, and
-- `machine_id`, of the machine that this is about; nil if there is none.
function oddities.new(options, service)
  errors.check_keys("oddities", options, KNOWN)
  local self = tables.merged(KNOWN, options)
  for name, value in pairs(self) do
    if not NOT_WHEN[name] then self[name] = compile(name, value, service) end
  end
  return self
end

return oddities
