-- Cancels duplicate scans: per machine, keeps the oldest one.
--
-- A policy decides on one action after the other, in the order of `select`, and may remember.
local first = {}

return {
  comment = "Duplicate scans, CHG-4720",
  select = { type = "RunAntiVirusScan", order = "oldest" },
  decide = function(action)
    local machine = action.machineId
    if not machine then return nil end
    if not first[machine] then
      first[machine] = action.id
      return nil
    end
    return cancel("a duplicate of " .. first[machine])
  end,
  guard = { max = 200, max_per_machine = 20 },
  tests = {
    { { machineId = "aa", id = "00000000-0000-4000-8000-00000000000a" }, expect = "abstain" },
    { { machineId = "aa" }, expect = "cancel",
      reason = "a duplicate of 00000000-0000-4000-8000-00000000000a" },
    { { machineId = "bb" }, expect = "abstain", name = "another machine" },
    { {}, machine = false, expect = "abstain" },
    { { type = "Isolate", machineId = "aa" }, expect = "abstain", name = "no scan" },
  },
}
