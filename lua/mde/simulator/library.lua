-- Simulated operations on the live response library; see mde.simulator.actions.

local cjson = require "cjson"
local core = require "mde.core"
local errors = require "mde.base.errors"
local form = require "mde.simulator.form"
local json = require "mde.simulator.json"
local multipart = require "mde.simulator.multipart"
local reply = require "mde.simulator.reply"
local tables = require "mde.base.tables"

local library = {}

local LARGEST = 20 * 1024 * 1024

local function fields(file)
  return { "fileName", json.value(file.name), "sha256", json.value(file.sha256),
    "description", json.value(file.description), "creationTime", json.value(file.created),
    "lastUpdatedTime", json.value(file.updated), "createdBy", json.value(file.by),
    "hasParameters", tostring(file.has_parameters == true),
    "parametersDescription", json.value(file.parameters) }
end

local KEYS = { name = true, content = true, description = true, parameters = true,
               has_parameters = true, by = true }

-- Puts a file { name, content, description, parameters, has_parameters, by } into the library,
-- and replaces one of the same name.
function library.add(self, file)
  errors.check_keys("library file", file, KEYS)
  local old, now = self.files[file.name], json.stamp(self:now())
  local entry = { name = file.name, content = file.content, sha256 = core.sha256(file.content),
    description = file.description, parameters = file.parameters,
    has_parameters = file.has_parameters, by = file.by or self.client_id,
    created = old and old.created or now, updated = now }
  self.files[file.name] = entry
  return entry
end

local function answer_list(self)
  local entries = {}
  for i, name in ipairs(tables.keys(self.files)) do
    entries[i] = json.object(fields(self.files[name]))
  end
  return reply.json(200, ('{"@odata.context":%s,"value":[%s]}')
    :format(cjson.encode(self.context .. "LibraryFiles"), table.concat(entries, ",")))
end

-- The parts of an upload, by their names in lower case.
local function parts_of(request)
  local parts = multipart.decode(request.headers["content-type"] or "", request.body or "")
  local by_name = {}
  for _, part in ipairs(parts or {}) do by_name[part.name:lower()] = part end
  return parts and by_name
end

local function answer_upload(self, request)
  local parts = parts_of(request)
  if not parts then self:refuse(400, "InvalidRequestBody", "Request body is incorrect") end
  local function text(name) return parts[name] and parts[name].content end
  local file = parts.file
  if not file or (file.filename or "") == "" then
    self:lacks "File"
  elseif #file.content > LARGEST then
    self:refuse(400, "InvalidInput", "The file is larger than 20 MB")
  elseif self.files[file.filename] and (text "overrideifexists" or ""):lower() ~= "true" then
    self:refuse(400, "BadRequest", ("File %s exists already"):format(file.filename))
  end
  local entry = library.add(self, { name = file.filename, content = file.content,
    description = text "description", parameters = text "parametersdescription",
    has_parameters = (text "hasparameters" or ""):lower() == "true" })
  return reply.json(200,
    json.object(fields(entry), self.context .. "LibraryFiles/$entity")), true
end

-- Names are case-sensitive, but the pattern's capture is in lower case, so the path is read here.
local function answer_delete(self, request)
  local name = form.unescape(request.path:match "^[^?]*/([^/?]*)")
  if not self.files[name] then
    self:refuse(404, "ResourceNotFound", ("File %s was not found"):format(name))
  end
  self.files[name] = nil
  return { status = 204, headers = {}, body = "" }, true
end

local MANAGE = { "Library.Manage" }

library.rows = {
  { name = "library", method = "GET", path = "^/libraryfiles/?$", roles = MANAGE,
    answer = answer_list },
  { name = "upload", method = "POST", path = "^/libraryfiles/?$", roles = MANAGE,
    answer = answer_upload },
  { name = "delete_file", method = "DELETE", path = "^/libraryfiles/([^/]+)$", roles = MANAGE,
    answer = answer_delete },
}

return library
