-- The chain that an audit log is, and what was done to it. See mde.audit.
--
-- A line follows the one before it if its `n` is one more and its `previous` is that
-- one's SHA-256. Where a line does not, what comes after it usually tells which of the
-- two is not as it was written.

local cjson = require "cjson"
local core = require "mde.core"
local file = require "mde.file"

local chain = {
  start = { n = 0, hash = ("0"):rep(64) },  -- what the first line follows
  longest = 1048576,                        -- bytes of a line
}

local BLOCK = 65536  -- bytes that are read at once

-- Raises unless `head` is nil or { n =, hash = }.
function chain.check_head(head)
  if head ~= nil and not (type(head) == "table" and math.tointeger(head.n)
      and type(head.hash) == "string" and head.hash:find "^%x+$" and #head.hash == 64) then
    error("a head is { n =, hash = }", 3)
  end
end

-- Ends `verify` with what is wrong.
local function found(format, ...)
  error({ problem = format:format(...) }, 0)
end

-- {{ Lines

-- A log as it is at this moment: what others append later is left out.
local Text = {}
Text.__index = Text

function Text:__close()
  self.log:close()
end

local function open(path)
  local log, problem = file.log(path, "read")
  if not log then found("cannot read %s", problem) end
  local done, size
  done, problem = log:lock()
  if done then size, problem = log:size() end
  log:unlock()
  if not size then found("cannot read %s: %s", path, problem) end
  return setmetatable({ path = path, log = log, size = size }, Text)
end

function Text:read(offset)
  local block, problem = self.log:read(offset, math.min(BLOCK, self.size - offset))
  if not block then found("cannot read %s: %s", self.path, problem) end
  if block == "" then found("cannot read %s: it shrinks", self.path) end
  return block
end

-- An iterator over the lines: each without its newline, and whether it had one. A
-- line that is too long ends them.
function Text:lines()
  local offset, text, at = 0, "", 1
  return function()
    while true do
      local stop = text:find("\n", at, true)
      if stop then
        local line = text:sub(at, stop - 1)
        at = stop + 1
        return line, true
      end
      text, at = text:sub(at), 1
      if offset == self.size or #text > chain.longest then break end
      local block = self:read(offset)
      text, offset = text .. block, offset + #block
    end
    local rest = text
    text, offset = "", self.size
    if rest ~= "" then return rest, false end
  end
end

-- The hash of the line at `place`; place 0 is before the first one.
function Text:hash(place)
  if place == 0 then return chain.start.hash end
  for line in self:lines() do
    place = place - 1
    if place == 0 then return core.sha256(line) end
  end
end

-- The object that a line is -> { n =, previous =, time = } | nil, what it is instead
local function decode(line)
  local done, entry = pcall(cjson.decode, line)
  if not done then return nil, "not JSON" end
  local n = type(entry) == "table" and math.type(entry.n) and math.tointeger(entry.n)
  if not n or n < 1 or type(entry.previous) ~= "string" then
    return nil, "not a line of an audit log"
  end
  return { n = n, previous = entry.previous, time = entry.time }
end

local function read_entry(line, whole, place)
  if not whole and #line <= chain.longest then
    found("line %d is cut short: the log ends in the middle of it", place)
  end
  local entry, instead = decode(line)
  if not entry then found("line %d is %s", place, instead) end
  entry.hash = core.sha256(line)
  return entry
end

-- }}

-- {{ What was done

-- A break in the chain, up to which all is well: `entry`, at `place`, does not follow
-- `before`, which follows the line with the hash `earlier`. `head_met` says whether
-- the head is among the lines up to there.
local Break = {}
Break.__index = Break

-- Whether the journal knows this line: true, false or (of another number) nil.
local function is_known(head, n, hash)
  if head and head.n == n then return head.hash == hash end
end

-- Looks at the lines after the break.
function Break:look_ahead(lines)
  self.highest = 0
  for line in lines do
    local later = decode(line)
    if self.next == nil then self.next = later or false end
    if later then
      self.has_place = self.has_place or later.n == self.place
      self.has_twin = self.has_twin or later.n == self.entry.n
      self.highest = math.max(self.highest, later.n)
    end
  end
  self.followed = self.next and self.next.previous == self.entry.hash  -- by the next one
end

-- The entry has a number that is too high.
function Break:gap()
  local n, place = self.entry.n, self.place
  if self.has_place then
    found("the lines are out of order: line %d comes before line %d", n, place)
  end
  if self.next and self.next.n == place + 1 then found("line %d was changed", place) end
  if n == place + 1 then found("line %d is missing", place) end
  found("lines %d to %d are missing", place, n - 1)
end

-- The entry has a number that an earlier line has.
function Break:repetition()
  local n, place = self.entry.n, self.place
  local follows = self.entry.previous == self.text:hash(n - 1)
  local is_genuine = self.followed and not (self.head_met and self.head.n >= n)
    or is_known(self.head, n, self.entry.hash)
  if follows and is_genuine and self.entry.hash ~= self.text:hash(n) then
    if n == place - 1 then found("line %d was inserted", n) end
    found("lines %d to %d were inserted", n, place - 1)
  end
  if not follows and is_genuine then found("line %d was changed", n - 1) end
  if not follows and self.next and self.next.n == place + 1 then
    found("line %d was changed", place)
  end
  found("line %d was inserted", place)
end

-- The entry has the number that it should have.
function Break:mismatch()
  local place, head = self.place, self.head
  if place == 1 then found "line 1 was changed" end
  if self.entry.previous == self.earlier then found("line %d was inserted", place - 1) end
  local before_known = is_known(head, place - 1, self.before.hash)
  local known = is_known(head, place, self.entry.hash)
  if self.followed or known or before_known == false then
    found("line %d was changed", place - 1)
  end
  if self.next or known == false or before_known then found("line %d was changed", place) end
  found("line %d or %d was changed", place - 1, place)
end

-- Ends `verify` with the most that can be told.
function Break:explain()
  local n, place = self.entry.n, self.place
  if self.next and self.next.previous == self.before.hash then  -- what is between is strange
    if n > place and not self.has_twin and n <= self.highest + 1 then self:gap() end
    found("line %d was inserted", place)
  end
  if self.entry.previous == self.before.hash then found("line %d was changed", place) end
  if n > place then self:gap() end
  if n < place then self:repetition() end
  self:mismatch()
end

-- }}

-- Where all lines follow each other: whether the journal agrees.
local function check_end(last, head, head_met)
  local known = head and ("; the journal knows line %d"):format(head.n) or ""
  if last.n == 0 then found("the log is empty%s", known) end
  if head and head.n > last.n then
    found("the log was cut: it ends at line %d, and the journal knows line %d", last.n, head.n)
  end
  if head and not head_met then
    found("line %d was changed: the journal knows another one; those before it may have been"
      .. " rewritten too", head.n)
  end
end

local function check(text, head)
  local lines, before, earlier = text:lines(), chain.start, nil
  local head_met = head and head.n == 0
  for line, whole in lines do
    local place = before.n + 1
    local entry = read_entry(line, whole, place)
    if entry.n ~= place or entry.previous ~= before.hash then
      local fault = setmetatable({ text = text, head = head, head_met = head_met, place = place,
                                   entry = entry, before = before, earlier = earlier }, Break)
      fault:look_ahead(lines)
      fault:explain()
    end
    head_met = head_met or is_known(head, place, entry.hash)
    before, earlier = entry, before.hash
  end
  check_end(before, head, head_met)
  return { lines = before.n, last_hash = before.hash, time = before.time,
           after = head and before.n - head.n }
end

-- Reads the log at `path` from its beginning to its end. `head`, { n =, hash = }, is
-- what the journal knows of it; without one nobody can tell whether the log once had
-- more lines. -> { lines =, last_hash =, time = of the last line, after = how many
-- lines there are after the head } | nil, one sentence on the first problem
function chain.verify(path, head)
  chain.check_head(head)
  local done, result = pcall(function()
    local text <close> = open(path)
    return check(text, head)
  end)
  if done then return result end
  if type(result) ~= "table" or not result.problem then error(result, 0) end
  return nil, result.problem
end

return chain
