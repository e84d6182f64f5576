-- Lists the items of a batch in memory until it begins: for targets on the command line.
--
-- It has the functions of a draft (mde.store.sql.batch). So the batch and its begin are one commit.

local list = {}

local List = {}
List.__index = List

-- Adds an item.
function List:add_change(item)
  local id = item.id:lower()
  if self.seen[id] then
    self.again = self.again + 1
    return
  end
  self.seen[id] = true
  self.items[#self.items + 1] = item
end

function List:add(id, status)
  self:add_change { id = id, change = "cancel", status = status }
end

-- -> the number of items, of items given again
function List:complete()
  return #self.items, self.again
end

-- Iterates over the items as a batch does.
function List:rows()
  local i = 0
  return function()
    i = i + 1
    local item = self.items[i]
    return item and setmetatable({ planned_machine = item.machine }, { __index = item })
  end
end

-- Writes the items to a draft. If an item is_signed, its comment ends with the batch's name.
function List:write(draft)
  for _, item in ipairs(self.items) do
    if item.is_signed then item.comment = ("%s [%s]"):format(item.comment, draft.name) end
    if item.status then draft:add(item.id, item.status) else draft:add_change(item) end
  end
  draft:complete()
  draft.overridden = self.overridden
end

function list.new(comment)
  return setmetatable({ items = {}, seen = {}, again = 0, comment = comment }, List)
end

return list
