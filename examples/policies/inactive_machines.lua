-- Cancels actions that wait for machines which no longer report, except isolations.
--
-- Such an action would run weeks later, when the machine returns. An isolation may wait: a stolen
-- laptop should be isolated on its return.
local GONE = { Inactive = true, NoSensorData = true, NoSensorDataImpairedCommunication = true }

return {
  comment = "No actions for inactive machines, CHG-4733",
  select = { older_than = "1h" },
  decide = function(action, machine)
    if not GONE[machine.healthStatus] then return nil end
    if action.type == "Isolate" or action.type == "Offboard" then
      return keep(action.type .. " may wait")
    end
    return cancel("the machine is " .. machine.healthStatus)
  end,
  guard = { max = 100, protect_types = { "Isolate", "Offboard" } },
  tests = {
    { { type = "LiveResponse" }, health = "Inactive", expect = "cancel",
      reason = "the machine is Inactive" },
    { { type = "RunAntiVirusScan" }, health = "Active", expect = "abstain" },
    { { type = "Isolate" }, health = "NoSensorData", expect = "keep" },
    { { type = "Offboard" }, health = "Inactive", expect = "keep" },
    { { type = "LiveResponse" }, machine = false, expect = "keep" },
  },
}
