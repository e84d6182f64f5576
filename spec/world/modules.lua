-- Loads the modules of a process: chunks compiled once, executed for each process.
--
-- The chunks see globals of their own, so that nothing depends on this machine: `require` loads
-- into the process that runs, io and os see its host, and pairs has a fixed order.

local json = require "spec.world.json"

-- `endless`: the most instructions between two touches; nil: no bound.
local modules = { current = nil, endless = nil }

local compiled = {}  -- name -> chunk

-- Globals

-- next in the same order.
local function ordered_next(t, key)
  local after = key == nil
  for other, value in json.pairs(t) do
    if after then return other, value end
    after = other == key
  end
end

local globals = setmetatable({
  require = function(name) return modules.current.require(name) end,
  pairs = json.pairs, next = ordered_next,
  collectgarbage = function(what) return what == "count" and 0 or 0 end,
  io = setmetatable({
    open = function(path, mode) return modules.current:open(path, mode) end,
    popen = function() return nil, "no other programs in a world" end,
  }, { __index = io }),
  os = setmetatable({
    getenv = function(name) return modules.current:getenv(name) end,
    time = function(parts)
      return parts and os.time(parts) or math.floor(modules.current.clock.wall())
    end,
    date = function(format, moment)
      return os.date(format, moment or math.floor(modules.current.clock.wall()))
    end,
    clock = function() return modules.current.clock.monotonic() end,
  }, { __index = os }),
  math = setmetatable({
    random = function(...)
      local random = modules.current.random
      local low, high = ...
      if not low then return random:number() end
      if not high then low, high = 1, low end
      return random:integer(low, high)
    end,
  }, { __index = math }),
}, { __index = _G })
globals._G = globals

-- cjson, whose objects have their keys in order.
local ordered_cjson = setmetatable({ encode = json.encode }, { __index = require "cjson" })

-- mde.terminal, for programs that are not `mde`

local function printable(text)
  return (text:gsub("[%z\1-\8\11-\31\127]", "\u{FFFD}"))
end

modules.terminal = {
  printable = printable, printable_json = printable,
  columns = function(text) return utf8.len(text) or #text end,
  cut = function(text, columns)
    local stop = utf8.offset(text, columns + 1)
    return stop and text:sub(1, stop - 1) or text
  end,
}

local SHARED = { cjson = ordered_cjson, argparse = true }

local function chunk_of(name)
  local chunk = compiled[name]
  if chunk then return chunk end
  local path = assert(package.searchpath(name, package.path))
  chunk = assert(loadfile(path, "t", globals))
  compiled[name] = chunk
  return chunk
end

-- Gives a module another source from now on; nil: its own.
function modules.replace(name, source)
  compiled[name] = source and assert(load(source, "=" .. name, "t", globals)) or nil
end

-- -> the `require` of a process
function modules.loader(process)
  local loaded = { cjson = ordered_cjson }
  return function(name)
    local module = loaded[name]
    if module ~= nil then return module end
    module = process.modules[name]
    if module == nil then
      if name:find "^mde" or SHARED[name] then module = chunk_of(name)(name)
      else module = require(name) end
    end
    if module == nil then module = true end
    loaded[name] = module
    return module
  end
end

modules.globals = globals

return modules
