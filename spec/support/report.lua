-- Runs the report of invented batches (spec/support/batch.lua) in the program.

local cjson = require "cjson"
local program = require "spec.support.program"

local report = {}

local HEAD = ([[
  local batches = dofile %q
  local report = require "mde.program.report"
  local function module(name) return require("mde.program.report." .. name) end
]]):format(program.support .. "/batch.lua")

-- Runs a chunk that has `batches`, `report` and `module(name)`, one of the report's, at
-- hand. `shell` is how (default: mde run). -> { status, out, err }
function report.run(chunk, shell)
  return program.sh(shell or "exec $mde run /dev/stdin", HEAD .. chunk)
end

local function printed(chunk)
  local result = report.run(chunk)
  assert(result.status == 0 and result.err == "", result.err)
  return result.out
end

-- The result of a chunk.
function report.value(chunk)
  return cjson.decode(printed(("io.write(require 'cjson'.encode((function() %s end)()))")
    :format(chunk)))
end

-- The report of a batch that `batch` (an expression) gives.
function report.of(batch, format)
  return printed(("report.write(%s, %q, { now = 1769210000 })"):format(batch, format))
end

return report
