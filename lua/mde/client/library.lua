-- The library of files for live responses: methods of a client.
--
-- If the answer to a change was lost, the library is read: see mde.client.writing. This module
-- reads the file that is uploaded, and does no other I/O.

local answer = require "mde.service.response"
local calls = require "mde.call.call"
local content = require "mde.base.content"
local core = require "mde.core"
local json = require "mde.service.json"
local errors = require "mde.base.errors"
local multipart = require "mde.service.multipart"
local writing = require "mde.client.writing"

---@class mde.library_file
---@field fileName string
---@field sha256? string
---@field description? string
---@field creationTime? string
---@field lastUpdatedTime? string
---@field createdBy? string
---@field hasParameters? boolean
---@field parametersDescription? string

local library = {}

local LARGEST = 20 * 1048576  -- bytes; source: "Upload files to the live response library"

-- Answers

-- Makes a reader of `what` (a noun) in an answer; `decode(table)` -> value or nil.
local function reader(what, decode)
  return function(response)
    local value = decode(json.decode(response.body) or {})
    if value ~= nil then return value end
    return answer.unexpected(response, what)
  end
end

-- Requests for a second page are not documented: a list with a link to one is incomplete.
local read_list = reader("a whole list of files", function(decoded)
  local link = decoded["@odata.nextLink"]
  return (link == nil or link == "") and type(decoded.value) == "table" and decoded.value or nil
end)

local read_file = reader("a file of the library", function(decoded)
  return type(decoded.fileName) == "string" and decoded or nil
end)

-- The question for mde.client.writing.
local function about_list(accepted)
  return { operation = "library", arguments = {}, read = read_list, accepted = accepted }
end

-- The file of this name in a list | nil
local function find(list, name)
  for _, file in ipairs(list) do
    if file.fileName == name then return file end
  end
end

--- Lists the files of the live-response library.
---@return mde.library_file[]? files
---@return mde.error? err
function library:library()
  return self:perform("library", {}, calls.parsing(read_list))
end

local KNOWN = { name = true, description = true, parameters = true, overwrite = true }

-- -> true | nil, err
local function check_texts(options)
  for _, key in ipairs { "name", "description", "parameters" } do
    local value = options[key]
    if value ~= nil and type(value) ~= "string" then
      return errors.invalid("upload: %s must be text, not a %s", key, type(value))
    end
  end
  return true
end

local function content_of(path)
  local text, problem = content.read(path, LARGEST + 1)
  if not text then return errors.invalid("upload: %s", problem) end
  if text == "" then return errors.invalid("upload: %s: the file is empty", path) end
  if #text > LARGEST then
    return errors.invalid("upload: %s: the file is larger than 20 MiB, the service's limit", path)
  end
  return text
end

-- Encodes a form with a file: { path, name, sha256 (of the content; nil: any), fields (array of
-- { name, value }: the other fields of the form) }. -> { body, content_type, sha256 } | nil, err
function library:form(file)
  local text, err = content_of(file.path)
  if not text then return nil, err end
  local sha256 = core.sha256(text)
  if file.sha256 and file.sha256 ~= sha256 then
    return errors.invalid("upload: %s has changed since", file.path)
  end
  local parts = { { "file", text, file.name } }
  for i, field in ipairs(file.fields) do parts[i + 1] = field end
  local body, kind = multipart.encode(parts, self.random)
  return { body = body, content_type = kind, sha256 = sha256 }
end

-- A call that uploads a file: see `form`. -> call | nil, err
function library:uploading(file)
  local encoded, err = core.operation.encode("delete_file", { file = file.name })
  if not encoded then
    return errors.invalid("upload: %s", (err.message:gsub("^delete_file: ", "")))
  end
  local form
  form, err = self:form(file)
  if not form then return nil, err end
  return writing.call(self, "upload", { method = "POST", path = "/api/libraryfiles",
    body = form.body, content_type = form.content_type }, about_list(read_file), function(list)
      local found = find(list, file.name)
      return found and (found.sha256 or ""):lower() == form.sha256 and found
    end)
end

-- The fields of the form, from options of client:upload.
function library:upload_fields(options)
  return {
    { "Description", options.description or "" },
    { "ParametersDescription", options.parameters or "" },
    { "HasParameters", options.parameters and "true" or "false" },
    { "OverrideIfExists", options.overwrite and "true" or "false" },
  }
end

-- A call that deletes a file. -> call | nil, err
function library:deleting(name)
  return writing.call(self, "delete_file", { file = name }, about_list(function() return true end),
    function(list) return find(list, name) == nil end)
end

--- Uploads a file into the library.
---@param path string
---@param options? {name?: string, description?: string, parameters?: string, overwrite?: boolean} `name` is the last part of the path by default; an existing name is refused unless `overwrite`
---@return mde.library_file? file
---@return mde.error? err
function library:upload(path, options)
  options = options or {}
  errors.check_keys("upload", options, KNOWN)
  if type(path) ~= "string" then return errors.invalid "upload: the path of a file is missing" end
  local good, wrong = check_texts(options)
  if not good then return nil, wrong end
  local call, err = self:uploading { path = path, name = options.name or path:match "([^/]*)$",
                                     fields = self:upload_fields(options) }
  if not call then return nil, err end
  return self:complete(call, "upload")
end

--- Deletes a file of the library.
---@param name string
---@return true? done
---@return mde.error? err
function library:delete_file(name)
  if type(name) ~= "string" then
    return errors.invalid("delete_file: the name of a file must be text, not a %s", type(name))
  end
  local call, err = self:deleting(name)
  if not call then return nil, err end
  local _, problem = self:complete(call, "delete_file")
  if problem then return nil, problem end
  return true
end

return library
