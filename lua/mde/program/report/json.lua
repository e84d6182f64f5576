-- Prints a batch as one JSON object: batch, history, items and statistics.
--
-- The items are read once, one per line, and counted on the way. So the statistics come last,
-- and agree with the items while the batch runs.

local cjson = require "cjson"
local json = require "mde.program.terminal.json"
local output = require "mde.program.terminal.output"
local outcomes = require "mde.program.report.outcome"
local record = require "mde.program.report.record"
local statistics = require "mde.program.report.statistics"
local tables = require "mde.base.tables"

local BATCH = { "name", "state", "created", "begun", "seconds", "working", "who", "tenant",
                "application", "command", "plan", "comment", "order", "count", "closed",
                "reported" }
local TOP = 100  -- groups listed one by one

local function write_list(name, next_object, keys)
  output.write((',"%s":['):format(name))
  local separator = "\n"
  for object in next_object do
    output.write(separator)
    output.record(object, keys)
    separator = ","
  end
  output.write "]"
end

local function batch_object(batch, course, now)
  return {
    name = batch.name, state = course.state:gsub(" ", "_"), created = record.moment(batch.created),
    begun = course.state ~= "not begun" and record.moment(course.begun) or nil,
    seconds = course.seconds, working = course.working, who = batch.who, tenant = batch.tenant,
    application = batch.application, command = batch.command, plan = batch.plan,
    comment = batch.comment, order = batch.order, count = batch.count,
    closed = batch.closed, reported = record.moment(now),
  }
end

local function events(history)
  local next_event = tables.each(history)
  return function()
    local event = next_event()
    return event and { at = record.moment(event.at), kind = event.kind, who = event.who,
                       detail = event.detail }
  end
end

-- Statistics

-- Counts every verdict, also the ones at 0, so that the object is never empty.
local function counts_object(counts)
  local object = {}
  for _, name in ipairs(outcomes.all) do object[name] = 0 end
  for name, count in pairs(counts) do object[name] = count end
  return object
end

local function groups_object(groups)
  local list = {}
  for i, group in ipairs(statistics.top(groups, TOP)) do
    list[i] = { name = group.name or cjson.null, items = group.items,
                outcomes = counts_object(group.outcomes), groups = group.groups }
  end
  return list
end

local function reasons_object(reasons)
  local list = {}
  for i, group in ipairs(statistics.top(reasons, TOP)) do
    list[i] = json.fill({ outcome = group.outcome, error = group.error, http = group.http,
                          reason = group.reason, items = group.items, example = group.example },
                        { "outcome", "error", "http", "reason", "items", "example" })
  end
  return list
end

local function window_object(window, limit)
  if not window then return cjson.null end
  return { most = window.most, since = record.moment(window.since), limit = limit or cjson.null }
end

local function calls_object(calls, limits)
  local bins = {}
  for i, bin in ipairs(calls.bins) do
    bins[i] = { at = record.moment(bin.at), calls = bin.calls, minute = bin.minute,
                hour = bin.hour }
  end
  return json.fill({
    count = calls.count, first = record.moment(calls.first), last = record.moment(calls.last),
    minute = window_object(calls.minute, limits.per_minute),
    hour = window_object(calls.hour, limits.per_hour), bin_seconds = calls.width, bins = bins,
  }, { "first", "last", "bin_seconds" })
end

local TIMES = { "median", "p90", "p99", "longest" }

local STATISTICS = { "items", "open", "outcomes", "kinds", "isolations", "sent", "sent_again",
                     "waiting", "answer", "reasons", "types", "domains", "requestors", "calls" }

local function statistics_object(numbers, limits)
  return {
    items = numbers.items, open = numbers.open, kinds = numbers.kinds,
    outcomes = counts_object(numbers.outcomes),
    isolations = numbers.isolations, sent = numbers.sent, sent_again = numbers.sent_again,
    waiting = json.fill(numbers.waiting, TIMES), answer = json.fill(numbers.answer, TIMES),
    reasons = reasons_object(numbers.reasons), types = groups_object(numbers.by.type),
    domains = groups_object(numbers.by.domain), requestors = groups_object(numbers.by.requestor),
    calls = calls_object(numbers.calls, limits),
  }
end

-- Prints the batch. `rows` is an iterator over its items, `collector` (statistics.lua) counts them.
return function(batch, history, rows, collector, course, limits, now)
  output.write '{"batch":'
  output.record(batch_object(batch, course, now), BATCH)
  write_list("history", events(history), { "at", "kind", "who", "detail" })
  write_list("items", function()
    local item = rows()
    if not item then return nil end
    collector:add(item)
    return record.of(item, course.begun)
  end, record.keys)
  output.write ',"statistics":'
  output.json(statistics_object(collector:summary(), limits), STATISTICS)
  output.line "}"
end
