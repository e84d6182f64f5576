-- What `mde watch` has counted, as Prometheus reads it from a file (text exposition format
-- 0.0.4). Source: https://prometheus.io/docs/instrumenting/exposition_formats/

local system = require "mde.program.system"

local metrics = {}

local Metrics = {}
Metrics.__index = Metrics

-- Name (behind mde_watch_), type, help.
local FAMILIES = {
  { "info", "gauge", "What runs: the tenant and the hash of the policies." },
  { "approved", "gauge", "Whether the policies are approved: else it reports only." },
  { "rounds_total", "counter", "Rounds by what came of them." },
  { "last_round_timestamp_seconds", "gauge", "When the last round began." },
  { "last_round_duration_seconds", "gauge", "How long the last round took." },
  { "last_success_timestamp_seconds", "gauge", "When the last round began that did not fail." },
  { "actions_read_total", "counter", "Actions that policies were asked about." },
  { "decisions_total", "counter", "Decisions of all rounds, whether carried out or not." },
  { "outcomes_total", "counter", "Actions of batches by verdict." },
  { "refused_total", "counter", "Rounds that a guard refused." },
  { "errors_total", "counter", "Errors by code." },
  { "reloads_total", "counter", "Policies that were to be loaded again." },
  { "stuck_actions", "gauge", "Actions that have been open for longer than the limit." },
  { "live_response_slots", "gauge", "Live responses that the service carries out at once." },
  { "live_response_slots_used", "gauge", "Live responses in progress." },
  { "quota_free", "gauge", "Calls that may go out now, by the limits of the service." },
}

local KNOWN = {}
for _, family in ipairs(FAMILIES) do KNOWN[family[1]] = family end

local ESCAPES = { ["\\"] = "\\\\", ['"'] = '\\"', ["\n"] = "\\n" }

-- { name = value } -> {name="value",…} in the order of the names
local function label_text(labels)
  local parts = {}
  for name, value in pairs(labels or {}) do
    parts[#parts + 1] = ('%s="%s"'):format(name, tostring(value):gsub('[\\"\n]', ESCAPES))
  end
  table.sort(parts)
  return parts[1] and "{" .. table.concat(parts, ",") .. "}" or ""
end

local function samples_of(self, name)
  assert(KNOWN[name], name)
  self.samples[name] = self.samples[name] or {}
  return self.samples[name]
end

-- Adds to a counter; 0 makes it known.
function Metrics:add(name, labels, count)
  local samples, key = samples_of(self, name), label_text(labels)
  samples[key] = (samples[key] or 0) + (count or 1)
end

function Metrics:set(name, labels, value)
  samples_of(self, name)[label_text(labels)] = value
end

-- Forgets what a gauge had for other labels.
function Metrics:clear(name)
  self.samples[name] = nil
end

local function number_text(value)
  return math.tointeger(value) and ("%d"):format(value) or ("%.3f"):format(value)
end

local START = "# HELP mde_watch_"  -- the first bytes of each file

local function family_text(self, family)
  local name, lines = "mde_watch_" .. family[1], {}
  for key, value in pairs(self.samples[family[1]] or {}) do
    lines[#lines + 1] = ("%s%s %s\n"):format(name, key, number_text(value))
  end
  if not lines[1] then return "" end
  table.sort(lines)
  return ("# HELP %s %s\n# TYPE %s %s\n%s"):format(name, family[3], name, family[2],
    table.concat(lines))
end

function Metrics:text()
  local parts = {}
  for i, family in ipairs(FAMILIES) do parts[i] = family_text(self, family) end
  return table.concat(parts)
end

-- Whether something else than metrics is in the file's place.
local function is_taken(path)
  local start = system.file.kind(path) == "file" and system.read(path, #START) or ""
  return start ~= "" and start ~= START  -- replace says what else is wrong
end

-- Writes the file, if there is to be one, whole or not at all. -> true | nil, message
function Metrics:write()
  if not self.path then return true end
  if is_taken(self.path) then
    return nil, ("cannot write the metrics: %s exists, and has something else"):format(self.path)
  end
  local done, problem = system.file.replace(self.path, self:text())
  if done then return true end
  return nil, "cannot write the metrics: " .. problem
end

-- Those that will come, so that what watches them sees them rise from 0.
local EXPECTED = {
  { "rounds_total", "result", { "applied", "reported", "refused", "failed" } },
  { "decisions_total", "decision", { "cancel", "keep", "undo", "abstain" } },
  { "outcomes_total", "verdict", require "mde.service.verdicts".names },
  { "reloads_total", "result", { "loaded", "failed" } },
}

-- `path`: of the file, or nil.
function metrics.new(path)
  local self = setmetatable({ path = path, samples = {} }, Metrics)
  for _, entry in ipairs(EXPECTED) do
    for _, value in ipairs(entry[3]) do self:add(entry[1], { [entry[2]] = value }, 0) end
  end
  self:add("actions_read_total", nil, 0)
  return self
end

return metrics
