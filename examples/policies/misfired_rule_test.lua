-- The tests of misfired_rule.lua.
local ours = { requestorComment = "Auto-isolate: rule 4711" }

return {
  { ours, expect = "cancel", reason = "rule 4711" },
  { ours, tags = "vip", expect = "keep", reason = "VIP" },
  { ours, tags = { "site-ber", "crown-jewel" }, expect = "keep", reason = "crown jewel" },
  { ours, machine = false, expect = "keep", name = "an unknown machine" },
  { { requestorComment = "Auto-isolate: rule 12" }, expect = "abstain", name = "another rule" },
  { { requestor = "dana.reyes@contoso.com" }, expect = "abstain", name = "a person" },
}
