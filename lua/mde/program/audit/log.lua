-- Appends to the audit log: one hash-chained JSON line per change.
--
-- Each state folder has one log, shared by processes. A line is one JSON object with these keys in
-- this order, null if a value is missing: n (1, 2, ...), log (the log's id: see
-- mde.program.audit.identity), time, who ("dana@soc1"), what ("batch begun", "cancel", ...), batch,
-- tenant, application, user (object id of a user who signed in), user_name, profile, id, request
-- ("POST /api/machineactions/{id}/cancel"), status (HTTP), request_id, verdict, comment, policy,
-- plan, previous. `previous` is the SHA-256 of the line before, without its newline (zeros for the
-- first line), so a line before the last ones can't be changed, removed or inserted unnoticed. The
-- last ones are covered by the head, { n =, hash = } of the last line, which the journal keeps. If
-- the file is moved away, the next one continues the chain. mde.program.audit.chain verifies it.
--
-- Nothing else is written, so the log has no token and no secret.

local chain = require "mde.program.audit.chain"
local cjson = require "cjson"
local core = require "mde.core"
local date = require "mde.base.date"
local errors = require "mde.base.errors"
local identity = require "mde.program.audit.identity"
local lock = require "mde.program.audit.lock"
local system = require "mde.program.system"

local has_terminal, terminal = pcall(require, "mde.terminal")
local checked, encode, is_utf8, find = lock.checked, cjson.encode, utf8.len, string.find

local audit = { verify = chain.verify, peek = chain.peek, id_of = identity.get }

local BLOCK = 16384     -- bytes read at once
local MOST_BACK = 10000   -- lines
local LARGEST = 131072  -- bytes of an entry's texts; in JSON a byte becomes at most six

-- Lines

-- The keys of an entry, and their types. `n`, `log` and `previous` are added here.
local TYPES = {
  time = "number", status = "number", who = "string", what = "string", batch = "string",
  tenant = "string", application = "string", user = "string", user_name = "string",
  profile = "string", id = "string", request = "string", request_id = "string",
  verdict = "string", comment = "string", policy = "string", plan = "string",
}

local function check_entry(entry)
  if type(entry) ~= "table" then error("an entry must be a table, not a " .. type(entry), 3) end
  local size = 0
  for key, value in pairs(entry) do
    local kind = type(value)
    if kind ~= TYPES[key] then
      error((TYPES[key] and "an entry's %s is a %s, expected a " .. TYPES[key]
        or "an entry has the unknown key %s (a %s)"):format(tostring(key), kind), 3)
    end
    if kind == "string" then size = size + #value end
  end
  if not (entry.time and entry.who and entry.what) then
    error("an entry requires time, who and what", 3)
  end
  if entry.status and not math.tointeger(entry.status) then
    error("an entry's status must be an integer", 3)
  end
  if size > LARGEST then error("an entry is longer than 128 KiB", 3) end
end

