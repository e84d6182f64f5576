-- Cancels investigation packages that are still missing after half a day.
--
-- A package takes minutes. A stuck one blocks the next package of its machine.
return {
  comment = "Stuck investigation packages, CHG-4740",
  select = { type = "CollectInvestigationPackage", older_than = "12h" },
  decide = function(action)
    if action.status == "InProgress" and action:age() < 24 * 3600 then
      return nil  -- large disks
    end
    return cancel("stuck in " .. action.status)
  end,
  guard = { max = 100, max_per_machine = 1 },
  tests = {
    { {}, expect = "cancel", reason = "stuck in Pending" },
    { { status = "InProgress" }, expect = "abstain" },
    { { status = "InProgress", age = "25h" }, expect = "cancel" },
    { { age = "11h" }, expect = "abstain" },
  },
}
