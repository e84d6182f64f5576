-- What a client can do to find machines: methods that mde.client takes over.

local answer = require "mde.service.response"
local calls = require "mde.call.call"
local errors = require "mde.base.errors"
local form = require "mde.service.criteria.machine"
local machine = require "mde.service.machine"
local odata = require "mde.service.odata"
local pages = require "mde.service.pages"

local NAME = "computerDnsName"
local LONGEST_NAME = 255  -- characters (RFC 1035, 2.3.4)
local MOST_NAMED = 10  -- of several machines, in a message

local machines = {}

-- {{ Calls. A cut answer can look like a whole one: it is asked for again.

-- A judge that gives what `read(response)` gives. Where there is nothing: `nothing`, or
-- the error if there is none.
local function reading(read, nothing)
  return calls.parsing(read, function(call, _, _, value, err)
    if nothing and err and err.code == "not_found" then return call:finish(nothing()) end
    call:finish(value, err)
  end)
end

-- The service answers 404 where it would have to give an empty list.
local judge_list = reading(answer.machines, function() return {} end)

-- Makes entities of what the service gave: the client's own reader, made once.
function machines:read_machine(fields)
  self.machine_reader = self.machine_reader or machine.reader(self.service_clock)
  return self.machine_reader(fields)
end

-- -> array | nil, err
local function fetch(self, operation, arguments)
  local list, err = self:perform(operation, arguments, judge_list)
  for i, fields in ipairs(list or {}) do list[i] = self:read_machine(fields) end
  return list, err
end

-- -> machine | nil, err
local function fetch_one(self, id)
  local fields, err = self:perform("machine", { device = id }, reading(function(response)
    return answer.machine(response, id)
  end))
  if err then
    err.machine = id
    return nil, err
  end
  return self:read_machine(fields)
end

-- }}

-- {{ Lists

-- A reader of what was compiled.
local function read(self, compiled)
  local source = compiled.source
  local is_list = source.operation == "machines"
  return pages.new(compiled, is_list and pages.by_id or pages.once, function(query)
    return fetch(self, source.operation, is_list and { query = query } or source.arguments)
  end)
end

-- -> reader (mde.service.pages) | nil, err
local function reader(self, wanted, name)
  errors.check_keys(name, wanted, form.known, 4)
  local compiled, err = form:compile(wanted, self.service_clock.wall())
  if not compiled then return nil, err end
  return read(self, compiled)
end

--- The machines that match, in an array.
---@param wanted? mde.machine_criteria
---@return mde.machine[]? machines
---@return mde.error? err
function machines:list_machines(wanted)
  local found, err = reader(self, wanted or {}, "list_machines")
  if not found then return nil, err end
  return found:all()
end

--- The machines that match, one after the other, read a page at a time. What goes wrong is raised.
---
---     for machine in client:machines { tag = "VIP", health = "Active" } do print(machine) end
---@param wanted? mde.machine_criteria
---@return fun(): mde.machine? iterator
function machines:machines(wanted)
  local found, err = reader(self, wanted or {}, "machines")
  if not found then error(err, 0) end
  return found:each()
end

-- }}

-- {{ One machine by its name

-- The machines of this name; of a name without a dot, those of any domain too.
-- -> array | nil, err
local function of_name(self, name)
  local compiled, err = form:compile({ name = name }, self.service_clock.wall())
  if not compiled then return nil, err end
  local lower = name:lower()
  local domain = not name:find(".", 1, true) and lower .. "."
  if domain then
    compiled.filter = ("(%s or startswith(%s,%s))"):format(compiled.filter, NAME,
      odata.text(domain))
  end
  compiled.matches = function(one)
    local held = (one[NAME] or ""):lower()
    return held == lower or domain and held:sub(1, #domain) == domain
  end
  return read(self, compiled):all()
end

-- The newest of several machines that is active, if all of them have the same name.
local function newest(list)
  local found
  for _, one in ipairs(list) do
    if (one[NAME] or ""):lower() ~= (list[1][NAME] or ""):lower() then return nil end
    local seen = one.healthStatus == "Active" and one:seen()
    if seen and (not found or seen < found:seen()) then found = one end
  end
  return found
end

local function ambiguous(name, list)
  local words = {}
  for i, one in ipairs(list) do
    if i > MOST_NAMED then
      words[i] = ("and %d more"):format(#list - MOST_NAMED)
      break
    end
    words[i] = ("%s (%s, %s, last seen %s)"):format(one[NAME] or "-", one.id,
      one.healthStatus or "?", one.lastSeen or "never")
  end
  local first, differ = (list[1][NAME] or ""):lower(), false
  for _, one in ipairs(list) do differ = differ or (one[NAME] or ""):lower() ~= first end
  return nil, errors.new { code = "ambiguous", operation = "machine", machines = list,
    message = ("'%s' is the name of %d machines: %s; give the id of one%s"):format(
      errors.line(name, 60), #list, table.concat(words, ", "),
      differ and ", or its whole name" or "") }
end

--- One machine. Of several of one name none is guessed: that is an error with the code "ambiguous"
--- and the `machines`.
---@param target string|mde.machine its id, its whole DNS name, or its name without domain if no other has it; or the machine, which is read anew
---@param options? {newest?: boolean} of several records of one name: the active one that was seen last
---@return mde.machine? machine
---@return mde.error? err
function machines:machine(target, options)
  errors.check_keys("machine", options or {}, { newest = true })
  local given = type(target) == "table" and target.id or target
  local id = machine.id(given)
  if id then return fetch_one(self, id) end
  local name = given
  if type(name) ~= "string" or #name > LONGEST_NAME or not name:find "^[A-Za-z0-9][%w%._%-]*$" then
    return errors.invalid("machine: '%s' is not a machine's id or DNS name",
      errors.line(tostring(given), 60))
  end
  local list, err = of_name(self, name)
  if not list then return nil, err end
  if #list == 0 then
    return nil, errors.new { code = "not_found", operation = "machine",
      message = ("the service knows no machine '%s'"):format(errors.line(name, 60)) }
  end
  if #list == 1 then return list[1] end
  local chosen = options and options.newest and newest(list)
  if chosen then return chosen end
  return ambiguous(name, list)
end

-- }}

return machines
