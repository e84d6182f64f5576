-- Lists and finds machines: methods of a client.

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

-- Calls. A truncated answer can look complete to libcurl, so it is requested again.

-- Makes a judge whose value is `read(response)`, or nothing() after a 404, if given.
local function reading(read, nothing)
  return calls.parsing(read, function(call, _, _, value, err)
    if nothing and err and err.code == "not_found" then return call:finish(nothing()) end
    call:finish(value, err)
  end)
end

-- The service answers 404 instead of an empty list.
local judge_list = reading(answer.machines, function() return {} end)

-- Makes an entity of a machine's fields.
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

-- Lists

-- A reader of the machines that match compiled criteria.
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

--- Returns the machines that match, in an array.
---@param wanted? mde.machine_criteria
---@return mde.machine[]? machines
---@return mde.error? err
function machines:list_machines(wanted)
  local found, err = reader(self, wanted or {}, "list_machines")
  if not found then return nil, err end
  return found:all()
end

--- Iterates over the machines that match, reading page by page. Errors are raised.
---
---     for machine in client:machines { tag = "VIP", health = "Active" } do print(machine) end
---@param wanted? mde.machine_criteria
---@return fun(): mde.machine? iterator
function machines:machines(wanted)
  local found, err = reader(self, wanted or {}, "machines")
  if not found then error(err, 0) end
  return found:each()
end

-- One machine by its name

-- The machines of this name; a name without a dot also matches in any domain.
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

-- The active machine that was seen last, if all machines have the same name.
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
      one.healthStatus or "?", (one.lastSeen or "never"):gsub("%.%d+Z$", "Z"))
  end
  local first, differ = (list[1][NAME] or ""):lower(), false
  for _, one in ipairs(list) do differ = differ or (one[NAME] or ""):lower() ~= first end
  return nil, errors.new { code = "ambiguous", operation = "machine", machines = list,
    message = ("'%s' is the name of %d machines: %s; give the id of one%s"):format(
      errors.line(name, 60), #list, table.concat(words, ", "),
      differ and ", or its full name" or "") }
end

--- Finds one machine. If several have the name, that is an error with the code "ambiguous" and the
--- `machines`.
---@param target string|mde.machine its id, its whole DNS name, or its name without domain if no other has it; or the machine, which is read again
---@param options? {newest?: boolean} if several records have the name, take the active one that was seen last
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

return machines
