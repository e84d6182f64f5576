-- The world's failures as values.
--
-- Functions that can fail for a reason outside the program return `nil, err`.
-- An error is a table:
--   code         stable, for programs (see the table below)
--   message      one sentence, for people
--   status       HTTP status of the answer, if there was one
--   service_code the service's own word for it, such as "ResourceNotFound"
--   request_id   the service's correlation id, to give to Microsoft
--   operation    "cancel", "get", "list", "token"
--   id           the machine action
--   machine      the id of the machine, where it is about one
--   machines     with "ambiguous": those that have the name
--   done         of what many were to get: the ids of those that had it before it failed
--   permissions  on 403: those of which any one would do
--   held         on 403: those that the token has, where it says so
--   active_action_id  the action that is under way, where the service refuses because of it
--   action       with "deadline": the action as it stood then
--   lacks        of missing_credential: { name, what it lacked } for each way to sign in
--   attempts     how often it was tried, if more than once
--   sent         whether the request may have taken effect, and nobody saw it
-- `tostring(err)` is one good line. No error holds a token or a secret.
--
-- Codes:
--   invalid_argument    a value given by the caller; nothing was sent
--   missing_credential  no way to sign in was given
--   sign_in             the login service refused
--   unauthorized        the service refused the token (401)
--   forbidden           a permission is missing (403)
--   not_found           no such action or machine (404)
--   ambiguous           a name that several machines have
--   bad_request         refused as it was put (other 4xx)
--   too_many_requests   the quota is used up (429)
--   interrupted         the client was closed
--   deadline            an action had not ended in time
--   file                a file can't be read or written
--   service             the service failed (5xx)
--   policy, limit, worker   a policy is at fault, exceeds a limit (err.limit: which), or its
--                       worker died (err.signal)
--   plan                a file is not a plan as it was made
--   store               journal or quota can't be read or written
--   bad_answer          not the JSON that was expected, or a redirect
--   connection, tls, timeout, lost, too_large, out_of_memory, invalid_request
--                       from the engine: see src/core/engine.h

local errors = {}

local Error = { __name = "mde.error" }

-- Which permissions would do, and which there are.
local function lack(err)
  local wanted = err.permissions or {}
  if not wanted[1] then return "" end
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
