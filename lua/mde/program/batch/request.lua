-- Makes items of free requests and of library files, for `mde api` and playbooks.
--
-- A file is not kept in the journal: the item has its path, and the hash of its content.

local cjson = require "cjson"
local core = require "mde.core"
local failure = require "mde.program.exit"
local system = require "mde.program.system"

local request = {}

-- Returns the description of a file for a form: see client:form. `name`: default the path's last
-- part. Raises if it can't be read.
function request.file(path, name, fields)
  local text, problem = system.read(path)
  if not text then failure.raise(failure.usage, "%s", problem) end
  return { path = (system.file.real(path)), name = name or path:match "[^/]*$",
           sha256 = core.sha256(text), fields = fields }
end

-- Checks a request: see client:prepare_request. Raises the error.
function request.prepare(session, wanted)
  return failure.check(session:prepare_request(wanted.method, wanted.path, {
    query = wanted.query, body = wanted.body, content_type = wanted.content_type }))
end

-- Returns the name of the library file that a path deletes | nil
local function deleted(prepared)
  local name = prepared.operation == "delete_file" and prepared.path:match "/([^/?]+)$"
  return name and name:gsub("%%(%x%x)", function(digits)
    return string.char(tonumber(digits, 16))
  end)
end

-- Returns the item of a request with an effect: { method, path, query, body (text or a table),
-- content_type, file (of request.file) }. Raises an error if it is malformed.
function request.item(session, wanted)
  local prepared = request.prepare(session, wanted)
  local file, name = wanted.file, deleted(prepared)
  if name then return { id = name, change = "delete_file" } end
  if file and prepared.operation == "upload" and not prepared.path:find "?" then
    return { id = file.name, change = "upload", arguments = cjson.encode(file) }
  end
  return { id = prepared.method .. " " .. prepared.path:match "^[^?]*", change = "request",
           arguments = cjson.encode { method = prepared.method, path = prepared.path, file = file,
             body = prepared.body, content_type = prepared.content_type } }
end

return request
