-- What the service, or the way to it, does at times and no client may trip over.
--
-- Those that strike single requests are given as a `when`:
--   true                             each request
--   a number between 0 and 1         each with this probability
--   { nth =, chance =, operation = } all that are given hold: the nth such
--                                    request (a number or an array), a
--                                    probability, the name of an operation
--   function(request, operation)     those for which it returns true
-- Without `operation` the token endpoint is struck too. "download" is the fetching
-- of what a link leads to.

local errors = require "mde.base.errors"

local oddities = {}

-- Each oddity and its default.
local KNOWN = {
  -- How the service behaves.
  final_as = 400,         -- a cancel of a final action is answered with 400, 404, or 200
                          -- and the action unchanged
  cancel_takes = 0,       -- seconds until a cancel takes hold
  list_lags = 0,          -- seconds by which the list is behind
  reading_lags = 0,       -- seconds after its creation that an action is in no list, and a get
                          -- or cancel of it is answered with 404
  next_link = false,      -- each page, the last one too, has a link that is "endless",
                          -- "malformed", "empty", "null", or leads to an "other_host"
  cut_pages = false,      -- rows of a page at most, whatever $top says; cut ones have a link
  commands_completed = false,  -- when: a cancelled live response had completed its commands
  launch_status = 201,    -- of the answer to a launch; 200 has been seen
  duplicate_as = "existing",  -- a launch where the same is open answers with that one, or
                          -- "error": 400; a live response always does
  fills_after = 0,        -- seconds after its launch that an action lacks scope, commands and,
                          -- of some types, its machine; the launch's answer always does
  disallowed = false,     -- when: 403, the launch is not allowed for the machine's group
  no_machines_as = 200,   -- a list of machines without one is answered with this; 404 too
  -- How what links lead to is served.
  sas_host = false,       -- the start of links, such as "https://else.example"; the service's own
  blob_changes = false,   -- when: from now on it is another one, with another ETag
  no_ranges = false,      -- when: a part was asked for, the whole comes
  cut_blob = false,       -- when: the connection ends after half of it
  -- Answers out of the blue.
  internal_error = false,   -- when: 500, HTML; without effect
  bad_gateway = false,      -- when: 502, HTML; the request took effect
  unavailable = false,      -- when: 503, HTML; without effect
  throttled = false,        -- when: 429 within the quota: others share it
  throttled_for = 8,        -- seconds that such an answer asks to wait
  no_retry_after = false,   -- when: a 429 lacks the header
  revoked_token = false,    -- when: 401, and the token is worthless from now on
  cut_json = false,         -- when: the second half of the body is missing
  -- Answers that do not come, or late.
  unreachable = false,      -- when: no connection; only in process
  lost_before = false,      -- when: the connection ends, without effect
  lost_after = false,       -- when: the connection ends; the request took effect
  late = false,             -- when: took effect, but the answer comes late
  late_by = 120,            -- seconds
}

local NOT_WHEN = {}
for name in ([[final_as cancel_takes list_lags reading_lags next_link cut_pages throttled_for
    late_by launch_status duplicate_as fills_after no_machines_as sas_host]]):gmatch "%S+" do
  NOT_WHEN[name] = true
end

local OPERATIONS = {}
for name in ([[token download
    cancel get list package_uri result_uri
    isolate unisolate restrict unrestrict scan collect offboard quarantine live_response
    machine machines find_by_tag find_by_ip tag tag_machines set_device_value
    library upload delete_file]]):gmatch "%S+" do
  OPERATIONS[name] = true
end

-- { nth =, chance =, operation = } -> function(request, operation)
local function matcher(name, rule, random)
  errors.check_keys(name, rule, { nth = true, chance = true, operation = true })
  assert(not rule.operation or OPERATIONS[rule.operation],
    ("%s: no operation '%s'"):format(name, tostring(rule.operation)))
  local wanted, seen = nil, 0
  if rule.nth then
    wanted = {}
    local numbers = type(rule.nth) == "table" and rule.nth or { rule.nth }
    for _, n in ipairs(numbers) do wanted[n] = true end
  end
  return function(_, operation)
    if rule.operation and operation ~= rule.operation then return false end
    seen = seen + 1
    return (not wanted or wanted[seen] == true) and (not rule.chance or random() < rule.chance)
  end
end

local function compile(name, when, random)
  if not when or type(when) == "function" then return when end
  if when == true then return function() return true end end
  if type(when) == "number" and when > 0 and when < 1 then
    return matcher(name, { chance = when }, random)
  end
  if type(when) == "table" then return matcher(name, when, random) end
  error(("oddity '%s': '%s' is neither true, a probability, a table nor a function")
    :format(name, tostring(when)), 0)
end

-- The oddities of `options`, each `when` as a function(request, operation) or
-- false. Raises on what is unknown.
function oddities.new(options, random)
  errors.check_keys("oddities", options, KNOWN)
  local self = {}
  for name, default in pairs(KNOWN) do
    local value = options[name]
    if value == nil then value = default end
    self[name] = NOT_WHEN[name] and value or compile(name, value, random)
  end
  return self
end

return oddities
