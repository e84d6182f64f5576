-- The running program's system: environment, time, files, processes, terminal, signals.
--
-- Each program of a Lua process gets a table of its own when it starts (system.run), and its
-- modules read that table by indexing this module: system.getenv "TERM". The library reads the
-- same table through mde.base.system. The fields are those of system.real; `state` is a table with
-- what this program alone remembers, `globals` has the globals of playbooks and prompts. In an
-- argument of system.run, a field that waits may yield: the other programs then run with their own
-- tables.

local base = require "mde.base.system"

-- Loaded when they are first used: `mde --version` needs none of them.
local MODULES = {
  editor = "mde.editor", interrupt = "mde.interrupt", mde = "mde",
  process = "mde.process", supervisor = "mde.supervisor", terminal = "mde.terminal",
}

local LOADERS = {
  read = function() return require "mde.base.content".read end,
  wait = function() return require "mde.host.plain".wait end,
}

local function load_field(real, name)
  local value = LOADERS[name] and LOADERS[name]() or MODULES[name] and require(MODULES[name])
  if value == nil then return base.real[name] end
  real[name] = value
  return value
end

-- Without a program, such as in a test of one module, this table is read.
local real = setmetatable({
  date = os.date, lines = io.lines, stdin = io.stdin, stdout = io.stdout, stderr = io.stderr,
  state = {}, globals = _G,
}, { __index = load_field })

base.use(real)

local system = { real = real }

-- Whole seconds since 1970.
function system.now()
  return math.floor(base.clock.wall())
end

local function restored(previous, ...)
  base.use(previous)
  return ...
end

local function resume(own, thread, ...)
  local previous = base.use(own)
  return restored(previous, coroutine.resume(thread, ...))
end

-- Calls f(...) as a program to which `given` is the system; what f yields is yielded to the
-- caller. -> what f returns
function system.run(given, f, ...)
  local own = setmetatable({ state = {}, shared = {} }, { __index = given })
  if not coroutine.isyieldable() then
    local previous = base.use(own)
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

-- Calls f, which must not yield, with other fields of the current program's system.
function system.with(fields, f)
  local previous = base.use(fields)
  setmetatable(fields, { __index = previous })
  local done, raised = pcall(f)
  base.use(previous)
  if not done then error(raised, 0) end
end

return setmetatable(system, { __index = function(_, name) return base[name] end })
