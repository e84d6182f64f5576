-- Cancels full scans that did not start during the weekend; runs only then.
--
-- Full scans slow workstations down, so none should start on Monday.
return {
  comment = "Full scans left over from the weekend, CHG-4741",
  select = { type = "RunAntiVirusScan", scope = "Full", status = "Pending", older_than = "10m" },
  decide = function(_, machine)
    if machine.rbacGroupName == "Servers" then return keep "servers may be scanned on Monday" end
    return cancel "the weekend is over"
  end,
  guard = { max = 200, hours = "Sat-Sun 00:00-24:00 +01:00" },
  expires = "4h",
  tests = {
    { {}, group = "Laptops", expect = "cancel" },
    { {}, group = "Servers", expect = "keep" },
    { { scope = "Quick" }, group = "Laptops", expect = "abstain" },
    { { status = "InProgress" }, group = "Laptops", expect = "abstain" },
  },
}
