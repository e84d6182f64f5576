-- The running program's system: environment, time, files, processes, terminal, signals.
--
-- Each program of a Lua process gets a table of its own when it starts (system.run), and its
-- modules read that table by indexing this module: system.getenv "TERM". The fields are those of
-- system.real; `state` is a table with what this program alone remembers. In an argument of
-- system.run, a field that waits may yield: the other programs then run with their own tables.

-- Loaded when they are first used: `mde --version` needs none of them.
local MODULES = {
  editor = "mde.editor", file = "mde.file", interrupt = "mde.interrupt", mde = "mde",
  process = "mde.process", supervisor = "mde.supervisor", terminal = "mde.terminal",
}

local LOADERS = {
  clock = function() return require "mde.base.clock".system end,
  read = function() return require "mde.base.content".read end,
  wait = function() return require "mde.host.plain".wait end,
}

local function load_field(real, name)
  local value = LOADERS[name] and LOADERS[name]() or MODULES[name] and require(MODULES[name])
  real[name] = value
  return value
end

-- Without a program, such as in a test of one module, this table is read.
local real = setmetatable({
  getenv = os.getenv, date = os.date, time = os.time,
  open = io.open, lines = io.lines, remove = os.remove,
  stdin = io.stdin, stdout = io.stdout, stderr = io.stderr, state = {},
}, { __index = load_field })

local current = real

local system = { real = real }

-- Whole seconds since 1970.
function system.now()
  return math.floor(current.clock.wall())
end

local function restored(previous, ...)
  current = previous
  return ...
end

local function resume(own, thread, ...)
  local previous = current
  current = own
  return restored(previous, coroutine.resume(thread, ...))
end

-- Calls f(...) as a program to which `given` is the system; what f yields is yielded to the
-- caller. -> what f returns
function system.run(given, f, ...)
  local own = setmetatable({ state = {} }, { __index = given })
  if not coroutine.isyieldable() then
    local previous = current
    current = own
    return restored(previous, f(...))
  end
  local thread = coroutine.create(f)
  local results = table.pack(resume(own, thread, ...))
  while coroutine.status(thread) ~= "dead" do
    results = table.pack(resume(own, thread,
      coroutine.yield(table.unpack(results, 2, results.n))))
  end
  if not results[1] then error(results[2], 0) end
  return table.unpack(results, 2, results.n)
end

return setmetatable(system, { __index = function(_, name) return current[name] end })
