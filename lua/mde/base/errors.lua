-- Errors: runtime failures, returned as values with a stable code.
--
-- A function that can fail for a reason outside the program returns `nil, err`.
-- `tostring(err)` is one line for people. No error contains a token or a secret.

---@alias mde.error_code
---| "invalid_argument" # a value given by the caller; nothing was sent
---| "missing_credential" # no credential was given
---| "sign_in" # the login service refused
---| "unauthorized" # the service refused the token (401)
---| "forbidden" # a permission is missing (403)
---| "not_found" # no such action or machine (404)
---| "ambiguous" # several machines have the name
---| "bad_request" # the service refused the request (other 4xx)
---| "conflict" # a launch was answered with an open action of another scope
---| "too_many_requests" # the quota is used up (429)
---| "interrupted" # the client was closed, or the call was stopped
---| "deadline" # the action did not end, or the service did not answer, in time
---| "file" # a file can't be read or written
---| "service" # the service failed (5xx)
---| "policy" # a policy failed
---| "limit" # a policy exceeded a limit: err.limit names it
---| "worker" # a policy's process died: err.signal has the signal
---| "plan" # a file is not a plan, or was altered
---| "changed" # the action is no longer as the plan saw it
---| "refused" # a guard, a limit or a person refused the batch; nothing was sent
---| "not_undone" # the action launched to undo another ended without success
---| "store" # journal or quota can't be read or written
---| "bad_answer" # not the JSON that was expected, or a redirect
---| "connection" # no connection to the host or proxy
---| "tls" # the server can't be trusted, or refused the connection
---| "timeout" # no answer in time
---| "lost" # the connection ended before the whole answer arrived
---| "too_large" # the answer exceeds the size limit
---| "out_of_memory"
---| "invalid_request" # the request can't be sent
---| "no_descriptor" # the system gives no descriptor for an event loop
---| "unfit_libcurl" # libcurl is too old, or lacks a feature that mde requires

---@class mde.error
---@field code mde.error_code stable, for programs
---@field message string one sentence, for people
---@field status? integer HTTP status of the answer
---@field service_code? string the service's own error code, such as "ResourceNotFound"
---@field request_id? string the service's correlation id, for Microsoft's support
---@field operation? string "cancel", "get", "list", "token", …
---@field id? string the machine action
---@field machine? string the id of the machine
---@field machines? mde.machine[] with "ambiguous": the machines that have the name
---@field done? string[] if a change of many machines failed: the ids of those already changed
---@field permissions? string[] with "forbidden": any one of these suffices
---@field held? string[] with "forbidden": the permissions of the token, if it shows them
---@field audience? string with "forbidden": the audience of the token, if it shows one
---@field active_action_id? string the open action because of which the service refused
---@field action? mde.action with "deadline": the action as last read
---@field unknown? string with "invalid_argument": the name that does not exist
---@field known? string[] with "invalid_argument": the names that exist
---@field lacks? table[] with "missing_credential": { name, reason } per credential that was tried
---@field limit? string with "limit": the limit that the policy exceeded
---@field signal? integer with "worker": the signal that ended the process
---@field policy? string the name of the policy that failed
---@field part? string of a download: the file with the bytes received so far
---@field attempts? integer number of attempts, if more than one
---@field retry_after? number with "service": seconds that the service asked to wait
---@field sent? boolean true if the request may have taken effect without an answer

local tables = require "mde.base.tables"

local errors = {}

local Error = { __name = "mde.error" }

-- Microsoft's pages of list and get used to name Machine.Read permissions, and now name these.
local NOW_NAMED = { "Machine.ReadWrite.All", "Machine.ReadWrite" }
local NOW_NAMES = { list = true, get = true }

local RESOURCE = "https://api.securitycenter.microsoft.com"

local function any(wanted, held)
  for _, one in ipairs(wanted) do
    if tables.index(held, one) then return true end
  end
  return false
end

