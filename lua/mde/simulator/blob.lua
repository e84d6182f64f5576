-- Serves packages and live response results, as Azure Storage does.
--
-- A link is valid for half an hour and requires no sign-in. A request with a token is refused,
-- and counted as a leak. A package or fetched file is `service.package_size` pseudo-random bytes
-- that depend only on the action. They repeat after a prime number of bytes, so that little
-- memory is used, and parts with different offsets differ.

local core = require "mde.core"
local form = require "mde.simulator.form"
local json = require "mde.simulator.json"
local random_numbers = require "mde.simulator.random"
local reply = require "mde.simulator.reply"

local blob = {}

local LIFETIME = 1800
local PERIOD = 65537

local function percent(text)
  return (text:gsub("[^%w%-._~]", function(c) return ("%%%02X"):format(c:byte()) end))
end

-- Content: { size =, text = } or { size =, start = } into the repeated bytes

local repeated  -- the period twice, so that each part of that length is one substring

local function bytes()
  if not repeated then
    local random, parts = random_numbers.new(4711), {}
    for i = 1, PERIOD do parts[i] = string.char(random(256) - 1) end
    repeated = table.concat(parts):rep(2)
  end
  return repeated
end

local function transcript(command)
  local name
  for _, param in ipairs(command.params) do
    if param.key == "ScriptName" then name = param.value end
  end
  local output = json.value("Transcript started\n" .. (name or "") .. "\n\0")
  return json.object { "script_name", json.value(name), "exit_code", "0",
    "script_output", output, "script_errors", '""' }
end

-- The content behind a link to `part` of an action: "package", or a command's index.
local function content_of(self, id, part)
  local command = part ~= "package" and self.by_id[id].commands[tonumber(part) + 1]
  if command and command.type == "RunScript" then
    local text = transcript(command)
    return { size = #text, text = text }
  end
  local digest = core.sha256(id .. "/" .. part .. "/" .. self.blob_version)
  return { size = self.package_size, start = tonumber(digest:sub(1, 8), 16) % PERIOD }
end

-- `count` bytes after the first `from`. -> the bytes, or for a large count the text that is to be
-- repeated up to it
local function slice(content, from, count)
  if content.text then return content.text:sub(from + 1, from + count) end
  local start = (content.start + from) % PERIOD
  return bytes():sub(start + 1, start + math.min(count, PERIOD))
end

-- The full body of an answer.
function blob.whole(answer)
  local body, length = answer.body, answer.length
  if not length or length == #body then return body end
  return body:rep(math.ceil(length / #body)):sub(1, length)
end

-- The full content behind a link to `part` of an action.
function blob.content(self, id, part)
  local content = content_of(self, id, part)
  return blob.whole { body = slice(content, 0, content.size), length = content.size }
end

-- A new link to `part` of an action.
function blob.link(self, id, part)
  local hex = random_numbers.hex
  local signature = hex(self.random, 20) .. "+/" .. hex(self.random, 20) .. "="
  local path = ("/blob/%s/%s"):format(id, part == "package" and "InvestigationPackage.zip" or part)
  local expires = self:now() + LIFETIME
  self.links[signature] = { path = path:lower(), expires = expires, id = id, part = part }
  return ("%s%s?se=%s&sp=r&sv=2019-07-07&sr=b&sig=%s"):format(self.oddities.sas_host or self.url,
    path, percent(json.stamp(math.floor(expires))), percent(signature))
end

local function refuse(status, code, message)
  reply.refuse(reply.storage(status, code, message))
end

-- The valid link of a request
local function admit(self, request, path)
  if request.headers.authorization then
    self.leaks = self.leaks + 1
    refuse(400, "InvalidAuthenticationInfo",
      "Authentication information is not given in the correct format.")
  end
  local link = self.links[form.decode(request.path:match "%?(.*)$" or "").sig or ""]
  if link and link.path == path and self:now() < link.expires then return link end
  refuse(403, "AuthenticationFailed", "Server failed to authenticate the "
    .. "request. Make sure the value of Authorization header is formed correctly including the "
    .. "signature.")
end

-- The requested range. -> first byte (from 0), count | nil for the whole | false if there is no
-- such range
local function range(request, etag, size)
  local first, last = (request.headers.range or ""):match "^bytes=(%d+)%-(%d*)$"
  local condition = request.headers["if-range"]
  if not first or condition and condition ~= etag then return nil end
  first, last = tonumber(first), math.min(tonumber(last) or size - 1, size - 1)
  if first > last then return false end
  return first, last - first + 1
end

-- The answer with the requested part of the content.
local function answer_with(content, request, etag, ranges)
  local from, count
  if ranges then from, count = range(request, etag, content.size) end
  if from == false then
    local none = reply.storage(416, "InvalidRange",
      "The range specified is invalid for the current size of the resource.")
    none.headers["content-range"] = ("bytes */%d"):format(content.size)
    return none
  end
  local length = count or content.size
  local part = from and ("bytes %d-%d/%d"):format(from, from + count - 1, content.size)
  return { status = from and 206 or 200, length = length, body = slice(content, from or 0, length),
    headers = { ["content-type"] = "application/octet-stream", ["x-ms-blob-type"] = "BlockBlob",
      etag = etag, ["accept-ranges"] = ranges and "bytes" or nil, ["content-range"] = part } }
end

-- Answers GET /blob/…
function blob.answer(self, request, path)
  local link = admit(self, request, path)
  if self:strikes("blob_changes", request, "download") then
    self.blob_version = self.blob_version + 1
  end
  local etag = ('"0x8%s"'):format(core.sha256(path .. self.blob_version):sub(1, 14):upper())
  local match = request.headers["if-match"]
  if match and match ~= "*" and match ~= etag then
    refuse(412, "ConditionNotMet",
      "The condition specified using HTTP conditional header(s) is not met.")
  end
  local answer = answer_with(content_of(self, link.id, link.part), request, etag,
    not self:strikes("no_ranges", request, "download"))
  if answer.length and self:strikes("cut_blob", request, "download") then
    answer.cut = math.floor(answer.length / 2)
  end
  return answer
end

return blob
