-- Undoes isolations of servers that the data centre has not approved by a tag.
--
-- `undo` cancels an open isolation, and releases the machine after one that Succeeded.
return {
  comment = "Servers are isolated only with approval, policy 7.3",
  select = { type = "Isolate", status = { "Pending", "InProgress", "Succeeded" },
             newer_than = "3d" },
  decide = function(_, machine)
    if machine.rbacGroupName ~= "Servers" then return nil end
    if machine:tagged "isolation-approved" then return keep "approved by the data centre" end
    if machine:tagged "crown-jewel" then return keep "crown jewel: decide by hand" end
    return undo "a server"
  end,
  guard = { max = 100, max_share = 0.1 },
  tests = {
    { {}, group = "Servers", expect = "undo" },
    { { status = "Succeeded" }, group = "Servers", expect = "undo" },
    { {}, group = "Servers", tags = { "isolation-approved" }, expect = "keep" },
    { {}, group = "Servers", tags = { "crown-jewel" }, expect = "keep" },
    { {}, group = "Laptops", expect = "abstain" },
    { { status = "Failed" }, group = "Servers", expect = "abstain", name = "nothing happened" },
  },
}
