-- What the stores in SQL databases have in common: methods of a store that has
-- `database` and `by_application`. They raise the error (code "store").

local windows = require "mde.store.sql.windows"

local common = {}

-- The windows of an application in a tenant: one object a process.
function common:windows(application)
  self.by_application[application] = self.by_application[application]
                                     or windows.new(self, application)
  return self.by_application[application]
end

-- Ends the transaction. `before_commit` may write into it; `after_rollback(certain)` is called
-- if that, or the commit, fails: `certain` unless it may have been committed.
function common:commit()
  if self.before_commit and self.database.open then self.before_commit() end
  self.database:commit()
end

function common:rollback()
  local certain = self.database:rollback()
  if self.after_rollback then self.after_rollback(certain) end
end

-- Opens a connection that was lost again, after a rollback. -> true if what `raised` has ended may
-- be repeated, or false and the error that ends it
function common:recover(raised)
  return self.database:recover(raised)
end

return common
