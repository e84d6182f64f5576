-- Converts a batch's item to a record for the JSON and CSV reports.

local date = require "mde.base.date"
local outcomes = require "mde.program.report.outcome"

local record = {}

local floor = math.floor

-- The keys in their order. `outcome` is the verdict, "in_flight" or "never_sent"; `http` the status
-- of the last answer. `waited` is the time from the batch's begin to the first call,
-- `answered_in` from the last call to the verdict, in seconds. `sends` is an array in JSON; CSV
-- has its length as `calls` instead.
record.keys = {
  "position", "id", "outcome", "status", "machine", "machine_id", "type", "requestor", "error",
  "message", "http", "request_id", "first_sent", "sends", "ended", "waited", "answered_in",
}

-- Seconds -> "2026-01-23T20:10:40.878Z" | nil
function record.moment(seconds)
  if not seconds then return nil end
  local milliseconds = floor(seconds * 1000 + 0.5)
  return date.text(milliseconds // 1000):sub(1, -2) .. (".%03dZ"):format(milliseconds % 1000)
end

local function rounded(seconds)
  return seconds and floor(seconds * 1000 + 0.5) / 1000
end

-- -> table with the record.keys that are known
function record.of(item, begun)
  local sends = item.sends or {}
  local last = sends[#sends]
  local moments = {}
  for i, moment in ipairs(sends) do moments[i] = record.moment(moment) end
  return {
    position = item.position, id = item.id, outcome = outcomes.of(item), status = item.status,
    machine = item.machine, machine_id = item.machine_id, type = item.type,
    requestor = item.requestor, error = item.error, message = item.message, http = item.http,
    request_id = item.request_id, first_sent = moments[1], sends = moments,
    ended = record.moment(item.ended_at), waited = last and rounded(sends[1] - begun),
    answered_in = last and item.ended_at and rounded(item.ended_at - last),
  }
end

return record
