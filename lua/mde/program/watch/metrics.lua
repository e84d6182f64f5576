-- Writes the metrics of `mde watch` to a file that Prometheus reads.
--
-- Text exposition format 0.0.4: https://prometheus.io/docs/instrumenting/exposition_formats/

local system = require "mde.program.system"

local metrics = {}

local Metrics = {}
Metrics.__index = Metrics

-- Name (after mde_watch_), type, help.
local FAMILIES = {
  { "info", "gauge", "Tenant, and hash of the policies." },
  { "approved", "gauge", "1 if the policies are approved, 0 if watch only reports." },
  { "rounds_total", "counter", "Rounds by result." },
  { "last_round_timestamp_seconds", "gauge", "Begin of the last round." },
  { "last_round_duration_seconds", "gauge", "Duration of the last round." },
  { "last_success_timestamp_seconds", "gauge", "Begin of the last round that did not fail." },
  { "actions_read_total", "counter", "Actions that policies decided on." },
  { "decisions_total", "counter", "Decisions of all rounds, applied or only reported." },
  { "outcomes_total", "counter", "Actions of batches by verdict." },
  { "refused_total", "counter", "Rounds that a guard refused." },
  { "errors_total", "counter", "Errors by code." },
  { "reloads_total", "counter", "Reloads of policies by result." },
  { "stuck_actions", "gauge", "Actions open for longer than the limit of their type." },
  { "live_response_slots", "gauge", "Live responses that the service runs at once." },
  { "live_response_slots_used", "gauge", "Live responses in progress." },
  { "quota_free", "gauge", "Calls that the service's limits allow now." },
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

-- Adds to a counter. Adding 0 creates it.
function Metrics:add(name, labels, count)
  local samples, key = samples_of(self, name), label_text(labels)
  samples[key] = (samples[key] or 0) + (count or 1)
end

function Metrics:set(name, labels, value)
  samples_of(self, name)[label_text(labels)] = value
end

-- Removes all values of a gauge.
function Metrics:clear(name)
  self.samples[name] = nil
end

local function number_text(value)
  return math.tointeger(value) and ("%d"):format(value) or ("%.3f"):format(value)
end

local START = "# HELP mde_watch_"  -- first bytes of each file

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

-- True if the file exists and has no metrics.
local function is_taken(path)
  local start = system.file.kind(path) == "file" and system.read(path, #START) or ""
  return start ~= "" and start ~= START  -- replace reports other problems
end

-- Writes the file atomically, if a path was given. -> true | nil, message
function Metrics:write()
  if not self.path then return true end
  if is_taken(self.path) then
    return nil, ("cannot write the metrics: %s exists and is not a file of metrics")
      :format(self.path)
  end
  local done, problem = system.file.replace(self.path, self:text())
  if done then return true end
  return nil, "cannot write the metrics: " .. problem
end

-- Counters created at 0, so that Prometheus sees their first increase.
local EXPECTED = {
  { "rounds_total", "result", { "applied", "reported", "refused", "failed" } },
  { "decisions_total", "decision", { "cancel", "keep", "undo", "abstain" } },
  { "outcomes_total", "verdict", require "mde.service.verdicts".names },
  { "reloads_total", "result", { "loaded", "failed" } },
}

-- Creates the metrics. `path`: the file's, or nil for none.
function metrics.new(path)
  local self = setmetatable({ path = path, samples = {} }, Metrics)
  for _, entry in ipairs(EXPECTED) do
    for _, value in ipairs(entry[3]) do self:add(entry[1], { [entry[2]] = value }, 0) end
  end
  self:add("actions_read_total", nil, 0)
  return self
end

return metrics
