-- What an HTTP answer of the service says: an entity, or an error.
--
-- Errors come as {"error":{"code","message","target"}}, where target is the
-- correlation id; OData errors have an empty code and no target; gateways
-- answer HTML or nothing. Source: "Common REST API error codes".

local entity = require "mde.entity"
local errors = require "mde.errors"

local answer = {}

local CODES = { [401] = "unauthorized", [403] = "forbidden", [404] = "not_found",
                [429] = "too_many_requests" }

local WORDS = {
  unauthorized = "the service refused the token",
  forbidden = "the service refused: a permission lacks",
  not_found = "the service knows no such action",
  too_many_requests = "the service's quota is used up",
  bad_request = "the service refused the request",
  service = "the service failed",
}

-- The first bytes of a body that is not what it should be, for a message.
local function first_bytes(body)
  if body == "" then return "an empty body" end
  local head = body:sub(1, 60):gsub("[%c\128-\255]+", " ")
  return ("%d bytes that begin '%s'"):format(#body, head)
end

local function text(value)
  return type(value) == "string" and value ~= "" and value or nil
end

-- The correlation id of an answer: the error's target, else a header.
local function request_id(response, problem)
  local headers = response.headers
  return text(problem.target) or text(headers["x-ms-correlation-id"])
         or text(headers["request-id"]) or text(headers["x-ms-request-id"])
end

-- The error of an answer whose status is not 2xx.
function answer.error(response)
  local decoded = entity.decode(response.body)
  local problem = decoded and type(decoded.error) == "table" and decoded.error or {}
  local code = CODES[response.status] or (response.status >= 500 and "service" or "bad_request")
  local words = { WORDS[code] }
  if text(problem.code) then words[1] = ("%s: %s"):format(words[1], problem.code) end
  if text(problem.message) then words[2] = problem.message:sub(1, 300)
  elseif not decoded then words[2] = first_bytes(response.body) end
  return errors.new {
    code = code, message = table.concat(words, ": "), status = response.status,
    service_code = text(problem.code), request_id = request_id(response, problem),
  }
end

local function bad_answer(response, expected)
  return nil, errors.new {
    code = "bad_answer", status = response.status, request_id = request_id(response, {}),
    message = ("the service's answer is not %s: %s"):format(expected, first_bytes(response.body)),
  }
end

-- The action in a 2xx answer; where `id` is given, it must be that one. libcurl
-- reports some cut answers as success, so nothing is believed that is not whole.
-- -> table | nil, err
function answer.action(response, id)
  local decoded = entity.decode(response.body)
  if not decoded or type(decoded.id) ~= "string" or type(decoded.status) ~= "string" then
    return bad_answer(response, "a machine action")
  end
  if id and decoded.id:lower() ~= id then return bad_answer(response, "the machine action " .. id) end
  return decoded
end

-- The array of actions in a 2xx answer. -> array | nil, err
function answer.actions(response)
  local decoded = entity.decode(response.body)
  local list = decoded and decoded.value
  if type(list) ~= "table" then return bad_answer(response, "a list of machine actions") end
  for i = 1, #list do
    if type(list[i]) ~= "table" or type(list[i].id) ~= "string" then
      return bad_answer(response, "a list of machine actions")
    end
  end
  return list
end

return answer
