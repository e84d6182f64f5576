-- Builds the simulated service's answers: { status, headers (lower case), body }.

local cjson = require "cjson"
local list = require "mde.simulator.list"

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

-- The answer to a list request for rows of `kind` (see mde.simulator.list) at a moment, without
-- rows created after `newest`, if given. -> answer, number of rows that match
function reply.list(service, request, kind, rows, at, newest)
  local path, query = request.path:match "^([^?]*)%??(.*)$"
  local body, rest = list.answer {
    kind = kind, rows = rows, at = at, newest = newest, url = service.url, path = path,
    query = query, page_size = service.page_size, next_link = service.oddities.next_link,
    cut_pages = service.oddities.cut_pages, context = service.context .. kind.entity .. "s",
  }
  if body then return reply.json(200, body), rest end
  return reply.json(400, ('{"error":{"code":"","message":%s,"details":[]}}')
    :format(cjson.encode(rest)))
end

return reply
