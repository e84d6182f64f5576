-- Builds the simulated service's answers: { status, headers (lower case), body }.

local cjson = require "cjson"

local reply = {}

local JSON = "application/json; odata.metadata=minimal; odata.streaming=true"

function reply.json(status, body)
  return { status = status, body = body,
           headers = { ["content-type"] = JSON, ["odata-version"] = "4.0" } }
end

-- An error in the service's form; its target is the correlation id.
function reply.error(status, code, message, target)
  return reply.json(status,
    cjson.encode { error = { code = code, message = message, target = target } })
end

function reply.html(status, title)
  return { status = status, headers = { ["content-type"] = "text/html" },
           body = ("<html><head><title>%d %s</title></head><body><center><h1>%d %s</h1></center>"
                   .. "</body></html>\r\n"):format(status, title, status, title) }
end

-- An error in the form of Azure Storage.
function reply.storage(status, code, message)
  return { status = status, headers = { ["content-type"] = "application/xml",
                                        ["x-ms-error-code"] = code },
           body = ('\239\187\191<?xml version="1.0" encoding="utf-8"?><Error><Code>%s</Code>'
                   .. "<Message>%s</Message></Error>"):format(code, message) }
end

-- Refuses a request: ends its handling with an answer.
function reply.refuse(answer)
  error({ refusal = answer }, 0)
end

-- Calls handle(...). -> its results, or the answer of reply.refuse
function reply.to(handle, ...)
  local done, answer, effect = pcall(handle, ...)
  if done then return answer, effect end
  return type(answer) == "table" and answer.refusal or error(answer, 0)
end

return reply
