-- Measures CPU of journal, quota and audit log.
--
-- mde run store.lua URL CALLS PARALLEL CA-FILE
-- Cancels CALLS actions with the program's own modules, with and without the store, alternately.
-- Prints five times the microseconds per item of both, over the whole process, and their difference.

local url, calls, parallel, ca_file = arg[1], tonumber(arg[2]), tonumber(arg[3]), arg[4]

debug.sethook()  -- commands, unlike playbooks, run without

local recorder = require "mde.program.batch.journal_writer"
local memory = require "mde.store.memory"
local stores = require "mde.program.session.store"
local system = require "mde.program.system"

local store = stores.open {}

local function cancels(kept)
  local client = assert(system.mde.client {  -- mde.client always takes the program's store
    token = "x", api_url = url, ca_file = ca_file, store = kept and store or memory.new(),
    quota = { per_minute = 1e6, per_hour = 1e7 } })
  local options = { comment = "bench", parallel = parallel }
  local batch, lock = store.journal:draft { who = "x", application = "x", comment = "x",
                                            order = "given" }
  for i = 1, calls do batch:add(("%08x-7557-4ab7-9782-d50480024a4e"):format(i)) end
  batch:complete()
  local recording = recorder.new(store, batch)
  recording:note "begun"
  options.record = kept and recording or nil
  local items, began = batch:items(), os.clock()
  local report = assert(client:cancel_all(items, options))
  assert(report.counts.cancelled == calls)
  lock:release()
  store.before_commit, store.after_commit, store.after_rollback = nil, nil, nil
  return (os.clock() - began) * 1e6 / calls
end

for _ = 1, 5 do
  local without, with = cancels(false), cancels(true)
  print(("%.1f %.1f %.1f"):format(without, with, with - without))
end
