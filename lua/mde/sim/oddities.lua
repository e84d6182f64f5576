-- What the service, or the way to it, does at times and no client may trip over.
--
-- Those that strike single requests are given as a `when`:
--   true                             each request
--   a number between 0 and 1         each with this probability
--   { nth =, chance =, operation = } all that are given hold: the nth such
--                                    request (a number or an array), a
--                                    probability, "cancel"|"get"|"list"|"token"
--   function(request, operation)     those for which it returns true
-- Without `operation` the token endpoint is struck too.

local errors = require "mde.errors"

local oddities = {}

-- Each oddity and its default.
local KNOWN = {
  -- How the service behaves.
  final_as = 400,         -- a cancel of a final action is answered with 400, 404, or 200
                          -- and the action unchanged
  cancel_takes = 0,       -- seconds until a cancel takes hold
  list_lags = 0,          -- seconds by which the list is behind
  next_link = false,      -- a page has a link that is "endless", "malformed" or leads to an
                          -- "other_host"
  commands_completed = false,  -- when: a cancelled live response had completed its commands
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

local NOT_WHEN = { final_as = true, cancel_takes = true, list_lags = true, next_link = true,
                   throttled_for = true, late_by = true }

local OPERATIONS = { cancel = true, get = true, list = true, token = true }

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
