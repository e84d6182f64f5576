-- Loads and calls a user's Lua, a playbook or a chunk at the prompt. Its globals are those of the
-- program's system (mde.program.system).

local client = require "mde.program.session.client"
local errors = require "mde.base.errors"
local failure = require "mde.program.exit"
local selection = require "mde.program.session.profiles"
local system = require "mde.program.system"
local tables = require "mde.base.tables"

local playbook = {}

-- Loads a file of Lua as loadfile does. -> function | nil, message
local function load_file(path)
  local text, problem = system.read(path)
  if not text then return nil, problem end
  text = text:gsub("^\239\187\191", ""):gsub("^#[^\n]*", "")
  return load(text, "@" .. path, "bt", system.globals)
end

local ENDINGS = { ".lua", "/init.lua" }

-- Loads a module from the folder, as Lua's searchers do. -> loader, path | message: the paths tried
local function find(folder, module)
  local missing = {}
  for i, ending in ipairs(ENDINGS) do
    local path = folder .. module:gsub("%.", "/") .. ending
    local file = system.open(path, "rb")
    if file then
      file:close()
      local loader, problem = load_file(path)
      if loader then return loader, path end
      error(("error loading module '%s' from file '%s':\n\t%s"):format(module, path, problem), 0)
    end
    missing[i] = ("no file '%s'"):format(path)
  end
  return table.concat(missing, "\n\t")
end

-- Loads the file. From now on `require` also finds modules in its folder, after all others, so that
-- none there replaces a module of this program. -> function | nil, message
function playbook.load(path)
  local chunk, problem = load_file(path)
  local folder = chunk and (system.file.real(path) or ""):match "^.*/"
  if folder then
    table.insert(system.globals.package.searchers, function(module) return find(folder, module) end)
  end
  return chunk, problem
end

-- Settings that choose a client's identity, and so take precedence over the command line's profile.
local WHOSE = { "profile", "tenant", "client_id", "client_secret", "token", "client_certificate",
                "federated_token_file", "managed_identity" }

local function says_whose(settings)
  for _, key in ipairs(WHOSE) do
    if settings[key] ~= nil then return true end
  end
  return false
end

-- Converts a failure to an error of the library; raises anything else again.
local function expected(raised)
  if errors.is(raised) then return raised end
  if not failure.status(raised) then error(raised, 0) end
  return errors.new { code = "missing_credential", message = tostring(raised) }
end

-- The module mde whose clients follow the command line's --timeout, --verbose, --profile and
-- --store. parsed.is_attended: a person types the calls. From now on, `require` returns it too.
function playbook.module(parsed)
  local mde = tables.merged(system.mde)
  if selection.wanted(parsed) then selection.one(parsed) end
  local function following(new, complete)
    return function(settings)
      local done, problem = pcall(function()
        settings = client.settings(parsed, settings)
        complete(settings)
      end)
      if not done then return nil, expected(problem) end
      local made, err = new(settings)
      for _, each in ipairs(made and made[1] and made or { made }) do
        each.is_attended = parsed.is_attended
      end
      return made, err
    end
  end
  mde.clients = following(mde.clients, function() end)
  mde.client = following(mde.client, function(settings)
    if not says_whose(settings) then settings.profile = selection.one(parsed) end
  end)
  parsed.statuses = {}  -- of batches that did not end as asked
  function mde.batch(options)
    return require "mde.program.batch.playbook".batch(mde, parsed, options)
  end
  system.globals.package.loaded.mde = mde
  return mde
end

-- Calls `chunk`, and lets Ctrl-C raise in it. -> true, results | false, message with the chunk's part
-- of the traceback, or the raised table
function playbook.call(chunk, ...)
  local results = table.pack(system.interrupt.call(chunk, ...))
  if type(results[2]) == "string" and not results[1] then
    results[2] = results[2]:gsub("\n[^\n]*\n[^\n]*mde/program/input/playbook%.lua.*", "")
  end
  return table.unpack(results, 1, results.n)
end

return playbook
