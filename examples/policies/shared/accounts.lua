-- Tells people from automation, by account: a helper for these policies.

local accounts = {}

local AUTOMATION = { ["soar@contoso.com"] = true }

function accounts.is_person(requestor)
  local name = (requestor or ""):lower()
  return name:find("@", 1, true) ~= nil and not AUTOMATION[name]
end

function accounts.shown(requestor)
  return requestor or "an unknown account"
end

return accounts
