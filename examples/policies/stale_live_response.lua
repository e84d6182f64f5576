-- Live responses that never leave Pending use up the tenant's slots: the service queues
-- one for two hours, and what is older is stuck.
return {
  comment = "Stale live response, CHG-4711",
  select = { type = "LiveResponse", status = "Pending", older_than = "2h" },
  decide = "cancel",
  tests = {
    { {}, expect = "cancel" },
    { { age = "1h" }, expect = "abstain", name = "somebody may still wait" },
    { { status = "InProgress" }, expect = "abstain", name = "it works" },
  },
}
