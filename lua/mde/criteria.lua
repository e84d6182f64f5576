-- Which actions are meant: a table as callers write it, made into what the
-- service filters and what is filtered here.
--
--   status, type         text or array of texts
--   requestor            a user's name, an application's id or its name
--   machine              a machine's id, or its whole DNS name (case does not matter)
--   older_than, newer_than   since when: seconds, or a duration such as "4h"
--   after, before        a date with zone such as "2026-01-23T20:10:40Z", or seconds
--                        since 1970
--   filter               OData as it is, in addition
--   limit                at most so many

local date = require "mde.date"
local duration = require "mde.duration"
local entity = require "mde.entity"
local errors = require "mde.errors"
local odata = require "mde.odata"

local criteria = {}

local CREATION = "creationDateTimeUtc"

-- {{ Each key: check(value, now) -> OData condition | nil, message
--                                 | nil, nil, predicate

local function one_of(field, known)
  local set = {}
  for _, name in ipairs(known) do set[name] = true end
  return function(value)
    local list = type(value) == "table" and value or { value }
    if #list == 0 then return nil, "no " .. field .. " is given" end
    for _, name in ipairs(list) do
      if not set[name] then
        return nil, ("'%s' is not one of %s"):format(tostring(name), table.concat(known, ", "))
      end
    end
    return odata.is(field, list)
  end
end

local function text(value, what)
  if type(value) == "string" and value:find "%S" then return value end
  return nil, ("'%s' is not %s"):format(tostring(value), what)
end

local function requestor(value)
  local name, problem = text(value, "the name of a user or application")
  return name and odata.is("requestor", name), problem
end

-- The service can filter by the machine's id, not by its name.
local function machine(value)
  local name, problem = text(value, "a machine's id or DNS name")
  if not name then return nil, problem end
  name = name:lower()
  if #name >= 32 and name:find "^%x+$" then return odata.is("machineId", name) end
  return nil, nil, function(action)
    return action.computerDnsName ~= nil and action.computerDnsName:lower() == name
  end
end

local function age(operator)
  return function(value, now)
    local seconds, problem = duration.parse(value)
    if not seconds then return nil, problem end
    return ("%s %s %s"):format(CREATION, operator, odata.date(now - seconds))
  end
end

-- A date as the service writes it goes out as it is, to its last digit.
local function moment(operator)
  return function(value)
    local seconds, problem = value, nil
    if type(value) ~= "number" then seconds, problem = date.parse(tostring(value)) end
    if not seconds then return nil, problem end
    local exact = type(value) == "string" and value:match "^[%d-]+T[%d:]+%.%d+Z$"
    return ("%s %s %s"):format(CREATION, operator, exact or odata.date(seconds))
  end
end

local function raw(value)
  local filter, problem = text(value, "an OData filter")
  return filter and "(" .. filter .. ")", problem
end

local CHECKS = {
  status = one_of("status", entity.statuses), type = one_of("type", entity.types),
  requestor = requestor, machine = machine,
  older_than = age "lt", newer_than = age "gt", before = moment "lt", after = moment "gt",
  filter = raw,
}

-- The order of conditions, so that the same criteria make the same request.
local ORDER = { "status", "type", "requestor", "machine", "older_than", "newer_than", "after",
                "before", "filter" }

-- }}

-- The keys as a set.
criteria.known = { limit = true }
for key in pairs(CHECKS) do criteria.known[key] = true end

-- Checks `wanted`, whose keys are known and whose ages count from `now` (seconds
-- since 1970).
-- -> { filter (OData or nil), matches (function(action) or nil), limit } | nil, err
function criteria.compile(wanted, now)
  local conditions, matches = {}, nil
  for _, key in ipairs(ORDER) do
    if wanted[key] ~= nil then
      local condition, problem, predicate = CHECKS[key](wanted[key], now)
      if problem then return errors.invalid("%s: %s", key, problem) end
      conditions[#conditions + 1] = condition
      matches = matches or predicate
    end
  end
  local limit = wanted.limit
  if limit ~= nil and (type(limit) ~= "number" or limit < 1 or limit % 1 ~= 0) then
    return errors.invalid("limit: '%s' is not a whole number above 0", tostring(limit))
  end
  return { filter = odata.all(conditions), matches = matches, limit = limit }
end

return criteria
