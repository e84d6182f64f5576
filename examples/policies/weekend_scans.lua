-- Full scans slow workstations down. Those that were launched for the weekend and did not
-- begin are removed before Monday, and at no other time.
return {
  comment = "Full scans that the weekend was too short for, CHG-4741",
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
