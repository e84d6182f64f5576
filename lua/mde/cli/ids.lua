-- Ids of machine actions, as arguments or from a file: one string each in
-- memory, in lower case, every one once.

local cjson = require "cjson"
local core = require "mde.core"
local failure = require "mde.cli.failure"
local output = require "mde.cli.output"

local ids = {}

local EXPECTED = "the id of a machine action, such as 5382f7ea-7557-4ab7-9782-d50480024a4e"

local BLOCK = 65536
local LONGEST = 1048576  -- bytes of a line; an action is far smaller

-- Collects ids and drops those it has. `add(text)` -> whether it is an id
local function new_collection()
  local list, seen, duplicates = {}, {}, 0
  local function add(text)
    local id = core.operation.guid(text)
    if not id then return false end
    if seen[id] then
      duplicates = duplicates + 1
    else
      seen[id] = true
      list[#list + 1] = id
    end
    return true
  end
  local function finish()
    if duplicates > 0 then
      output.note(duplicates == 1 and "1 id was given twice; it is taken once."
        or ("%d ids were given again; each is taken once."):format(duplicates))
    end
    return list
  end
  return add, finish
end

-- Arguments -> array of ids
function ids.from_arguments(arguments)
  local add, finish = new_collection()
  for _, text in ipairs(arguments) do
    if not add(text) then failure.raise(failure.usage, "'%s' is not %s", text, EXPECTED) end
  end
  return finish()
end

-- An iterator over the numbered lines of a file, whatever it holds: never more
-- in memory than a block and the longest line.
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

-- What a line says: an id, "" for nothing, or nil.
local function id_of(line)
  if line:find "^%s*{" then
    local decoded, object = pcall(cjson.decode, line)
    return decoded and type(object.id) == "string" and object.id or nil
  end
  return line:gsub("#.*", ""):match "^%s*(.-)%s*$"
end

-- Lines, each an id or a JSON object with one (as `mde list` prints them), blank
-- or a # comment -> array of ids. A malformed line ends the command.
function ids.from_file(file)
  local add, finish = new_collection()
  for number, line in lines(file) do
    if number == 1 then line = line:gsub("^\xEF\xBB\xBF", "") end
    local id = id_of(line)
    if id ~= "" and not (id and add(id)) then
      failure.raise(failure.usage, "line %d: '%s' is not %s, nor a JSON object with one;"
        .. " nothing was sent", number, line:sub(1, 60), EXPECTED)
    end
  end
  return finish()
end

return ids
