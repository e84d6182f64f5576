-- Reads ids from arguments or a file, in lower case, one at a time.

local cjson = require "cjson"
local core = require "mde.core"
local failure = require "mde.program.exit"

local ids = {}

-- A kind of id: the function that reads it, its keys in a JSON object, and its description.
local ACTION = { read = core.operation.guid, keys = { "id" },
  expected = "the id of a machine action, such as 5382f7ea-7557-4ab7-9782-d50480024a4e" }

local BLOCK = 65536
local LONGEST = 1048576  -- bytes of a line; an action is far smaller

-- Passes each argument to `add`. An invalid id ends the command.
function ids.from_arguments(arguments, add)
  for _, text in ipairs(arguments) do
    local id = core.operation.guid(text)
    if not id then failure.raise(failure.usage, "'%s' is not %s", text, ACTION.expected) end
    add(id)
  end
end

-- Raises if an argument is neither an id nor the beginning of one. With --yes (`is_agreed`) only whole
-- ids are accepted.
function ids.check(arguments, is_agreed)
  for _, text in ipairs(arguments) do
    local is_short = require "mde.program.input.short_id".is(text)
    if is_short and is_agreed then
      failure.raise(failure.usage, "'%s' is only the beginning of an id; with --yes, give all 36"
        .. " characters", text)
    end
    if not is_short then ids.from_arguments({ text }, function() end) end
  end
end

-- Iterates over the numbered lines of a file. Keeps at most a block and the longest line in memory.
local function lines(file)
  local text, position, number = "", 1, 0

  local function fill()
    if #text - position >= LONGEST then
      failure.raise(failure.usage, "line %d is longer than %d bytes", number, LONGEST)
    end
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

-- Returns the id in a line, "" for an empty line, or nil for an invalid one.
local function id_of(line, keys)
  if line:find "^%s*{" then
    local decoded, object = pcall(cjson.decode, line)
    return decoded and in_object(object, keys) or nil
  end
  return line:gsub("#.*", ""):match "^%s*(.-)%s*$"
end

-- Passes each id in a file to `add`. A line is an id, a JSON object with one (as `mde list` prints
-- it), a # comment, or blank. A malformed line ends the command. `kind`, for ids other than actions':
-- { read =, keys =, expected = }.
function ids.from_file(file, add, kind)
  kind = kind or ACTION
  for number, line in lines(file) do
    if number == 1 then line = line:gsub("^\xEF\xBB\xBF", "") end
    local text = id_of(line, kind.keys)
    if text ~= "" then
      local id = text and kind.read(text)
      if not id then
        failure.raise(failure.usage, "line %d: '%s' is not %s, nor a JSON object with one;"
          .. " nothing was sent", number, line:sub(1, 60), kind.expected)
      end
      add(id)
    end
  end
end

return ids
