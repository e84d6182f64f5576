-- Opens the program's store: --store, MDE_STORE, or the user's own folder.
--
-- It is opened at its first use, once per program. The user's own is mde.store.sql.sqlite.

local failure = require "mde.program.exit"
local system = require "mde.program.system"

local store = {}

-- Returns the user and host for the journal and the audit log: "dana@soc1".
function store.who()
  return ("%s@%s"):format(system.process.who())
end

-- Returns a name that is unique to this process.
local function holder(clock)
  return ("%s pid %d (%x)"):format(store.who(), system.process.pid(),
    math.floor(clock.wall() * 1000))
end

-- Returns a process's name for users: "dana@soc1 pid 4711".
function store.shown(name)
  return (name:gsub(" %(%x+%)$", ""))
end

-- Returns the folder of the user's store and audit log.
function store.folder()
  local state = system.getenv "XDG_STATE_HOME"
  if not state or state:sub(1, 1) ~= "/" then
    local home = system.getenv "HOME" or ""
    if home:sub(1, 1) ~= "/" then
      failure.raise(failure.failed, "no folder for the store: set XDG_STATE_HOME or HOME, or give"
        .. " --store memory")
    end
    state = home .. "/.local/state"
  end
  return state .. "/mde"
end

-- Returns the place of the user's audit log: "dana@soc1:/home/dana/.local/state/mde".
function store.place()
  local done, folder = pcall(store.folder)
  return done and store.who() .. ":" .. folder or nil
end

-- A converter for --store.
function store.choice(text)
  if text == "memory" or text:find "^postgres%a*://" then return text end
  return nil, ("'%s' is neither a postgresql:// URL nor memory"):format(
    text:gsub("://.*", "://…"))
end

-- Closes the store after a lost connection, so that the next `open` opens it again.
function store.forget()
  local opened = system.state.store
  if opened then pcall(opened.close, opened) end
  system.state.store = nil
end

-- Ends the use of the store, at the end of the program.
function store.leave()
  local opened = system.state.store
  if opened and opened.leave then opened:leave() end
  system.state.store = nil
end

-- Returns how the program waits for a store: see mde.store.sql.database.
local function new_world()
  return {
    say = function(text)
      require "mde.program.terminal.line".clear()
      require "mde.program.terminal.output".note("%s", text)
    end,
    stopped = function() return system.interrupt.count() > 0 end,
    blocking = system.interrupt.blocking, bounded = system.interrupt.bounded,
  }
end

-- Opens the store of `text`: a URL, "memory", or nil for the user's own.
local function open_named(text, is_alone)
  local clock = { monotonic = system.clock.monotonic, wall = system.clock.wall,
                  boot = system.file.boot }
  if text and text ~= "memory" then
    return require "mde.store.sql.postgresql".open(text, clock, holder(clock), new_world())
  end
  return require "mde.store.sql.sqlite".open(not text and store.folder() or nil, clock,
    holder(clock), new_world(), is_alone)
end

-- Does the same for a command that only reads the journal, also on a full disk.
local function open_journal(text)
  local done, result = pcall(open_named, text)
  if done then return result end
  if text or not require "mde.program.session.spare_store".is_unwritable(result) then
    error(result, 0)
  end
  collectgarbage()  -- closes the first attempt
  return open_named(nil, true)
end

-- Does the same for a command that only reads; if the store can't be written, opens one in memory.
local function open_to_read(text)
  local spare_store = require "mde.program.session.spare_store"
  local done, result = pcall(open_named, text)
  if not done then
    if not spare_store.is_unwritable(result) then error(result, 0) end
    spare_store.report(result)
    return open_named "memory"
  end
  spare_store.protect(result)
  return result
end

-- Opens the store chosen on the command line (`parsed`). parsed.reads_only: the command changes
-- nothing; parsed.reads_journal: it only reads the journal. Raises the error.
function store.open(parsed)
  local state = system.state
  if state.store then return state.store end
  local text = parsed.store or system.getenv "MDE_STORE"
  if text == "" then text = nil end
  if text then
    local choice, problem = store.choice(text)
    if not choice then failure.raise(failure.usage, "MDE_STORE: %s", problem) end
  end
  local open = parsed.reads_journal and open_journal or parsed.reads_only and open_to_read
               or open_named
  state.store = open(text)
  return state.store
end

return store
