-- Live responses that never leave Pending use up the tenant's slots: after four hours nobody
-- waits for them any more.
return {
  comment = "Stale live response, CHG-4711",
  select = { type = "LiveResponse", status = "Pending", older_than = "4h" },
  decide = "cancel",
  tests = {
    { {}, expect = "cancel" },
    { { age = "3h" }, expect = "abstain", name = "somebody may still wait" },
    { { status = "InProgress" }, expect = "abstain", name = "it works" },
  },
}
