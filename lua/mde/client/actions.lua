-- Lists actions: methods of a client.

local calls = require "mde.call.call"
local errors = require "mde.base.errors"
local judge = require "mde.call.cancel"
local pages = require "mde.service.pages"

local FORMS = { actions = require "mde.service.criteria.action",
                machines = require "mde.service.criteria.machine" }

local TOLERANCE = require "mde.service.clock".tolerance

local actions = {}

-- One page. -> array of actions | nil, err
function actions:page(query)
  local page, err = self:perform("list", { query = query }, judge.page)
  for i, fields in ipairs(page or {}) do page[i] = self.read(fields) end
  return page, err
end

local read_once = calls.parsing(calls.parse_action)

-- Reads actions by their ids, forty per list call, not before `moment`.
-- -> { id -> the action's fields }, { id -> error }
function actions:read_all(ids, moment)
  local list, found, problems = {}, {}, {}
  for i, id in ipairs(ids) do
    list[i] = assert(calls.new(self, "get", { id = id }, read_once))
    list[i]:look_up(moment)
  end
  self:finish(list)
  for i, id in ipairs(ids) do found[id], problems[id] = list[i].value, list[i].err end
  return found, problems
end

-- Reports whether criteria depend on the time.
local function has_age(wanted)
  return wanted.older_than ~= nil or wanted.newer_than ~= nil
end

-- A reader of the actions that match, for the method `name`.
-- -> reader (mde.service.pages) | nil, err
function actions:pages(wanted, name)
  errors.check_keys(name, wanted, FORMS.actions.known, 4)
  local now, began = self.service_clock.wall(), self.clock.monotonic()
  local compiled, err = FORMS.actions:compile(wanted, now)
  if not compiled then return nil, err end
  local reader
  local function fetch(query)
    local page, problem = self:page(query)
    local apart = self.service_clock.wall() - (self.clock.monotonic() - began) - now
    if not page or not has_age(wanted) or math.abs(apart) <= TOLERANCE then return page, problem end
    now = now + apart  -- this machine's clock is wrong: ask again
    reader.criteria = FORMS.actions:compile(wanted, now)
    return self:page(reader.way.query(reader))
  end
  reader = pages.new(compiled, pages.by_date, fetch)
  return reader
end

--- Returns the actions that match, in an array, the newest first.
---@param wanted? mde.action_criteria
---@return mde.action[]? actions
---@return mde.error? err
function actions:list(wanted)
  local found, err = self:pages(wanted or {}, "list")
  if not found then return nil, err end
  return found:all()
end

--- Iterates over the actions that match, reading pages of a thousand. Errors are raised (as mde.error),
--- so that a partial list is never taken for a complete one.
---
---     for action in client:actions { type = "Isolate", older_than = "4h" } do print(action) end
---@param wanted? mde.action_criteria
---@return fun(): mde.action? iterator
function actions:actions(wanted)
  local found, err = self:pages(wanted or {}, "actions")
  if not found then error(err, 0) end
  return found:each()
end

--- Explains which criteria the service filters and which are filtered here. Sends nothing.
---@param wanted mde.action_criteria|mde.machine_criteria
---@param kind? "actions"|"machines" default "actions"
---@return {path: string, service?: string, here: string[], order?: string, limit?: integer}? told
---@return mde.error? err
function actions:explain(wanted, kind)
  local form = FORMS[kind or "actions"]
  if not form then error(("explain: no list of '%s'"):format(tostring(kind)), 2) end
  local explanation, err = form:explain(wanted or {}, self.service_clock.wall())
  return explanation, err
end

return actions
