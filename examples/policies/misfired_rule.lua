-- Cancels the isolations of a misfired SOAR rule, except of VIPs and crown jewels.
local RULE = "rule 4711"

return {
  comment = "Misfired rule 4711, INC-2093",
  select = { type = "Isolate", requestor = "soar@contoso.com", newer_than = "1d" },
  decide = {
    function(_, machine)
      if machine:tagged "VIP" then return keep "VIP" end
      if machine:tagged "crown-jewel" then return keep "crown jewel" end
    end,
    function(action)
      local comment = action.requestorComment or ""
      if comment:find(RULE, 1, true) then return cancel(RULE) end
    end,
  },
  guard = { max = 400, protect_tags = { "VIP", "crown-jewel" } },
  expires = "30m",
}
