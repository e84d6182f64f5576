-- Reads ids of machine actions from arguments, and ids of actions or machines from a file: one per
-- line, a column of CSV, or JSON Lines. None is kept here.

local cjson = require "cjson"
local core = require "mde.core"
local failure = require "mde.program.exit"
local machine = require "mde.service.machine"

local ids = {}

-- A kind of id: how it is read, what is expected, and under which keys JSON and CSV have it.
local ACTION = { read = core.operation.guid, keys = { "id" }, column = "id",
  expected = "the id of a machine action, such as 5382f7ea-7557-4ab7-9782-d50480024a4e" }

local MACHINE_KEYS = { "machineId", "machine_id", "DeviceId", "id", "computerDnsName",
                       "DeviceName" }

-- Ids of machines, and machines by id or name.
ids.MACHINE_ID = { read = machine.id, keys = MACHINE_KEYS, column = "DeviceId",
  expected = "the id of a machine, of 40 hexadecimal digits" }
ids.MACHINE = { keys = MACHINE_KEYS, column = "DeviceId or DeviceName",
  expected = "the id or name of a machine",
  read = function(text)
    return machine.id(text) or text:match "^[A-Za-z0-9][%w%._%-]*$"
  end }

local BLOCK = 65536
local LONGEST = 1048576  -- bytes of a line; an action is far smaller

-- Passes each argument to `add`. An invalid id ends the command.
function ids.from_arguments(arguments, add)
  for _, text in ipairs(arguments) do
    local id = core.operation.guid(text)
    if not id then
      local is_machine = text:find "%a" and ids.MACHINE.read(text) ~= nil
      failure.misuse({ machine = is_machine and text or nil }, "'%s' is not %s", text,
        ACTION.expected)
    end
    add(id)
  end
end

-- Raises if an argument is neither an id nor the beginning of one. With --yes (`is_agreed`) only whole
-- ids are accepted.
function ids.check(arguments, is_agreed)
  for _, text in ipairs(arguments) do
    local is_short = require "mde.program.input.short_id".is(text)
    failure.misuse_if(is_short and is_agreed,
      "'%s' is only the beginning of an id; with --yes, give all 36 characters", text)
    if not is_short then ids.from_arguments({ text }, function() end) end
  end
end

-- Iterates over the numbered lines of a file. Keeps at most a block and the longest line in memory.
local function lines(file)
  local text, position, number = "", 1, 0

  local function fill()
    failure.misuse_if(#text - position >= LONGEST,
      "line %d is longer than %d bytes", number, LONGEST)
    local block, problem = file:read(BLOCK)
    if problem then failure.raise(failure.failed, "cannot read the ids: %s", problem) end
    text, position = text:sub(position) .. (block or ""), 1
    return block
  end

  return function()
    number = number + 1
    local stop = text:find("\n", position, true)
    while not stop do
      if not fill() then break end
      stop = text:find("\n", 1, true)
    end
    stop = stop or #text + 1
    if position > #text then return nil end
    local line = text:sub(position, stop - 1)
    position = stop + 1
    return number, line
  end
end

local function in_object(object, keys)
  for _, key in ipairs(keys) do
    if type(object[key]) == "string" then return object[key] end
  end
end

-- CSV

local function trimmed(text)
  return text:match "^%s*(.-)%s*$"
end

-- The fields of a line of CSV. A quoted field may not contain a line end.
local function fields_of(line, delimiter)
  local fields, at = {}, 1
  line = line:gsub("\r$", "")
  while at <= #line + 1 do
    local quoted, after = line:match('^ *"(.-)" *()', at)
    while quoted and line:sub(after, after) == '"' do  -- a doubled quote
      local more, stop = line:match('^"(.-)" *()', after)
      if not more then break end
      quoted, after = quoted .. '"' .. more, stop
    end
    local stop = line:find(delimiter, after or at, true) or #line + 1
    fields[#fields + 1] = quoted or trimmed(line:sub(at, stop - 1))
    at = stop + 1
  end
  return fields
end

-- The name of a column in lower case, without spaces and underscores.
local function name_of(text)
  return (text:lower():gsub("[ _]", ""))
end

-- The column of the ids and the delimiter, if the first line is a header.
local function column_of(line, keys)
  if line:find "^%s*{" then return nil end
  for _, delimiter in ipairs { ",", ";", "\t" } do
    local columns = {}
    for i, field in ipairs(fields_of(line, delimiter)) do columns[name_of(field)] = i end
    for _, key in ipairs(keys) do
      if columns[name_of(key)] then return columns[name_of(key)], delimiter end
    end
  end
end

-- The id in a line; "" if the line is blank or a comment; nil if it has none.
local function id_of(line, keys, column, delimiter)
  if column then
    if not line:find "%S" then return "" end
    local field = fields_of(line, delimiter)[column]
    return field ~= "" and field or nil
  end
  if line:find "^%s*{" then
    local decoded, object = pcall(cjson.decode, line)
    return decoded and in_object(object, keys) or nil
  end
  return trimmed((line:gsub("#.*", "")))
end

-- Reads a file of lines: each an id, blank or a # comment; CSV with a header; or JSON objects with an
-- id (as `mde list` prints them). Calls add(id) for each. A malformed line ends the command. `kind`
-- (default: actions): see above.
function ids.from_file(file, add, kind)
  kind = kind or ACTION
  local column, delimiter
  for number, line in lines(file) do
    if number == 1 then
      failure.misuse_if(line:find "^\xFF\xFE" or line:find "^\xFE\xFF",
        "the input is in UTF-16: save it in UTF-8; nothing was sent")
      line = line:gsub("^\xEF\xBB\xBF", "")
      column, delimiter = column_of(line, kind.keys)
    end
    local is_header = number == 1 and column
    local text = is_header and "" or id_of(line, kind.keys, column, delimiter)
    if text ~= "" then
      local id = text and kind.read(text)
      failure.misuse_if(not id, "line %d: '%s' %s %s%s; nothing was sent", number,
        trimmed(line):sub(1, 60), column and "does not contain" or "is not", kind.expected,
        column and "" or ", a JSON object with one, or a header of CSV with a column "
        .. kind.column)
      add(id)
    end
  end
end

return ids