-- Replaces each byte that is not UTF-8 by U+FFFD, since JSON must be UTF-8.
local function well_formed(text)
  local parts, from = {}, 1
  while true do
    local good, at = utf8.len(text, from)
    if good then break end
    parts[#parts + 1] = text:sub(from, at - 1) .. "\u{FFFD}"
    from = at + 1
  end
  return table.concat(parts) .. text:sub(from)
end

-- Encodes a text as JSON; in the program, also makes it printable.
local function quoted(text)
  local json = encode(is_utf8(text) and text or well_formed(text))
  if has_terminal and utf8.len(json) ~= #json then json = terminal.printable_json(json) end
  return find(json, "/", 1, true) and json:gsub("\\/", "/") or json
end

-- Caches the JSON of texts that entries of one append share, such as the comment. False is null.
local Json = {}

function Json:__index(text)
  local json = quoted(text)
  self[text] = json
  return json
end

local last_second, last_text

-- Formats seconds as "2026-01-23T20:10:40.878Z", cutting further digits.
local function time_text(seconds)
  local whole = math.floor(seconds)
  if whole ~= last_second then last_second, last_text = whole, date.text(whole):sub(1, -2) end
  return ("%s.%03dZ"):format(last_text, math.floor((seconds - whole) * 1000))
end

-- Encodes a text that other lines do not have. nil is null.
local function unique(text) return text and quoted(text) or "null" end

-- Formats entry `e` as line `n` of the log with the id `log`. `json` caches texts.
local function new_line(e, n, log, previous, json)
  return '{"n":' .. n .. ',"log":"' .. log .. '","time":"' .. time_text(e.time)
    .. '","who":' .. json[e.who] .. ',"what":' .. json[e.what]
    .. ',"batch":' .. json[e.batch or false] .. ',"tenant":' .. json[e.tenant or false]
    .. ',"application":' .. json[e.application or false]
    .. ',"user":' .. json[e.user or false] .. ',"user_name":' .. json[e.user_name or false]
    .. ',"profile":' .. json[e.profile or false]
    .. ',"id":' .. unique(e.id) .. ',"request":' .. unique(e.request)
    .. ',"status":' .. (math.tointeger(e.status) or "null")
    .. ',"request_id":' .. unique(e.request_id) .. ',"verdict":' .. json[e.verdict or false]
    .. ',"comment":' .. json[e.comment or false] .. ',"policy":' .. json[e.policy or false]
    .. ',"plan":' .. json[e.plan or false] .. ',"previous":"' .. previous .. '"}'
end

-- Parses a line from new_line. -> its number, the hash of the line before | nil
local function read_line(line)
  local n, previous = line:match '^{"n":(%d+),.*"previous":"(%x+)"}$'
  if n and #previous == 64 then return math.tointeger(n), previous end
end

-- End of the chain

-- Functions here raise what lock.checked raises.

-- Cuts off a last line without a newline, which a power failure leaves.
-- -> size (0 if no whole line is left)
local function cut_torn(log, size)
  if size == 0 or log:read(size - 1, 1) == "\n" then return size end
  local from = math.max(0, size - chain.longest)
  local whole = checked(log:read(from, size - from)):match "^.*\n"
  checked(whole or from == 0, "its last line has no end")
  size = from + #(whole or "")
  checked(log:truncate(size))
  return size
end

-- Iterates over the whole lines before `size`, last one first.
local function backwards(log, size)
  local lines, from, rest = {}, size, ""
  return function()
    while #lines == 0 and from > 0 and #rest <= chain.longest do
      local count = math.min(from, BLOCK)
      from = from - count
      local text = checked(log:read(from, count)) .. rest
      local first = from == 0 and 1 or (text:find("\n", 1, true) or #text) + 1
      rest = text:sub(1, first - 1)
      for line in text:sub(first):gmatch "([^\n]*)\n" do lines[#lines + 1] = line end
    end
    return table.remove(lines)
  end
end

-- Returns the last line before `size`, { n =, hash = }, if it is `known`, continues the chain from
-- `known`, or nothing is known; else nil.
local function last_line(log, size, known)
  local last, later  -- later: number and hash that the next line requires of this one
  for line in backwards(log, size) do
    local n, previous = read_line(line)
    local hash = core.sha256(line)
    if not n or later and (n ~= later.n or hash ~= later.hash) then return nil end
    last = last or { n = n, hash = hash }
    if not known or n == known.n and hash == known.hash then return last end
    if n <= known.n then return nil end
    later = { n = n - 1, hash = previous }
    if later.n == known.n and previous == known.hash then return last end
  end
end

-- Returns the end of the chain, { n =, hash = }, which the next line follows. It trusts lines that
-- this process wrote and the journal's head, not the file: if the file was cut, replaced or
-- rewritten, the chain continues from the trusted line, and `verify` finds the gap.
-- -> end, size
local function find_end(self, log, head)
  local size, own = checked(log:size()), self.known
  local known = own and (not head or own.n > head.n) and own or head
  if own and own.size == size then return known, size end
  size = cut_torn(log, size)
  local last = size > 0 and last_line(log, size, known) or known or size == 0 and chain.start
  return checked(last, "its last line is not one of an audit log"), size
end

local Log = {}
Log.__index = Log

local ROOM = "free some space there"
local RIGHTS = "allow this user to write it, or set XDG_STATE_HOME to a folder this user can write"
local ADVICE = { [lock.BUSY] = "end the process that has locked it",
                 [1] = RIGHTS, [13] = RIGHTS, [30] = RIGHTS,                -- EPERM EACCES EROFS
                 [27] = ROOM, [28] = ROOM, [69] = ROOM, [122] = ROOM }      -- EFBIG ENOSPC EDQUOT

-- Calls f(...). -> its result | nil, err: a function of the file at `path` failed
local function attempt(path, f, ...)
  local done, result = pcall(f, ...)
  if done then return result end
  if type(result) ~= "table" or not result.problem then error(result, 0) end
  return nil, errors.new { code = "store", message =
    ("the audit log %s cannot be written: %s; %s"):format(path, result.problem:match " ?([^:]+)$",
      ADVICE[result.number] or result.number and "check that it is a file in an existing folder"
      or "check it with `mde audit verify`, then move it elsewhere") }
end

-- Appends to the locked log. -> head
local function append(self, log, entries, head, sync)
  local last, size = find_end(self, log, head)
  local n, hash, lines = math.tointeger(last.n), last.hash, {}
  local json = setmetatable({ [false] = "null" }, Json)
  for i, entry in ipairs(entries) do
    n = n + 1
    lines[i] = new_line(entry, n, self.id, hash, json)
    hash = core.sha256(lines[i])
  end
  if #lines == 0 then return last end
  local text = table.concat(lines, "\n") .. "\n"
  checked(log:append(text))
  if sync then checked(log:sync()) end
  self.known, self.text_size = { n = n, hash = hash, size = size + #text }, #text
  return self.known
end

-- Appends all entries or none. An entry is a table with the keys above except n, log and previous,
-- and time in seconds; other keys raise. `head` is the end of the log in the journal, if any. With
-- `sync`, the lines are on the disk on return. -> the new head | nil, err
function Log:append(entries, head, sync)
  if self.closed then error("the audit log is closed", 2) end
  chain.check_head(head)
  for _, entry in ipairs(entries) do check_entry(entry) end
  return attempt(self.path, function()
    local log <close> = lock.open(self.path)  -- each time, since it may have been moved away
    local before = self.known
    local new = append(self, log, entries, head, sync)
    self.before = { known = before, text_size = #entries > 0 and self.text_size or 0 }
    return { n = math.tointeger(new.n), hash = new.hash }
  end)
end

-- Waits until no other process has locked the log. -> true | nil, err
function Log:await()
  return attempt(self.path, function()
    lock.open(self.path):close()
    return true
  end)
end

-- Returns the last verdict of each item in the lines of a batch, at most 10,000 lines back. The last
-- ones may be missing in the journal, if a process was killed before its commit.
-- -> { id -> verdict } | nil, err
function Log:verdicts(batch)
  return attempt(self.path, function()
    local log <close> = lock.open(self.path)
    local found, count, mark = {}, 0, '"batch":' .. quoted(batch) .. ","
    for line in backwards(log, checked(log:size())) do
      count = count + 1
      if not read_line(line) or count > MOST_BACK then break end
      local good, entry = pcall(cjson.decode, find(line, mark, 1, true) and line or "{}")
      if not good or entry.what == "batch begun" then break end
      if type(entry.id) == "string" then found[entry.id] = found[entry.id] or entry.verdict end
    end
    return found
  end)
end

-- Removes the lines of the last append, unless other processes have appended since.
function Log:take_back()
  local before = self.before
  self.before = nil
  if not before or before.text_size == 0 then return end
  attempt(self.path, function()
    local log <close> = lock.open(self.path)
    if log:size() ~= self.known.size then return end
    checked(log:truncate(self.known.size - before.text_size))
    self.known = before.known
  end)
end

function Log:close()
  self.closed = true
end

-- Opens the log at `path` and creates it and its folders if needed. -> log, with its `id` | nil, err
function audit.open(path)
  local log, id, err
  log, err = attempt(path, function()
    checked(system.file.make_folder(path:match "^(.*)/" or "."))
    return checked(system.file.log(path))
  end)
  if not log then return nil, err end
  log:close()
  id, err = attempt(identity.path(path), identity.find, path)
  if not id then return nil, err end
  return setmetatable({ path = path, id = id, known = nil, closed = false }, Log)
end

return audit
