-- Signs in as an application with a token of an issuer that it trusts.
--
-- The issuer, such as a Kubernetes cluster, keeps the token in a file and replaces it before it
-- expires. This module does I/O itself: it reads the file at each use.

local assertion = require "mde.auth.assertion_grant"
local content = require "mde.base.content"
local errors = require "mde.base.errors"

local federated = {}

local function refuse(path, format, ...)
  return nil, errors.new {
    code = "missing_credential",
    message = ("the federated token file %s %s"):format(path, format:format(...)),
  }
end

-- The token in a file. No message shows the file's content. -> text | nil, err
local function read(path)
  local text, reason = content.read(path)
  if not text then
    local what = tostring(reason):gsub("^.*: ", "")  -- the path is in front, or not
    return refuse(path, "cannot be read: %s", what)
  end
  local token = text:match "^%s*(.-)%s*$"
  if token == "" then return refuse(path, "is empty") end
  if not token:find "^[%w%-_]+%.[%w%-_]+%.[%w%-_]+$" then
    return refuse(path, "has no token: expected three parts of base64url, separated by dots")
  end
  return token
end

-- `settings`: authority (a base URL), tenant, client_id, scope, token_file (a path).
-- -> credential
function federated.new(settings)
  return assertion.new(settings, "file " .. settings.token_file, function()
    return read(settings.token_file)
  end)
end

return federated
