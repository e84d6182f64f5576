-- Downloads files that an action has produced: methods of a client.
--
--   client:package_uri(action)          of a collected investigation package
--   client:result_uri(action, index)    of a live response's command
--   client:download(action, path)       either, into a file
--
-- The links lead to other hosts, are secret, and are valid for minutes. Requests to them carry no
-- token. A file is requested in pieces, by range, and written to a part file beside the target; a
-- download that was cut continues there. This module reads and writes that file, which may block.

local calls = require "mde.call.call"
local core = require "mde.core"
local json = require "mde.service.json"
local errors = require "mde.base.errors"
local kinds = require "mde.service.kinds"
local system = require "mde.base.system"
local url = require "mde.base.url"

local download = {}

local PIECE = 4194304    -- bytes per request
local OVERLAP = 65536    -- bytes of an earlier download that are fetched again and compared
local MOST_LINKS = 5     -- new links in a row that deliver no byte

-- Links

local function bad_link(problem)
  return nil, errors.new { code = "bad_answer", message = "the service's link: " .. problem }
end

-- The service quotes the link twice. Source: "Get package SAS URI API".
local function link_of(response)
  local decoded = json.decode(response.body)
  local text = decoded and type(decoded.value) == "string" and decoded.value:match '^"?(.-)"?$'
  if not text then return bad_link "it is missing in the answer" end
  local base = text:match "^(%a+://[^/?#]+)"
  local known, expected = url.base(base or "")
  if not known or text:find "[%s%c\127-\255]" then
    return bad_link("it is not " .. (expected or "a URL"))
  end
  return core.secret(text)
end

local on_link = calls.parsing(link_of)

local function id_of(target)
  local id = type(target) == "table" and target.id or target
  if type(id) == "string" then return id end
  return errors.invalid("an action's id must be text, not a %s", type(id))
end

--- Returns the link to the package of a CollectInvestigationPackage action that succeeded.
---@param target string|mde.action
---@return mde.secret? link link:reveal() is its text, with which anyone can download the package
---@return mde.error? err
function download:package_uri(target)
  local id, err = id_of(target)
  if not id then return nil, err end
  return self:perform("package_uri", { id = id }, on_link)
end

-- -> true | nil, err
local function check_index(what, index)
  if type(index) == "number" and index % 1 == 0 and index >= 0 and index <= 9999 then
    return true
  end
  return errors.invalid("%s: index: '%s' is not a whole number from 0 to 9999", what,
    errors.line(tostring(index), 60))
end

--- Returns the link to the result of a live-response command.
---@param target string|mde.action
---@param index integer of the command, from 0
---@return mde.secret? link
---@return mde.error? err
function download:result_uri(target, index)
  local id, err = id_of(target)
  if not id then return nil, err end
  local good
  good, err = check_index("result_uri", index)
  if not good then return nil, err end
  return self:perform("result_uri", { id = id, index = ("%d"):format(index) }, on_link)
end

-- Pieces

