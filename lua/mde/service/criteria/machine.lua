-- Criteria that select machines.
--
-- The service filters by all of them except the group. Machines with a tag or an address come
-- from calls of their own, which take no filter; with these, all other criteria are applied
-- here.

---@class mde.machine_criteria
---@field name? string the whole DNS name, or its beginning and a "*" (case does not matter)
---@field id? string|string[] a machine's id, or an array of 100 at most
---@field tag? string a tag, or its beginning and a "*"
---@field ip? string an address that it had within 15 minutes of `at`
---@field at? number|string with `ip`: a date, or seconds since 1970, within the past 30 days; default now
---@field health? string|string[] such as "Active"
---@field risk? string|string[] such as "High"
---@field exposure? string|string[]
---@field value? string|string[] "Low", "Normal" or "High"
---@field onboarding? string|string[] such as "Onboarded"
---@field os? string|string[] such as "Windows11"
---@field group? string the device group's name
---@field seen_within? number|string since its last full report: seconds, or a duration such as "1d"
---@field not_seen_for? number|string since its last full report
---@field filter? string an OData filter, in addition
---@field limit? integer the most machines to return

local core = require "mde.core"
local criteria = require "mde.service.criteria"
local date = require "mde.base.date"
local errors = require "mde.base.errors"
local machines = require "mde.service.machine"
local odata = require "mde.service.odata"
local tables = require "mde.base.tables"

local NAME = "computerDnsName"
local MOST_IDS = 100            -- in one filter, because it is part of a URL
local LONGEST_AGO = 30 * 86400  -- seconds back that the service can look up an address

-- "web*" -> "web", true; "web1" -> "web1", false; nil, message
local function pattern(value, what)
  local text, problem = criteria.text(value, what)
  if not text then return nil, problem end
  local prefix = text:match "^(.+)%*$"
  if (prefix or text):find("*", 1, true) then
    return nil, ("'%s' is not %s, or its beginning and a * at the end")
      :format(errors.line(text, 60), what)
  end
  return prefix or text, prefix ~= nil
end

local function begins(text, prefix)
  return text:sub(1, #prefix) == prefix
end

-- Asks for the name as given and in lower case: the service may compare case, and stores most
-- names in lower case.
local function conditions(name, is_prefix)
  local lower = name:lower()
  local both = lower == name and { name } or { name, lower }
  if not is_prefix then return odata.is(NAME, both) end
  for i, text in ipairs(both) do
    both[i] = ("startswith(%s,%s)"):format(NAME, odata.text(text))
  end
  return #both == 1 and both[1] or "(" .. table.concat(both, " or ") .. ")"
end

local function named(value)
  local name, detail = pattern(value, "a machine's DNS name")
  if not name then return nil, detail end
  local is_prefix, lower = detail, name:lower()
  return { text = ("name %s '%s'"):format(is_prefix and "begins with" or "is", name),
           service = conditions(name, is_prefix), matches = function(machine)
    local held = (machine[NAME] or ""):lower()
    return is_prefix and begins(held, lower) or held == lower
  end }
end

local function identified(value)
  local list, problem = machines.ids(value)
  if not list then return nil, problem.message end
  if #list == 0 then return nil, "no id is given" end
  if #list > MOST_IDS then return nil, ("%d are more than %d"):format(#list, MOST_IDS) end
  local set = tables.set(list)
  return { text = "id is " .. table.concat(list, " or "), service = odata.is("id", list),
           matches = function(machine) return set[machine.id:lower()] == true end }
end

-- Applied here only if the service looks up an address.
local function tagged(value)
  local tag, is_prefix = pattern(value, "a tag")
  if not tag then return nil, is_prefix end
  local lower = tag:lower()
  return { text = ("a tag %s '%s'"):format(is_prefix and "begins with" or "is", tag),
           matches = function(machine)
    for _, held in ipairs(machine.machineTags or {}) do
      held = held:lower()
      if held == lower or is_prefix and begins(held, lower) then return true end
    end
    return false
  end }
end

local Machines = criteria.form({
  { "name", named },
  { "id", identified },
  { "health", criteria.one_of("healthStatus", "health", machines.health) },
  { "risk", criteria.one_of("riskScore", "risk", machines.risks) },
  { "exposure", criteria.one_of("exposureLevel", "exposure", machines.exposures) },
  { "value", criteria.one_of("deviceValue", "value", machines.values) },
  { "os", criteria.any_of("osPlatform", "os", "a platform such as Windows11") },
  { "group", criteria.same("rbacGroupName", "group", "a device group's name") },
  { "onboarding", criteria.one_of("onboardingStatus", "onboarding", machines.onboarding) },
  { "seen_within", criteria.age("lastSeen", "last seen", "gt") },
  { "not_seen_for", criteria.age("lastSeen", "last seen", "lt") },
  { "tag", tagged },
}, { "id" }, function(_, compiled) return compiled.source.path end)
for _, key in ipairs { "ip", "at" } do Machines.known[key] = true end
Machines.known.order = nil

-- The source of a list, { operation, arguments, path }

local function source(operation, arguments)
  local encoded, err = core.operation.encode(operation, arguments)
  if not encoded then return nil, errors.new(err) end
  return { operation = operation, arguments = arguments, path = encoded.path }
end

-- Parses `at`, the moment at which a machine had an address. -> number of seconds | nil, err
local function moment_of(value, now)
  if value == nil then return math.floor(now) end
  local seconds, problem = value, nil
  if type(value) ~= "number" then seconds, problem = date.parse(tostring(value)) end
  if not seconds then return errors.invalid("at: %s", problem) end
  if seconds > now + 60 or seconds < now - LONGEST_AGO then
    return errors.invalid("at: '%s' is not within the past 30 days: the service keeps addresses no"
      .. " longer", tostring(value))
  end
  return seconds
end

local function by_address(wanted, now)
  local moment, err = moment_of(wanted.at, now)
  if not moment then return nil, err end
  return source("find_by_ip", { ip = tostring(wanted.ip), timestamp = date.text(moment) })
end

local function by_tag(value)
  local tag, is_prefix = pattern(value, "a tag")
  if not tag then return errors.invalid("tag: %s", is_prefix) end
  return source("find_by_tag", { query = odata.query {
    { "tag", tag }, { "useStartsWithFilter", is_prefix and "true" or "false" } } })
end

-- -> source | nil, err
local function source_of(wanted, now)
  if wanted.at ~= nil and wanted.ip == nil then
    return errors.invalid "at: ip is missing: `at` is the time at which a machine had the address"
  end
  if wanted.ip ~= nil then return by_address(wanted, now) end
  if wanted.tag ~= nil then return by_tag(wanted.tag) end
  return source("machines", {})
end

local compile = Machines.compile

-- As Form:compile; the compiled criteria also have `source`.
function Machines:compile(wanted, now)
  local found, err = source_of(wanted, now)
  if not found then return nil, err end
  local asked = wanted
  if found.operation == "find_by_tag" then  -- the service looks up the tag
    asked = tables.merged(wanted)
    asked.tag = nil
  end
  local compiled
  compiled, err = compile(self, asked, now, found.operation ~= "machines")
  if not compiled then return nil, err end
  compiled.source = found
  if found.operation ~= "machines" then compiled.order = nil end  -- its order is not documented
  return compiled
end

return Machines
