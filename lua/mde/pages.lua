-- The list of machine actions, page by page, each action once.
--
-- The service's links to next pages are not followed: they have led to the same
-- page for ever, and to other hosts. A page holds the newest actions that are not
-- newer than the last one of the page before. That is better than to skip as many
-- rows as were seen: while a list is read, actions leave it (a cancelled one is no
-- longer Pending), and others would move into the rows that are skipped.

local errors = require "mde.errors"
local odata = require "mde.odata"

local SIZE = 1000  -- rows of a page
local CREATION = "creationDateTimeUtc"

local pages = {}

local Pages = {}
Pages.__index = Pages

-- `criteria` as mde.criteria compiles them; `fetch(query)` -> array of decoded
-- actions | nil, err
function pages.new(criteria, fetch)
  local size = SIZE
  if criteria.limit and not criteria.matches then size = math.min(SIZE, criteria.limit) end
  return setmetatable({ criteria = criteria, fetch = fetch, size = size, left = criteria.limit,
                        rows = {}, row = 0, seen = {}, skip = 0 }, Pages)
end

function Pages:query()
  local filter = self.criteria.filter
  return odata.query {
    { "$filter", odata.all { filter or self.bound, filter and self.bound } },
    { "$orderby", CREATION .. " desc" },
    { "$top", ("%d"):format(self.size) },
    { "$skip", self.skip > 0 and ("%d"):format(self.skip) or nil },
  }
end

-- Where the page after `rows` begins: at the date of their last, or, where all are
-- of one instant, behind them.
function Pages:turn(rows)
  local date = rows[#rows][CREATION]
  local bound = date and ("%s le %s"):format(CREATION, date)
  self.skip = bound == self.bound and self.skip + #rows or 0
  self.bound = bound
end

-- Drops the rows that were there before. -> the others
function Pages:take_new(rows)
  local new = {}
  for _, action in ipairs(rows) do
    if not self.seen[action.id] then
      self.seen[action.id] = true
      new[#new + 1] = action
    end
  end
  return new
end

-- Fetches a page. -> true | false: there is none | nil, err
function Pages:advance()
  if self.ended then return false end
  local rows, err = self.fetch(self:query())
  if not rows then return nil, err end
  self.rows, self.row = self:take_new(rows), 0
  self.ended = #rows < self.size
  if self.ended then return true end
  if #self.rows == 0 and self.skip > 0 then
    return nil, errors.new { code = "bad_answer", operation = "list",
      message = "the service gives the same page again: the list can't be read to its end" }
  end
  self:turn(rows)
  return true
end

-- -> the next action | nil at the end | nil, err
function Pages:next()
  if self.left == 0 then return nil end
  while true do
    self.row = self.row + 1
    local action = self.rows[self.row]
    if action == nil then
      local more, err = self:advance()
      if not more then return nil, err end
    elseif not self.criteria.matches or self.criteria.matches(action) then
      if self.left then self.left = self.left - 1 end
      return action
    end
  end
end

return pages