-- Reads the answer for a piece. -> { body, total (nil: unknown), tag, is_whole } | nil, err
local function piece_of(response, from)
  local headers = response.headers
  local first, total = (headers["content-range"] or ""):match "^bytes (%d+)%-%d+/(%d+)$"
  if response.status == 206 and tonumber(first) == from then
    local tag = headers.etag
    if tag and tag:find "^W/" then tag = nil end  -- a weak one matches nothing
    return { body = response.body, total = tonumber(total), tag = tag }
  elseif response.status == 200 then
    return { body = response.body, total = #response.body, is_whole = true }
  end
  return nil, errors.new { code = "bad_answer", status = response.status,
                           message = "the file's host answered with another range than requested" }
end

-- Statuses of a link that has expired, which is no failure yet.
local ENDED = { [401] = true, [403] = true, [404] = true, [410] = true }

-- The piece of an answer, unless it was cut.
local judge_piece = calls.parsing(function(response, call)
  local piece, problem = piece_of(response, call.download.from)
  local promised = tonumber(response.headers["content-length"])
  if piece and promised and promised ~= #piece.body then
    return nil, errors.new { code = "lost", sent = true, message = "a piece of the file was cut" }
  end
  return piece, problem
end)

local function on_piece(call, now, response, err)
  if response and response.status == 416 then
    local total = (response.headers["content-range"] or ""):match "^bytes %*/(%d+)$"
    return call:finish { body = "", total = tonumber(total) }
  elseif response and response.status == 412 then
    return call:finish { has_changed = true }
  elseif response and ENDED[response.status] then
    return call:finish { has_ended = true }
  elseif err then
    return call:finish(nil, errors.new { code = err.code, status = err.status, sent = err.sent,
      message = response and ("the file's host answered %d"):format(response.status)
                or err.message })
  end
  judge_piece(call, now, response)
end

-- Fetches the piece at position `from`. If `tag` is given, the file must not have changed since.
local function fetch(client, link, from, tag)
  return client:perform("download", {
    method = "GET", url = link:reveal(), headers = {
      range = ("bytes=%d-%d"):format(from, from + PIECE - 1), ["if-match"] = tag,
      ["accept-encoding"] = "identity",
    },
  }, on_piece, { download = { from = from } })  -- the position of the piece
end

-- The file

local function failed(path, problem)
  problem = tostring(problem)
  if problem:sub(1, #path) ~= path then problem = path .. ": " .. problem end
  return errors.new { code = "file", message = problem }
end

-- The SHA-256 of a file, and its size. -> text, bytes | nil, err
local function digest_of(path, open)
  local file, problem = open(path, "rb")
  if not file then return nil, failed(path, problem) end
  local digest, size = core.digest(), 0
  while true do
    local block
    block, problem = file:read(PIECE)
    if not block then break end
    digest:update(block)
    size = size + #block
  end
  file:close()
  if problem then return nil, failed(path, problem) end
  return digest:hex(), size
end

local Download = {}
Download.__index = Download

-- Opens the part file, and reads the end of an earlier download.
function Download:open()
  local problem
  self.file = self.open_file(self.part, "r+b")
  if not self.file then return self:restart() end
  local size
  size, problem = self.file:seek "end"
  if not size then return nil, failed(self.part, problem) end
  self.at = math.max(0, size - OVERLAP)
  self.file:seek("set", self.at)
  self.tail = self.file:read(OVERLAP) or ""
  return true
end

-- Starts over with an empty part file.
function Download:restart()
  if self.file then self.file:close() end
  local problem
  self.at, self.tail, self.tag = 0, "", nil
  self.file, problem = self.open_file(self.part, "w+b")
  if self.file then return true end
  return nil, failed(self.part, problem)
end

-- Requests a new link, unless several in a row delivered nothing.
function Download:renew()
  if self.links == MOST_LINKS then
    return nil, errors.new { code = "bad_answer",
      message = "each of the service's links was refused by the file's host" }
  end
  self.links = self.links + 1
  local err
  self.link, err = self.get_link()
  return self.link ~= nil or nil, err
end

-- Reports whether a piece continues the part file.
function Download:fits(piece)
  if piece.total and piece.total < self.at + #self.tail then return false end
  return piece.body:sub(1, #self.tail) == self.tail
end

-- Writes a piece. -> whether it was the last | nil, err
function Download:keep(piece)
  if piece.is_whole and self.at > 0 or not self:fits(piece) then
    local ok, err = self:restart()
    if not ok then return nil, err end
    if not piece.is_whole then return false end
  end
  local placed, problem = self.file:seek("set", self.at)
  if placed then placed, problem = self.file:write(piece.body) end
  if placed then placed, problem = self.file:flush() end
  if not placed then return nil, failed(self.part, problem) end
  self.at, self.tail, self.tag, self.links = self.at + #piece.body, "", piece.tag, 0
  if self.on_progress then self.on_progress(self.at, piece.total) end
  return #piece.body == 0 or self.at >= (piece.total or math.huge)
end

-- Starts over, since the file has changed; but not without a limit.
function Download:begin_again()
  self.changes = self.changes + 1
  if self.changes <= MOST_LINKS then return self:restart() end
  return nil, errors.new { code = "bad_answer",
    message = "the file changes repeatedly during the download" }
end

-- Fetches the next piece. -> whether it was the last | nil, err
function Download:advance()
  local piece, err = fetch(self.client, self.link, self.at, self.tag)
  if not piece then return nil, err end
  local ok
  if piece.has_ended then ok, err = self:renew()
  elseif piece.has_changed then ok, err = self:begin_again()
  else return self:keep(piece) end
  if ok then return false end
  return nil, err
end

-- Reports whether the part file is empty.
function Download:is_empty()
  return self.file ~= nil and self.at == 0 and self.tail == ""
end

function Download:run()
  local ok, err = self:open()
  if ok then ok, err = self:renew() end
  local is_last = false
  while ok and not is_last do
    is_last, err = self:advance()
    ok = is_last ~= nil
  end
  if self.file then self.file:close() end
  return ok and true or nil, err
end

-- The source of a download

local function refused(action, format, ...)
  return errors.invalid("download: the action %s " .. format, action.id, ...)
end

-- The only command of a live response that has a result. -> index | nil, err
local function only_result(action)
  local indices = {}
  for _, command in ipairs(action.commands or {}) do
    local kind = type(command.command) == "table" and command.command.type
    if kind ~= "PutFile" then indices[#indices + 1] = command.index end
  end
  if #indices == 1 then return indices[1] end
  if #indices == 0 then return refused(action, "has no result to fetch") end
  return refused(action, "has %d results; say which by its index (%s)", #indices,
    table.concat(indices, ", "))
end

-- Makes a function that requests a link by `get`. A missing file may appear when the action ends.
local function link_to(action, get)
  return function()
    local link, err = get()
    if err and err.code == "not_found" and not kinds.final[action.status] then
      err.message = ("%s; the action is still %s"):format(err.message, action.status)
    end
    return link, err
  end
end

-- -> function that requests a link, name of the part file | nil, err. An action that was not final
-- may have ended since: it is read again.
local function source_of(client, target, index)
  local action, err = target, nil
  if type(target) ~= "table" or not kinds.final[target.status] then
    action, err = client:action(id_of(target))
  end
  if not action then return nil, err end
  local id, is_package = action.id, action.type == "CollectInvestigationPackage"
  if not is_package and action.type ~= "LiveResponse" then
    return refused(action, "is %s, which leaves no file: only CollectInvestigationPackage and"
      .. " LiveResponse do", action.type or "of no type")
  elseif is_package and index ~= nil then
    return refused(action, "is a package, which has no index")
  elseif action.status == "Pending" or is_package and action.status == "InProgress" then
    return nil, errors.new { code = "not_found", operation = "download", id = id,
      message = ("the action %s is still %s: there is nothing to download before it ends")
        :format(id, action.status) }
  elseif is_package then
    return link_to(action, function() return client:package_uri(id) end), id
  end
  if index == nil then index, err = only_result(action) end
  if not index then return nil, err end
  return link_to(action, function() return client:result_uri(id, index) end),
    ("%s-%d"):format(id, index)
end

local KNOWN = { index = true, on_progress = true, open = true }

--- Downloads the file that an action has produced: a package, or the result of a command. Until it
--- is complete, it is called PATH.ID.part; if that file exists, the download continues there.
---@param target string|mde.action
---@param path string of a file that must not exist
---@param options? {index?: integer, on_progress?: fun(bytes: integer, total?: integer), open?: fun(path: string, mode: string): file*?, string?} of the command, from 0; io.open
---@return {path: string, size: integer, sha256: string}? file
---@return mde.error? err code "file" if a file cannot be read or written; err.part is the path of the part file
function download:download(target, path, options)
  options = options or {}
  errors.check_keys("download", options, KNOWN)
  if type(path) ~= "string" or path == "" then
    return errors.invalid "download: the path of a file is missing"
  end
  if options.index ~= nil then
    local good, err = check_index("download", options.index)
    if not good then return nil, err end
  end
  local open = options.open or system.open
  local there = open(path, "rb")
  if there then
    there:close()
    return errors.invalid("download: %s exists; remove it or give another name", path)
  end
  local get_link, name = source_of(self, target, options.index)
  if not get_link then return nil, name end
  local part = ("%s.%s.part"):format(path, name)
  local work = setmetatable({ client = self, get_link = get_link, part = part, links = 0,
                              changes = 0, on_progress = options.on_progress, open_file = open },
                            Download)
  local ok, err = work:run()
  if not ok then
    if work:is_empty() then system.remove(part)
    elseif work.file then err.part = part end
    return nil, err
  end
  local sha256, size = digest_of(part, open)
  if not sha256 then return nil, size end
  local renamed, problem = system.rename(part, path)
  if not renamed then return nil, failed(path, problem) end
  return { path = path, size = size, sha256 = sha256 }
end

return download
