-- Reads HTTP answers of the service into entities and errors.
--
-- Errors come as {"error":{"code","message","target"}}, where target is the correlation id.
-- OData errors have an empty code and no target. Gateways answer HTML or nothing. Source:
-- "Common REST API error codes".

local json = require "mde.service.json"
local errors = require "mde.base.errors"

local answer = {}

local CODES = { [401] = "unauthorized", [403] = "forbidden", [404] = "not_found",
                [429] = "too_many_requests" }

local WORDS = {
  unauthorized = "the service refused the token",
  forbidden = "the service refused: a permission is missing",
  not_found = "the service knows no such %s",
  too_many_requests = "the service's quota is used up",
  bad_request = "the service refused the request",
  bad_answer = "the service answered with a redirect, which is not followed",
  service = "the service failed",
  proxy = "a proxy or gateway answered in place of the service",
}

-- Errors after which the request may have taken effect.
local UNDECIDED = { service = true, bad_answer = true }

-- Errors that prove that it has not, even if a proxy has answered in place of the service.
local PROVEN = { unauthorized = true, too_many_requests = true }

local GUID = ("x"):rep(8) .. "%-" .. ("xxxx%-"):rep(3) .. ("x"):rep(12)
GUID = GUID:gsub("x", "%%x")

local function code_of(status)
  if status >= 500 or status == 408 then return "service" end
  return status < 400 and "bad_answer" or CODES[status] or "bad_request"
end

local ENTITIES = { lt = "<", gt = ">", quot = '"', amp = "&", nbsp = " ", ["#39"] = "'" }

-- The title or else the text of a web page, without its markup.
local function page_text(page)
  local title = page:match "<[tT][iI][tT][lL][eE][^>]*>%s*([^<]+)"
  if not title then
    for _, name in ipairs { "[sS][cC][rR][iI][pP][tT]", "[sS][tT][yY][lL][eE]" } do
      page = page:gsub("<" .. name .. ".-</" .. name .. "[^>]*>?", "")
    end
    title = page:gsub("<!%-%-.-%-%->", ""):gsub("<[^>]*>?", " ")
  end
  return title:gsub("&(#?%w+);", ENTITIES):gsub("%s+", " "):match "^ ?(.-) ?$"
end

local function is_page(body) return body:find "^%s*<" ~= nil end

local MOST = 60  -- bytes of a body in a message

-- Describes an unexpected body, in any encoding, for a message.
local function described(body)
  if body == "" then return "an empty body" end
  local head = body:sub(1, 8192):gsub("[\128-\255]+", " ")
  if not is_page(head) then
    return ("%d bytes that begin '%s'"):format(#body, errors.line(head, MOST))
  end
  local text = errors.line(page_text(head), #head)
  if text == "" then return "a page without text" end
  return ("a page '%s%s'"):format(errors.line(text, MOST), #text > MOST and "…" or "")
end

-- A field of an error, or nil if it is empty.
local function text(value)
  return type(value) == "string" and value ~= "" and errors.line(value, 300) or nil
end

-- The correlation id of an answer: the error's target, or else a header.
local function request_id(response, problem)
  local headers = response.headers
  return text(problem.target) or text(headers["x-ms-correlation-id"])
         or text(headers["request-id"]) or text(headers["x-ms-request-id"])
end

local NOUNS = { machineactions = "action", machines = "machine", libraryfiles = "file" }

-- The noun for the subject of a request to a path (nil for other hosts).
function answer.noun(path)
  return NOUNS[(path or ""):lower():match "^/api/(%a+)"] or "thing"
end

-- The error for an answer whose status is not 2xx. `noun` is the subject of the request
-- (default: action).
function answer.error(response, noun)
  local decoded = json.decode(response.body)
  local is_own = decoded ~= nil and type(decoded.error) == "table"
  local problem = is_own and decoded.error or {}
  local code, service_code = code_of(response.status), text(problem.code)
  local is_foreign = not (UNDECIDED[code] or PROVEN[code]) and is_page(response.body)
  local first = WORDS[is_foreign and "proxy" or code]
  local words = { (first:gsub("%%s", noun or "action")), service_code }
  words[#words + 1] = text(problem.message) or not decoded and described(response.body) or nil
  return errors.new {
    code = code, message = table.concat(words, ": "), status = response.status,
    service_code = service_code, request_id = request_id(response, problem),
    sent = UNDECIDED[code] or not (is_own or PROVEN[code]) or nil,
    active_action_id = (text(problem.message) or ""):match("active action id:%s*(" .. GUID .. ")"),
  }
end

-- The correlation id of any answer | nil
function answer.request_id(response)
  if response.status >= 400 then return answer.error(response).request_id end
  return request_id(response, {})
end

-- `nil, err` for a 2xx answer that is not `expected`, a noun.
function answer.unexpected(response, expected)
  return nil, errors.new {
    code = "bad_answer", status = response.status, request_id = request_id(response, {}),
    sent = true,
    message = ("the service's answer is not %s: %s"):format(expected, described(response.body)),
  }
end

local function is_action(value)
  return type(value) == "table" and type(value.id) == "string" and type(value.status) == "string"
end

local function is_machine(value)
  return type(value) == "table" and type(value.id) == "string"
end

-- An answer must be complete, because libcurl reports some cut answers as success.
local function entity_of(response, id, is_one, noun)
  local decoded = json.decode(response.body)
  if not is_one(decoded) then return answer.unexpected(response, "a " .. noun) end
  if id and decoded.id:lower() ~= id then
    return answer.unexpected(response, ("the %s %s"):format(noun, id))
  end
  return decoded
end

-- The action in a 2xx answer; if `id` (in lower case) is given, it must match. -> table | nil, err
function answer.action(response, id)
  return entity_of(response, id, is_action, "machine action")
end

-- The machine in a 2xx answer; see answer.action.
function answer.machine(response, id) return entity_of(response, id, is_machine, "machine") end

-- Reports if a table is an array without holes (nulls in JSON), and `is_one` holds for each
-- element.
local function is_list(list, is_one)
  if type(list) ~= "table" or not errors.is_array(list) then return false end
  for _, value in ipairs(list) do
    if not is_one(value) then return false end
  end
  return true
end

-- The array in a 2xx answer. If the answer has a link to a next page, the list may be
-- incomplete, and has_more is the link; it is "" if the link is null or not a text.
local function list_of(response, is_one, expected)
  local decoded, is_linked = json.decode(response.body)
  local list = decoded and decoded.value
  if not is_list(list, is_one) then return answer.unexpected(response, expected) end
  local link = decoded["@odata.nextLink"]
  list.has_more = is_linked and (type(link) == "string" and link or "") or nil
  return list
end

-- The array of actions in a 2xx answer; see list_of. -> array | nil, err
function answer.actions(response)
  return list_of(response, is_action, "a list of machine actions")
end

-- The array of machines in a 2xx answer. -> array | nil, err
function answer.machines(response)
  return list_of(response, is_machine, "a list of machines")
end

return answer
