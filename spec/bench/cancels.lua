-- Measures CPU per cancel of client:cancel_all.
--
-- cancels.lua URL CALLS PARALLEL VERSION CA-FILE
-- Prints microseconds (user and system), over the whole process.

local url, version, ca_file = arg[1], arg[4], arg[5]
local calls, parallel = tonumber(arg[2]), tonumber(arg[3])

local client = assert(require "mde".client {
  token = "x", api_url = url, quota = false, http_version = version, ca_file = ca_file })
local i = -1
local report = assert(client:cancel_all(function()
  i = i + 1
  return i < calls and ("%08x-7557-4ab7-9782-d50480024a4e"):format(i) or nil
end, { comment = "bench", parallel = parallel, on_item = function(item)
  assert(item.verdict == "cancelled" and item.action.status == "Cancelled")
end }))
assert(report.total == calls)
print(("%.3f"):format(os.clock() * 1e6 / calls))
