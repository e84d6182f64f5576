-- What the stores in SQL databases have in common: methods of a store that has
-- `database` and `by_application`. They raise what hinders (code "store").

local windows = require "mde.store.windows"

local common = {}

-- The windows of an application in a tenant: one object a process.
function common:windows(application)
  self.by_application[application] = self.by_application[application]
                                     or windows.new(self, application)
  return self.by_application[application]
end

-- Ends the transaction. What rides in it without knowing when it ends is asked first.
function common:commit()
  if self.before_commit and self.database.open then self.before_commit() end
  self.database:commit()
end

function common:rollback() self.database:rollback() end

return common
