-- A simulated service, and functions that send it requests, for its specs.

local cjson = require "cjson"
local clocks = require "mde.simulator.clock"
local services = require "mde.simulator.service"

local sim = {}

local Asker = {}
Asker.__index = Asker

-- `options` are those of mde.simulator.service. -> asker, service, clock
function sim.new(options)
  options = options or {}
  options.clock = options.clock or clocks.new()
  local service = services.new(options)
  return setmetatable({ service = service, token = service:token() }, Asker), service, options.clock
end

-- -> status, decoded body (or the body itself), the answer
function Asker:ask(method, path, headers, body)
  headers = headers or {}
  headers.authorization = headers.authorization or "Bearer " .. self.token
  local answer = self.service:answer { method = method, path = path, headers = headers,
                                       body = body or "" }
  local ok, decoded = pcall(cjson.decode, answer.body or "")
  return answer.status, ok and decoded or answer.body, answer
end

function Asker:get(id) return self:ask("GET", "/api/machineactions/" .. id) end

-- `body` is a table, or JSON already.
function Asker:post(path, body)
  return self:ask("POST", "/api" .. path, { ["content-type"] = "application/json" },
    type(body) == "table" and cjson.encode(body) or body)
end

function Asker:cancel(id, comment)
  return self:ask("POST", "/api/machineactions/" .. id .. "/cancel",
    { ["content-type"] = "application/json" }, cjson.encode { Comment = comment or "by mistake" })
end

-- `options` are the query options without their $, not yet percent-encoded.
-- -> status, decoded body, the answer
function Asker:list(options)
  local parts = {}
  for name, value in pairs(options or {}) do
    parts[#parts + 1] = "$" .. name .. "=" .. tostring(value):gsub("[^%w]", function(c)
      return ("%%%02X"):format(c:byte())
    end)
  end
  return self:ask("GET", "/api/machineactions?" .. table.concat(parts, "&"))
end

-- The ids of a list, or the message of its refusal.
function Asker:ids(options)
  local _, body = self:list(options)
  if body.error then return body.error.message end
  local ids = {}
  for i, action in ipairs(body.value) do ids[i] = action.id end
  return ids
end

return sim
