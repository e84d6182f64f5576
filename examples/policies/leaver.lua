-- Cancels the open actions of a disabled account, except those that protect.
--
-- Isolations and restrictions are kept until a colleague has reviewed them.
local LEAVER = "dana.reyes@contoso.com"

return {
  comment = "Requests of a disabled account, HR-8812",
  select = { requestor = LEAVER },
  decide = {
    function(action)
      if action.type == "Isolate" or action.type == "RestrictCodeExecution" then
        return keep "protects: review it"
      end
    end,
    function(action)
      if action:age() < 60 then return keep "launched after the account was disabled?" end
    end,
    "cancel",
  },
  guard = { max = 50 },
  tests = {
    { { type = "LiveResponse" }, expect = "cancel" },
    { { type = "CollectInvestigationPackage" }, expect = "cancel" },
    { { type = "Isolate" }, expect = "keep" },
    { { type = "RunAntiVirusScan", age = "20s" }, expect = "keep" },
    { { type = "LiveResponse", requestor = "m.okafor@contoso.com" }, expect = "abstain" },
  },
}
