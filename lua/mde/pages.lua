-- A list of the service, page by page, each entity once.
--
-- The service's links to next pages are not followed: they have led to the same
-- page for ever, and to other hosts. How the next page is asked for instead:
--
-- by_date (actions): a page holds what is not newer (or not older) than the last one of
-- the page before. That is better than to skip as many rows as were seen: while a list
-- is read, actions leave it (a cancelled one is no longer Pending), and others would
-- move into the rows that are skipped.
--
-- by_id (machines): their dates move while they are read, and that the service compares
-- ids by "greater" is not documented, but their order by id stays. So rows are skipped,
-- but for one: a page begins with the last row of the page before. Where it does not,
-- rows before it have left the list, and the page before is read again.
--
-- once (what is found by a tag or an address): there is one page, since how a second one
-- would be asked for is not documented. Where it is full, the list can't be read.

local date = require "mde.date"
local errors = require "mde.errors"
local odata = require "mde.odata"

local SIZE = 1000  -- rows of a page
local LARGEST = 10000  -- rows that the service gives at once
local REPEATED = "the service gives the same page again: the list can't be read to its end"
local MOST_FRUITLESS = 5  -- pages one after the other with nothing new
local CREATION = "creationDateTimeUtc"

local pages = {}

local Pages = {}
Pages.__index = Pages

-- {{ Ways. query(reader) -> query string; turn(reader, rows) makes the next page follow on
-- `rows`, and tells whether it can (`stuck` is said where not); has_gap(reader, rows), if
-- there, whether rows before these were missed. `size`: rows of a page.

pages.by_date = { size = SIZE, stuck = REPEATED }
pages.by_id = { size = SIZE, stuck = REPEATED }
pages.once = { size = LARGEST, stuck = "the service gives no more than " .. LARGEST
  .. " machines with one tag or address: the list can't be read to its end" }

local ORDERS = { newest = { "desc", "le" }, oldest = { "asc", "ge" } }

function pages.by_date.query(self)
  local filter = self.criteria.filter
  return odata.query {
    { "$filter", odata.all { filter or self.bound, filter and self.bound } },
    { "$orderby", CREATION .. " " .. ORDERS[self.criteria.order][1] },
    { "$top", ("%d"):format(self.size) },
    { "$skip", self.skip > 0 and ("%d"):format(self.skip) or nil },
  }
end

-- Whether a page that ends at `moment` goes on in the right direction.
local function goes_on(self, moment)
  local last = self.moment
  if not (last and moment) then return true end
  if self.criteria.order == "oldest" then return moment >= last end
  return moment <= last
end

-- The next page begins at the date of the last row, or, where all are of one instant,
-- behind them. Only rows of that date can come again, so no others are remembered.
function pages.by_date.turn(self, rows)
  if #self.rows == 0 and self.skip > 0 then return false end
  local text = rows[#rows][CREATION]
  local bound = text and ("%s %s %s"):format(CREATION, ORDERS[self.criteria.order][2], text)
  if bound == self.bound then
    self.skip = self.skip + #rows
    return true
  end
  local moment = date.parse(text)
  if not goes_on(self, moment) then return false end
  self.bound, self.moment, self.skip = bound, moment, 0
  self.before, self.seen = self.seen, {}
  return true
end

function pages.by_id.query(self)
  return odata.query {
    { "$filter", self.criteria.filter }, { "$orderby", "id" },
    { "$top", ("%d"):format(self.size) },
    { "$skip", self.skip > 0 and ("%d"):format(self.skip) or nil },
  }
end

-- Whether the page does not begin with a row that was seen.
function pages.by_id.has_gap(self, rows)
  return self.skip > 0 and self.rows[1] == rows[1]
end

function pages.by_id.turn(self, rows)
  local has_gap = self.way.has_gap(self, rows)
  self.fruitless = #self.rows == 0 and self.fruitless + 1 or 0
  self.skip = math.max(0, self.skip + (has_gap and 1 - self.size or #rows - 1))
  return self.fruitless < MOST_FRUITLESS
end

function pages.once.query() return nil end

function pages.once.turn() return false end

-- }}

-- `criteria` as mde.criteria compiles them; `fetch(query)` -> array of entities | nil, err;
-- `way` is one of the above.
function pages.new(criteria, way, fetch)
  local size = way.size
  if criteria.limit and not criteria.matches and way ~= pages.once then
    size = math.min(size, criteria.limit)
  end
  return setmetatable({ criteria = criteria, way = way, fetch = fetch, size = size,
                        left = criteria.limit, rows = {}, row = 0, seen = {}, before = {},
                        skip = 0, fruitless = 0 }, Pages)
end

-- Drops the rows that were there before. -> the others
function Pages:take_new(rows)
  local new, seen, before = {}, self.seen, self.before
  for _, entity in ipairs(rows) do
    local id = entity.id
    if not seen[id] and not before[id] then
      seen[id] = true
      new[#new + 1] = entity
    end
  end
  return new
end

-- Fetches a page. -> true | false: there is none | nil, err
function Pages:advance()
  if self.ended then return false end
  local rows, err = self.fetch(self.way.query(self))
  if not rows then return nil, err end
  self.rows, self.row = self:take_new(rows), 0
  local has_gap = self.way.has_gap and self.way.has_gap(self, rows)
  self.ended = #rows < self.size and not has_gap
  if self.ended or self.way.turn(self, rows) then return true end
  local source = self.criteria.source
  return nil, errors.new { code = "bad_answer", message = self.way.stuck,
                           operation = source and source.operation or "list" }
end

-- -> the next entity | nil at the end | nil, err
function Pages:next()
  if self.left == 0 then return nil end
  while true do
    self.row = self.row + 1
    local entity = self.rows[self.row]
    if entity == nil then
      local more, err = self:advance()
      if not more then return nil, err end
    elseif not self.criteria.matches or self.criteria.matches(entity) then
      if self.left then self.left = self.left - 1 end
      return entity
    end
  end
end

-- All of it. -> array | nil, err
function Pages:all()
  local list = {}
  while true do
    local entity, err = self:next()
    if err then return nil, err end
    if not entity then return list end
    list[#list + 1] = entity
  end
end

-- As an iterator. What goes wrong is raised (the error itself), so that a cut list can't
-- pass for a whole one.
function Pages:each()
  return function()
    local entity, err = self:next()
    if err then error(err, 0) end
    return entity
  end
end

return pages