-- Other possible causes, if the token has a permission that should suffice; else nil.
function errors.doubt(err)
  local wanted, held = err.permissions or {}, err.held or {}
  if not any(wanted, held) then return nil end
  local parts = { "the token has " .. table.concat(held, ", ") .. ", which should suffice" }
  if NOW_NAMES[err.operation] and not any(NOW_NAMED, held) then
    parts[#parts + 1] = "; Microsoft's page of this call now names "
      .. table.concat(NOW_NAMED, " or ")
  end
  if err.audience ~= RESOURCE then
    parts[#parts + 1] = ("; the token is for %s: some calls require one for %s"):format(
      err.audience or "an unknown audience", RESOURCE)
  end
  return table.concat(parts)
end

-- The permissions of which one suffices, and those that the token has.
local function lack(err)
  local wanted = err.permissions or {}
  if not wanted[1] then return "" end
  local doubt = errors.doubt(err)
  if doubt then return "; " .. doubt end
  local held = err.held and (err.held[1] and "the token has " .. table.concat(err.held, ", ")
                             or "the token has none")
  return ("; any of these suffices: %s%s"):format(table.concat(wanted, ", "),
    held and "; " .. held or "")
end

-- The status, attempts and request id of an error, in parentheses.
local function details(err)
  local parts = {}
  if err.status then parts[#parts + 1] = "HTTP " .. err.status end
  if err.attempts then parts[#parts + 1] = ("tried %d times"):format(err.attempts) end
  if err.request_id then parts[#parts + 1] = "request " .. err.request_id end
  return #parts > 0 and " (" .. table.concat(parts, ", ") .. ")" or ""
end

-- The text of an error without its permissions.
function errors.headline(err)
  return err.message .. details(err)
end

function Error:__tostring()
  return self.message .. lack(self) .. details(self)
end

function Error.__concat(a, b)
  return tostring(a) .. tostring(b)
end

errors.any = any

-- Turns `fields`, with at least `code` and `message`, into an error.
function errors.new(fields)
  return setmetatable(fields, Error)
end

-- A copy of an error, so that fields added by one caller are not seen by another.
function errors.copy(err)
  return errors.new(tables.merged(err))
end

-- Masks a word that may be a token: a JWT, or one longer than any name or id.
local function masked(word)
  return (#word > 80 or word:find "^eyJ") and "<token>" or nil
end

-- Makes foreign text fit for a message: one line, at most `most` bytes of whole UTF-8
-- characters, and tokens masked in case a server echoes ours.
function errors.line(text, most)
  text = text:sub(1, 8192):gsub("%c+", " "):gsub("[%w%-%._~]+", masked)
  if #text <= most then return text end
  while most > 0 and text:find("^[\128-\191]", most + 1) do most = most - 1 end
  return text:sub(1, most)
end

-- `nil, err` for a value that the caller gave. The message names the value, and what was
-- expected.
function errors.invalid(format, ...)
  return nil, errors.new { code = "invalid_argument", message = format:format(...) }
end

-- Reports if a table is an array without holes. (Elements after a hole would be ignored.)
function errors.is_array(list)
  local count = 0
  for key in pairs(list) do
    if type(key) ~= "number" then return false end
    count = count + 1
  end
  return count == #list
end

-- Reports if `value` is an error of this module.
function errors.is(value)
  return getmetatable(value) == Error
end

-- Raises if `options` has a key that is not a key of `known`. `level` is as for `error`; the
-- default blames the caller of the function that calls this one.
function errors.check_keys(what, options, known, level)
  if type(options) ~= "table" then
    error(("%s: its options must be a table, not a %s"):format(what, type(options)), level or 3)
  end
  for key in pairs(options) do
    if known[key] == nil then
      error(("%s: unknown option '%s' (known: %s)")
        :format(what, tostring(key), table.concat(tables.keys(known), ", ")), level or 3)
    end
  end
end

return errors
