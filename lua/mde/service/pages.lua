-- Reads a list of the service page by page, and returns each entity once.
--
-- The service's links to next pages are not followed, because they have led to the same page
-- forever and to other hosts. A link of any form means that the page may be incomplete, so a
-- page ends the list only if it is short and has no link. There are three ways to request the
-- next page:
--
-- by_date (actions): a page has the rows that are not newer (or not older) than the last row of
-- the page before. Skipping the rows read so far would miss some: while a list is read, actions
-- leave it (a cancelled one is no longer Pending) and later rows move up. So rows are skipped
-- only within one date.
--
-- by_id (machines): the dates of machines change during reading, and a filter that compares ids
-- is not documented, but the order by id is stable. So rows are skipped.
--
-- A page that skips rows overlaps the page before. If its first row is new, earlier rows have
-- left the list; the page is dropped, and one that begins earlier is read. If a page
-- has one row, the next one does not overlap it; the row before that one is read afterwards.
--
-- once (machines with a tag or an address): a request for a second page is not documented. If
-- the page is full or has a link that is not empty, the list can't be read.

local date = require "mde.base.date"
local errors = require "mde.base.errors"
local odata = require "mde.service.odata"

local SIZE = 1000  -- rows per page
local LARGEST = 10000  -- the service's largest page, in rows
local REPEATED = "the service returns the same page again: the list can't be read to its end"
local MOST_FRUITLESS = 5  -- successive pages without a new row
local MOST_GAPS = 20  -- dropped pages without a new row in between
local OVERLAP = 0.1  -- share of a page's rows with which the next page begins
local CREATION = "creationDateTimeUtc"

local pages = {}

local Pages = {}
Pages.__index = Pages

-- Ways to request pages. query(reader) -> query string. turn(reader, rows) makes the next
-- page follow `rows`, and returns true, or false with `stuck` as the error's message. `size` is
-- the rows per page.

pages.by_date = { size = SIZE, stuck = REPEATED }
pages.by_id = { size = SIZE, stuck = REPEATED }
pages.once = { size = LARGEST, stuck = "the service returns only some of the machines with this"
  .. " tag or address: the list can't be read to its end" }

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

-- Reports if a page that ends at `moment` continues in the right direction.
local function goes_on(self, moment)
  local last = self.moment
  if not (last and moment) then return true end
  if self.criteria.order == "oldest" then return moment >= last end
  return moment <= last
end

-- Skips the rows of a page, except an overlap of at least one row (none if the page has only
-- one).
local function skip(self, rows)
  local overlap = #rows > 1 and math.max(1, math.floor(#rows * OVERLAP)) or 0
  self.overlaps, self.shift = overlap > 0, #rows
  self.skip = self.skip + #rows - overlap
end

-- Reports if the rows that should overlap the page before begin with an unknown row.
local function has_gap(self, rows)
  if self.skip == 0 then return false end
  local first = rows[1]
  return not (first and (self.seen[first.id] or self.before[first.id]))
end

-- Requests an earlier page than the one with the gap, each time by twice the distance.
local function step_back(self)
  self.gaps = self.gaps + 1
  self.skip, self.shift = math.max(0, self.skip - self.shift), 2 * self.shift
  self.rows, self.row = {}, 0
  return self.gaps <= MOST_GAPS
end

-- Reports if new rows still arrive at times. Pages that are read again after a gap do not count.
local function brings_news(self, rows)
  local last = self.skip + #rows
  if #self.rows > 0 then self.gaps, self.fruitless = 0, 0
  elseif last > self.farthest then self.fruitless = self.fruitless + 1 end
  self.farthest = math.max(self.farthest, last)
  return self.fruitless < MOST_FRUITLESS
end

-- The next page begins at the date of the last row; if all rows have that date, after them.
-- Only rows of that date can repeat, so the others are forgotten.
function pages.by_date.turn(self, rows)
  if not brings_news(self, rows) then return false end
  local text = rows[#rows][CREATION]
  local bound = text and ("%s %s %s"):format(CREATION, ORDERS[self.criteria.order][2], text)
  if bound == self.bound then
    skip(self, rows)
    return true
  end
  local moment = date.parse(text)
  if not goes_on(self, moment) then return false end
  self.bound, self.moment, self.skip, self.farthest = bound, moment, 0, 0
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

function pages.by_id.turn(self, rows)
  skip(self, rows)
  return brings_news(self, rows)
end

function pages.once.query() return nil end

function pages.once.turn(self, rows)
  self.ended = #rows < self.size and rows.has_more == ""
  return self.ended
end

-- `criteria` come from mde.service.criteria; `way` is one of the above. fetch(query) -> array
-- of entities, with has_more if the page has a link (see mde.service.response) | nil, err
function pages.new(criteria, way, fetch)
  local size = way.size
  if criteria.limit and not criteria.matches and way ~= pages.once then
    size = math.min(size, criteria.limit)
  end
  return setmetatable({ criteria = criteria, way = way, fetch = fetch, size = size,
                        left = criteria.limit, rows = {}, row = 0, seen = {}, before = {},
                        skip = 0, overlaps = false, shift = 0, farthest = 0, fruitless = 0,
                        gaps = 0 }, Pages)
end

-- Returns the rows that were not seen before.
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

-- Fetches a page. -> rows, and the rows that tell if there is a gap before it | nil, err
function Pages:read()
  local rows, err = self.fetch(self.way.query(self))
  if not rows then return nil, err end
  if self.skip == 0 or self.overlaps then return rows, rows end
  self.skip = self.skip - 1
  local before, failure = self.fetch(self.way.query(self))
  self.skip = self.skip + 1
  return before and rows, before or failure
end

-- Takes the rows of a page, unless there is a gap before it. -> false if the list can't be read
-- further
function Pages:turn(rows, before)
  if has_gap(self, before) then return step_back(self) end
  self.rows, self.row = self:take_new(rows), 0
  self.ended = #rows == 0 or #rows < self.size and not rows.has_more
  return self.ended or self.way.turn(self, rows)
end

-- Goes on to the next page. -> true | false at the end | nil, err
function Pages:advance()
  if self.ended then return false end
  local rows, before = self:read()
  if not rows then return nil, before end
  if self:turn(rows, before) then return true end
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

-- The whole list. -> array | nil, err
function Pages:all()
  local list = {}
  while true do
    local entity, err = self:next()
    if err then return nil, err end
    if not entity then return list end
    list[#list + 1] = entity
  end
end

-- An iterator. Raises a failure as the error itself, so that an incomplete list can't be taken
-- for the whole.
function Pages:each()
  return function()
    local entity, err = self:next()
    if err then error(err, 0) end
    return entity
  end
end

return pages
