-- Methods shared by the SQL stores: windows, commit, rollback, recover.
--
-- The store has the fields `database` and `by_application`. Methods raise errors (code "store").

local windows = require "mde.store.sql.windows"

local common = {}

-- Returns the windows of an application in a tenant: one object per process.
function common:windows(application)
  self.by_application[application] = self.by_application[application]
                                     or windows.new(self, application)
  return self.by_application[application]
end

-- Commits the transaction, and then calls `after_commit`. `before_commit` may add writes. If either
-- fails, `after_rollback(certain)` is called; `certain` is false if the transaction may have been
-- committed.
function common:commit()
  if self.before_commit and self.database.open then self.before_commit() end
  self.database:commit()
  if self.after_commit then self.after_commit() end
end

function common:rollback()
  local certain = self.database:rollback()
  if self.after_rollback then self.after_rollback(certain) end
end

-- Reopens a lost connection after a rollback. -> true: the work that `raised` ended may be repeated
-- | false, the final error
function common:recover(raised)
  return self.database:recover(raised)
end

return common
