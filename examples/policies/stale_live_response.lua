-- Cancels live responses that have been Pending for more than two hours.
--
-- The service queues a live response for two hours. An older one is stuck, and uses up a slot of
-- the tenant.
return {
  comment = "Stale live response, CHG-4711",
  select = { type = "LiveResponse", status = "Pending", older_than = "2h" },
  decide = "cancel",
  tests = {
    { {}, expect = "cancel" },
    { { age = "1h" }, expect = "abstain", name = "still in the service's queue" },
    { { status = "InProgress" }, expect = "abstain", name = "it is running" },
  },
}
