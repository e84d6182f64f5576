-- Checks the form of a plan's lines, and raises the first problem.

local check = require "mde.program.policy.check"
local core = require "mde.core"
local criteria = require "mde.service.criteria.action"
local date = require "mde.base.date"
local guard = require "mde.program.policy.guard"
local kinds = require "mde.service.kinds"
local tables = require "mde.base.tables"

local form = { version = 1 }

local MOST_TEXT = 16384  -- bytes of one text

-- Kinds of values

local function text(path, value)
  return check.expect(path, value, type(value) == "string" and #value <= MOST_TEXT, "a text")
end

local function count(path, value)
  return check.expect(path, value, math.type(value) == "integer" and value >= 0,
    "a whole number")
end

local function flag(path, value)
  return check.expect(path, value, type(value) == "boolean", "true or false")
end

local function moment(path, value)
  return check.expect(path, value, date.parse(value) ~= nil, "a date with time and zone")
end

local function hash(path, value)
  return check.expect(path, value, type(value) == "string" and #value == 64
    and value:find "^[0-9a-f]+$" ~= nil, "a SHA-256 of 64 hexadecimal digits")
end

local function texts(path, value) return check.array(path, value, text) end

local function guid(path, value)
  return check.expect(path, value, core.operation.guid(value) == value, "an action's id")
end

local function one_of(words)
  return function(path, value)
    if tables.index(words, value) then return value end
    check.refuse(path, "%s is not one of %s", check.shown(value), table.concat(words, ", "))
  end
end

-- Objects: the kind of each key, and the required keys

local POLICY = { name = text, path = text, comment = text, hash = hash,
                 select = function(path, value)
                   return check.keys(path, value, criteria.known, "an object")
                 end }

local HEADER = {
  mde_plan = count, made = moment, by = text, expires = moment, tenant = text,
  application = text, profile = text, read = count, abstained = count, onboarded = count,
  policies = true, guards = true,
}

local STEPS = { "cancel" }
for _, kind in pairs(kinds.making) do STEPS[#STEPS + 1] = kind.inverse end
local STEP = one_of(STEPS)

local ENTITY = {
  decision = one_of { "cancel", "keep", "undo" }, reason = text, policy = text, id = guid,
  type = text, status = text, machineId = text, computerDnsName = text, requestor = text,
  creationDateTimeUtc = text, lastUpdateDateTimeUtc = text, machineTags = texts,
  rbacGroupName = text, known = flag, note = text,
  steps = function(path, value) return check.array(path, value, STEP) end,
}

local function fields(path, value, known, required)
  check.keys(path, value, known, "an object")
  for _, key in ipairs(required) do
    check.expect(check.inside(path, key), value[key], value[key] ~= nil, "required")
  end
  for key, field in pairs(value) do
    if known[key] ~= true then known[key](check.inside(path, key), field) end
  end
end

function HEADER.policies(path, value)
  check.array(path, value, function(inside, each)
    fields(inside, each, POLICY, { "name", "hash", "comment" })
  end)
end

function HEADER.guards(path, value)
  check.array(path, value, function(inside, each)
    check.expect(inside, each, type(each) == "table", "an object")
    text(check.inside(inside, "from"), each.from)
    if each.policy ~= nil then text(check.inside(inside, "policy"), each.policy) end
    local own = tables.merged(each)
    own.from, own.policy, own.unsaid = nil, nil, nil
    guard.form(inside, own)
  end)
end

-- The keys in the order of a file.
form.keys = {
  header = { "mde_plan", "made", "by", "expires", "tenant", "application", "profile", "read",
             "abstained", "onboarded", "policies", "guards" },
  entity = { "decision", "reason", "policy", "id", "type", "status", "machineId",
             "computerDnsName", "requestor", "creationDateTimeUtc", "lastUpdateDateTimeUtc",
             "machineTags", "rbacGroupName", "known", "steps", "note" },
}

-- Checks the first line of a plan.
function form.header(value)
  local version = type(value) == "table" and value.mde_plan
  check.expect("mde_plan", version, version ~= nil and version ~= false,
    "this is not a plan of mde")
  check.expect("mde_plan", version, version == form.version,
    ("a version that this mde reads: %d"):format(form.version))
  fields("", value, HEADER, { "made", "by", "expires", "application", "policies", "guards" })
  return value
end

-- Checks the line of an entity. `policies`: set of the names of the plan's policies.
function form.entity(value, policies)
  fields("", value, ENTITY, { "decision", "policy", "id" })
  check.expect("policy", value.policy, policies[value.policy] ~= nil, "one of the plan's policies")
  if value.decision ~= "keep" then
    check.expect("status", value.status, value.status ~= nil,
      "the status that the action must still have")
  end
  if value.decision == "undo" then
    check.expect("steps", value.steps, value.steps ~= nil, "the steps of the undo")
  end
  return value
end

-- Checks the last line: { sha256 } of the bytes before.
function form.sum(value)
  fields("", value, { sha256 = hash }, { "sha256" })
  return value.sha256
end

return form
