-- The world's failures as values.
--
-- Functions that can fail for a reason outside the program return `nil, err`. `tostring(err)` is
-- one good line. No error holds a token or a secret.

---@alias mde.error_code
---| "invalid_argument" # a value given by the caller; nothing was sent
---| "missing_credential" # no way to sign in was given
---| "sign_in" # the login service refused
---| "unauthorized" # the service refused the token (401)
---| "forbidden" # a permission is missing (403)
---| "not_found" # no such action or machine (404)
---| "ambiguous" # a name that several machines have
---| "bad_request" # refused as it was put (other 4xx)
---| "too_many_requests" # the quota is used up (429)
---| "interrupted" # the client was closed, or the call was stopped
---| "deadline" # an action had not ended, or the service not answered, in time
---| "file" # a file can't be read or written
---| "service" # the service failed (5xx)
---| "policy" # a policy is at fault
---| "limit" # a policy exceeds a limit: err.limit says which
---| "worker" # a policy's process died: err.signal says of what
---| "plan" # a file is not a plan as it was made
---| "changed" # no longer what a plan decided upon
---| "not_undone" # the action that was to undo another has ended without effect
---| "store" # journal or quota can't be read or written
---| "bad_answer" # not the JSON that was expected, or a redirect
---| "connection" # no connection to the host or proxy
---| "tls" # the other side can't be trusted, or refuses the connection
---| "timeout" # no answer in time
---| "lost" # the connection ended without a whole answer
---| "too_large" # an answer is larger than what is taken
---| "out_of_memory"
---| "invalid_request" # no request that could be sent
---| "unfit_libcurl" # too old, or without what is needed of it

---@class mde.error
---@field code mde.error_code stable, for programs
---@field message string one sentence, for people
---@field status? integer HTTP status of the answer
---@field service_code? string the service's own word for it, such as "ResourceNotFound"
---@field request_id? string the service's correlation id, to give to Microsoft
---@field operation? string "cancel", "get", "list", "token", …
---@field id? string the machine action
---@field machine? string the id of the machine
---@field machines? mde.machine[] with "ambiguous": those that have the name
---@field done? string[] of what many were to get: the ids of those that had it before it failed
---@field permissions? string[] with "forbidden": those of which any one would do
---@field held? string[] with "forbidden": those that the token has, where it says so
---@field audience? string with "forbidden": whom the token is for, where it says so
---@field active_action_id? string the action that is under way, where the service refuses because of it
---@field action? mde.action with "deadline": the action as it stood then
---@field lacks? table[] with "missing_credential": { name, what it lacked } for each way to sign in
---@field limit? string with "limit": which a policy exceeds
---@field signal? integer with "worker": of what its process died
---@field policy? string the name of the policy that is at fault
---@field part? string of a download: the file with what came in
---@field attempts? integer how often it was tried, if more than once
---@field sent? boolean whether the request may have taken effect, and nobody saw it

local errors = {}

local Error = { __name = "mde.error" }

-- Operations whose pages used to name Read, and now name these.
local NOW_NAMED = { "Machine.ReadWrite.All", "Machine.ReadWrite" }
local NOW_NAMES = { list = true, get = true }

local RESOURCE = "https://api.securitycenter.microsoft.com"

-- Whether any of those wanted is among those held.
local function any(wanted, held)
  for _, one in ipairs(wanted) do
    for _, other in ipairs(held) do
      if one == other then return true end
    end
  end
  return false
end

-- What else may be wrong if the token has a permission that should do.
local function doubts(err)
  local parts = { "; the token has " .. table.concat(err.held, ", ") .. ", which should do" }
  if NOW_NAMES[err.operation] and not any(NOW_NAMED, err.held) then
    parts[#parts + 1] = "; Microsoft's page of this call now names "
      .. table.concat(NOW_NAMED, " or ")
  end
  parts[#parts + 1] = ("; the token is for %s: some calls want one for %s"):format(
    err.audience or "an audience that it does not show", RESOURCE)
  return table.concat(parts)
end

-- Which permissions would do, and which there are.
local function lack(err)
  local wanted = err.permissions or {}
  if not wanted[1] then return "" end
  if any(wanted, err.held or {}) then return doubts(err) end
  local held = err.held and (err.held[1] and "the token has " .. table.concat(err.held, ", ")
                             or "the token has none")
  return ("; any of these would do: %s%s"):format(table.concat(wanted, ", "),
    held and "; " .. held or "")
end

function Error:__tostring()
  local details = {}
  if self.status then details[#details + 1] = "HTTP " .. self.status end
  if self.attempts then details[#details + 1] = ("tried %d times"):format(self.attempts) end
  if self.request_id then details[#details + 1] = "request " .. self.request_id end
  local tail = #details > 0 and " (" .. table.concat(details, ", ") .. ")" or ""
  return self.message .. lack(self) .. tail
end

function Error.__concat(a, b)
  return tostring(a) .. tostring(b)
end

errors.any = any

-- Makes an error of a table with at least `code` and `message`.
function errors.new(fields)
  return setmetatable(fields, Error)
end

-- The same error for somebody else: what one caller adds, the other does not see.
function errors.copy(err)
  local fields = {}
  for key, value in pairs(err) do fields[key] = value end
  return errors.new(fields)
end

-- A word that may be a token: a JWT, or longer than any name or id.
local function masked(word)
  return (#word > 80 or word:find "^eyJ") and "<token>" or nil
end

-- What others wrote, as part of a message: on one line, at most `most` bytes of whole
-- UTF-8 characters, and without a token, should anybody echo ours.
function errors.line(text, most)
  text = text:sub(1, 8192):gsub("%c+", " "):gsub("[%w%-%._~]+", masked)
  if #text <= most then return text end
  while most > 0 and text:find("^[\128-\191]", most + 1) do most = most - 1 end
  return text:sub(1, most)
end

-- `nil, err` for a value the caller gave: what it is and what was expected.
function errors.invalid(format, ...)
  return nil, errors.new { code = "invalid_argument", message = format:format(...) }
end

-- Whether a table is an array without holes: what comes behind one would be left out.
function errors.is_array(list)
  local count = 0
  for key in pairs(list) do
    if type(key) ~= "number" then return false end
    count = count + 1
  end
  return count == #list
end

-- Whether `value` was made by this module.
function errors.is(value)
  return getmetatable(value) == Error
end

-- Raises on a key of `options` that is not in `known` (a table with the known names
-- as keys), at `level` as `error` has it: by default where the function was called
-- that calls this.
function errors.check_keys(what, options, known, level)
  if type(options) ~= "table" then
    error(("%s: its options must be a table, not a %s"):format(what, type(options)), level or 3)
  end
  for key in pairs(options) do
    if known[key] == nil then
      local names = {}
      for name in pairs(known) do names[#names + 1] = name end
      table.sort(names)
      error(("%s: unknown option '%s' (known: %s)")
        :format(what, tostring(key), table.concat(names, ", ")), level or 3)
    end
  end
end

return errors
