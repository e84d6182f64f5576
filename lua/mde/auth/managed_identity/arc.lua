-- The managed identity of a machine outside Azure that Azure Arc manages.
--
-- The agent's first answer names a key file; the second request proves that we can read it. So
-- this module does I/O itself. Source: "Authenticate against Azure resources with Azure
-- Arc-enabled servers".

local content = require "mde.base.content"
local core = require "mde.core"
local endpoint = require "mde.auth.managed_identity.endpoint"
local errors = require "mde.base.errors"

local arc = {}

-- The folders of the agent's key files, on Linux and Windows.
local FOLDERS = { "/var/opt/azcmagent/tokens/",
                  "C:\\ProgramData\\AzureConnectedMachineAgent\\Tokens\\" }
local MOST = 4096  -- bytes

local function refuse(format, ...)
  return nil, errors.new { code = "sign_in",
                           message = ("Azure Arc's agent: " .. format):format(...) }
end

-- Reports if a path is in the agent's folder. Otherwise a process that answers in the agent's
-- place could make us read and send another file.
local function is_key(path, folders)
  for _, folder in ipairs(folders) do
    local name = path:sub(1, #folder) == folder and path:sub(#folder + 1)
    if name and name:find "^[^/\\%c]+%.key$" then return true end
  end
  return false
end

-- -> the content of a key file, as a secret | nil, err
local function read(path)
  local key, problem = content.read(path, MOST + 1)
  if not key then return refuse("its key cannot be read: %s", problem) end
  if key == "" or key:find "%c" then return refuse("its key file %s has no key", path) end
  if #key > MOST then return refuse("its key file %s is longer than %d bytes", path, MOST) end
  return core.secret("Basic " .. key)
end

-- Answers the agent's challenge. -> the value of an Authorization header | nil, err
local function answer_to(challenge, folders)
  local path = (challenge or ""):match "^[Bb]asic realm=\"?([^\"]+)\"?$"
  if not path then return refuse "its answer names no key file" end
  if not is_key(path, folders) then
    return refuse("it names a key file that is not in %s", folders[1])
  end
  return read(path)
end

-- `settings`: resource, clock, endpoint (a URL), folders (of key files; nil: the agent's).
-- -> credential
function arc.new(settings)
  local authorization
  local credential = {}

  function credential.request()
    return endpoint.get(settings.endpoint,
      { { "api-version", "2019-11-01" }, { "resource", settings.resource } },
      { metadata = "true", authorization = authorization })
  end

  function credential.read(response)
    local shown = authorization
    authorization = nil
    if response.status ~= 401 or shown then return endpoint.read(response, settings.clock) end
    local err
    authorization, err = answer_to(response.headers["www-authenticate"],
      settings.folders or FOLDERS)
    if not authorization then return nil, err end
    return { pause = 0 }
  end

  return credential
end

return arc
