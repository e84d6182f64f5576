-- The library of files for live responses: methods of a client.
--
-- This module reads the file that is uploaded, and does no other I/O.

local answer = require "mde.service.response"
local calls = require "mde.call.call"
local content = require "mde.base.content"
local core = require "mde.core"
local json = require "mde.service.json"
local errors = require "mde.base.errors"
local multipart = require "mde.service.multipart"

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

-- {{ Judges

-- Makes a judge that reads `what` (a noun); `decode(table)` -> value or nil.
local function reader(what, decode)
  return calls.parsing(function(response)
    local value = decode(json.decode(response.body) or {})
    if value ~= nil then return value end
    return answer.unexpected(response, what)
  end)
end

-- Requests for a second page are not documented: a list with a link to one is incomplete.
local on_list = reader("a whole list of files", function(decoded)
  local link = decoded["@odata.nextLink"]
  return (link == nil or link == "") and type(decoded.value) == "table" and decoded.value or nil
end)

local on_upload = reader("a file of the library", function(decoded)
  return type(decoded.fileName) == "string" and decoded or nil
end)

local function on_delete(call, _, _, err)
  call:finish(err == nil or nil, err)
end

-- }}

--- Lists the files of the live-response library.
---@return mde.library_file[]? files
---@return mde.error? err
function library:library()
  return self:perform("library", {}, on_list)
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

local function read_file(path)
  local text, problem = content.read(path, LARGEST + 1)
  if not text then return errors.invalid("upload: %s", problem) end
  if text == "" then return errors.invalid("upload: %s: the file is empty", path) end
  if #text > LARGEST then
    return errors.invalid("upload: %s: the file is larger than 20 MiB, the service's limit", path)
  end
  return text
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
  local name = options.name or path:match "([^/]*)$"
  local encoded, err = core.operation.encode("delete_file", { file = name })
  if not encoded then
    return errors.invalid("upload: %s", (err.message:gsub("^delete_file: ", "")))
  end
  local text
  text, err = read_file(path)
  if not text then return nil, err end
  local body, kind = multipart.encode({
    { "file", text, name }, { "Description", options.description or "" },
    { "ParametersDescription", options.parameters or "" },
    { "HasParameters", options.parameters and "true" or "false" },
    { "OverrideIfExists", options.overwrite and "true" or "false" },
  }, self.random)
  return self:perform("upload", { method = "POST", path = "/api/libraryfiles", body = body,
                                  content_type = kind }, on_upload)
end

--- Deletes a file of the library.
---@param name string
---@return true? done
---@return mde.error? err
function library:delete_file(name)
  if type(name) ~= "string" then
    return errors.invalid("delete_file: the name of a file must be text, not a %s", type(name))
  end
  return self:perform("delete_file", { file = name }, on_delete)
end

return library
