-- Records of requests and notices of waits, kept until the observers of a client can be called:
-- methods of a client.

local notices = {}

-- Keeps a notice (mde.notice), if the client has somebody to tell.
function notices:notify(notice)
  if self.on_notice then self.notices[#self.notices + 1] = notice end
end

-- Calls `observer` with each of a list, which may grow meanwhile.
local function tell(observer, list)
  local entry = table.remove(list, 1)
  while entry do
    observer(entry)
    entry = table.remove(list, 1)
  end
end

-- Calls the observers, once everything is in order: they may raise, or let others go on.
function notices:observe()
  tell(self.on_notice, self.notices)
  tell(self.on_request, self.records)
end

return notices
