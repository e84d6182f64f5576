-- Cancels isolations of high-value machines that automation has launched.
--
-- Only people isolate such machines; shared/accounts.lua tells people from automation.
local accounts = require "shared.accounts"

return {
  comment = "Machines of high value are isolated by people, policy 7.4",
  select = { type = { "Isolate", "RestrictCodeExecution" } },
  decide = function(action, machine)
    if machine.deviceValue ~= "High" then return nil end
    if accounts.is_person(action.requestor) then return keep "launched by a person" end
    return cancel("by " .. accounts.shown(action.requestor))
  end,
  guard = { max = 100, max_per_group = 60 },
  tests = {
    { { requestor = "soar@contoso.com" }, value = "High", expect = "cancel",
      reason = "by soar@contoso.com" },
    { { requestor = "5f2c1f0e-7a43-4d5e-9d11-0c2b6f3a8e94" }, value = "High", expect = "cancel" },
    { { requestor = "t.nguyen@contoso.com" }, value = "High", expect = "keep" },
    { { requestor = "soar@contoso.com" }, expect = "abstain", name = "of no special value" },
  },
}
