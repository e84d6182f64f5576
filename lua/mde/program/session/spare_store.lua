-- Lets commands that only read continue if the store can't be written.
--
-- On a full disk, for example, notes for other processes are dropped, and a line on standard error
-- says so.

local errors = require "mde.base.errors"
local output = require "mde.program.terminal.output"

local spare_store = {}

local UNWRITABLE = { "disk is full", "disk I/O error", "readonly", "No space left",
                     "Read%-only file system" }

-- True if the raised error says that the store can't be written.
function spare_store.is_unwritable(raised)
  if not (errors.is(raised) and raised.code == "store") then return false end
  for _, pattern in ipairs(UNWRITABLE) do
    if raised.message:find(pattern) then return true end
  end
  return false
end

-- Reports that the store is not used any more.
function spare_store.report(raised)
  output.note("%s", (raised.message:gsub(": free some space.*", "")))
  output.note("This command continues without the store: other processes do not see its calls.")
end

-- Returns a function that calls f until the store can't be written, and then returns `otherwise`.
local function until_lost(store, f, otherwise)
  return function(...)
    if store.is_lost then return otherwise end
    local results = table.pack(pcall(f, ...))
    if results[1] then return table.unpack(results, 2, results.n) end
    if not spare_store.is_unwritable(results[2]) then error(results[2], 0) end
    store.is_lost = true
    store:rollback()
    spare_store.report(results[2])
    return otherwise
  end
end

local NONE = {}

-- Changes a store so that windows and commits do not fail if it can't be written.
function spare_store.protect(store)
  local windows_of, protected = store.windows, {}
  store.commit = until_lost(store, store.commit)
  function store.windows(self, application)
    local windows = windows_of(self, application)
    if protected[windows] then return windows end
    protected[windows] = true
    windows.news = until_lost(store, windows.news, NONE)
    windows.take = until_lost(store, windows.take)
    windows.note = until_lost(store, windows.note)
    return windows
  end
end

return spare_store
