-- Verifies the hash chain of an audit log, and finds the first altered line.
--
-- A line follows the one before it if its `n` is one more and its `previous` is the SHA-256 of that
-- line. If a line does not, the lines after it usually show which of the two was altered.

local checks = require "mde.program.policy.check"
local cjson = require "cjson"
local core = require "mde.core"
local identity = require "mde.program.audit.identity"
local lock = require "mde.program.audit.lock"
local system = require "mde.program.system"

local chain = {
  start = { n = 0, hash = ("0"):rep(64) },  -- place before the first line
  longest = 1048576,                        -- bytes of a line
}

local BLOCK = 65536  -- bytes read at once

-- Raises unless `head` is nil or { n =, hash = }.
function chain.check_head(head)
  if head ~= nil and not (type(head) == "table" and math.tointeger(head.n)
      and type(head.hash) == "string" and head.hash:find "^%x+$" and #head.hash == 64) then
    error("a head must be { n =, hash = }", 3)
  end
end

-- Ends `verify` with the problem.
local function found(format, ...) checks.refuse("", format, ...) end

-- Lines

-- The files of a log in their order, up to their size when opened: lines appended later are
-- ignored.
local Text = {}
Text.__index = Text

function Text:__close()
  for _, part in ipairs(self) do part.log:close() end
end

local function open_part(path)
  local log, problem = system.file.log(path, "read")
  if not log and not system.file.kind(path) then
    found("cannot read %s: there is no such file; the first change begins it", path)
  elseif not log then
    found("cannot read %s", problem)
  end
  local done, size
  done, problem = lock.take(log, path)
  if done then size, problem = log:size() end
  log:unlock()
  if not size then found("cannot read %s: %s", path, problem) end
  return { path = path, log = log, size = size }
end

local function open(paths)
  local self = setmetatable({ first = 1 }, Text)
  for i, path in ipairs(paths) do self[i] = open_part(path) end
  return self
end

local function read(part, offset)
  local block, problem = part.log:read(offset, math.min(BLOCK, part.size - offset))
  if not block then found("cannot read %s: %s", part.path, problem) end
  if block == "" then found("cannot read %s: it became shorter meanwhile", part.path) end
  return block
end

-- Iterates over the lines of one file. -> line without its newline, true if it had one. A line
-- longer than chain.longest ends it.
local function lines_of(part)
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
      if offset == part.size or #text > chain.longest then break end
      local block = read(part, offset)
      text, offset = text .. block, offset + #block
    end
    local rest = text
    text, offset = "", part.size
    if rest ~= "" then return rest, false end
  end
end

-- Iterates over the lines of all files. The third value is true for the first line of a file.
function Text:lines()
  local i, lines, is_first = 0, function() end, false
  return function()
    while true do
      local line, whole = lines()
      if line then
        local first = is_first
        is_first = false
        return line, whole, first
      end
      i = i + 1
      if not self[i] then return nil end
      lines, is_first = lines_of(self[i]), true
    end
  end
end

-- Returns the hash of the line at `place`, or the start's hash for the place before the first line.
function Text:hash(place)
  if place == self.start.n then return self.start.hash end
  place = place - self.start.n
  for line in self:lines() do
    place = place - 1
    if place == 0 then return core.sha256(line) end
  end
end

-- Decodes a line. -> { n =, previous =, time =, tenant =, profile = } | nil, problem
local function decode(line)
  local done, entry = pcall(cjson.decode, line)
  if not done then return nil, "not JSON" end
  local n = type(entry) == "table" and math.type(entry.n) and math.tointeger(entry.n)
  if not n or n < 1 or type(entry.previous) ~= "string" then
    return nil, "not a line of an audit log"
  end
  return { n = n, previous = entry.previous, time = entry.time, tenant = entry.tenant,
           profile = entry.profile }
end

local function read_entry(line, place)
  local entry, instead = decode(line)
  if not entry then found("line %d is %s", place, instead) end
  entry.hash = core.sha256(line)
  return entry
end

-- Explaining a break

-- The first break in the chain: `entry`, at `place`, does not follow `before`, which follows the
-- line with the hash `earlier`. `head_met` is true if the head is among the lines before.
local Break = {}
Break.__index = Break

-- Compares a line with the journal's head -> true | false | nil: the head has another number
local function is_known(head, n, hash)
  if head and head.n == n then return head.hash == hash end
end

-- Reads the lines after the break.
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

-- Explains a number that is too high.
function Break:gap()
  local n, place = self.entry.n, self.place
  if self.has_place then
    found("the lines are out of order: line %d comes before line %d", n, place)
  end
  if self.next and self.next.n == place + 1 then found("line %d was changed", place) end
  if n == place + 1 then found("line %d is missing", place) end
  found("lines %d to %d are missing", place, n - 1)
end

-- Explains a number that an earlier line has.
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

-- Explains a wrong `previous` in a line with the right number.
function Break:mismatch()
  local place, head = self.place, self.head
  if place == self.text.start.n + 1 then found("line %d was changed", place) end
  if self.entry.previous == self.earlier then found("line %d was inserted", place - 1) end
  local before_known = is_known(head, place - 1, self.before.hash)
  local known = is_known(head, place, self.entry.hash)
  if self.followed or known or before_known == false then
    found("line %d was changed", place - 1)
  end
  if self.next or known == false or before_known then found("line %d was changed", place) end
  found("line %d or %d was changed", place - 1, place)
end

-- Ends `verify` with the most specific explanation.
function Break:explain()
  local n, place = self.entry.n, self.place
  if self.next and self.next.previous == self.before.hash then  -- the next line follows `before`
    if n > place and not self.has_twin and n <= self.highest + 1 then self:gap() end
    found("line %d was inserted", place)
  end
  if self.entry.previous == self.before.hash then found("line %d was changed", place) end
  if n > place then self:gap() end
  if n < place then self:repetition() end
  self:mismatch()
end

-- Compares an unbroken chain with the journal's head. `torn`: after the last line comes part of one,
-- as a power failure leaves it.
local function check_end(last, head, head_met, torn)
  if head and head.n > last.n then
    if torn then found("line %d is cut short: the log ends in the middle of it", last.n + 1) end
    if last.n == 0 then found("the log is empty; the journal knows line %d", head.n) end
    found("the log was cut: it ends at line %d, but the journal knows line %d", last.n, head.n)
  end
  if head and not head_met then
    found("line %d was changed: the journal knows another one; earlier lines may have been"
      .. " rewritten too", head.n)
  end
end

-- Returns the line that the first one follows: the start, or the last line of an earlier file.
-- The first line has its number and hash; it counts only if the second line follows the first.
local function find_start(text)
  local lines = text:lines()
  local line, second = lines(), lines()
  local entry, next_entry = line and decode(line), second and decode(second)
  if not entry or entry.n == 1 or entry.previous == chain.start.hash
     or next_entry and next_entry.n <= entry.n then
    return chain.start
  end
  return { n = entry.n - 1, hash = entry.previous }
end

local function span(first, last)
  return first == last and ("line %d is"):format(first)
         or ("lines %d to %d are"):format(first, last)
end

local ELSEWHERE = "%s in none of these files: if the log was moved away, also name the file with"
  .. " them"

local function check(text, head, visit)
  text.start = find_start(text)
  local lines, before, earlier = text:lines(), text.start, nil
  local head_met, torn = head and head.n <= text.start.n, false
  if head and head.n == text.start.n then head_met = head.hash == text.start.hash end
  for line, whole, is_first in lines do
    local place = before.n + 1
    torn = not whole and #line <= chain.longest
    local entry = not torn and read_entry(line, place)
    if is_first and entry and before ~= text.start and entry.n > place
       and entry.previous ~= chain.start.hash then
      found(ELSEWHERE, span(place, entry.n - 1))
    end
    if entry and (entry.n ~= place or entry.previous ~= before.hash) then
      local fault = setmetatable({ text = text, head = head, head_met = head_met, place = place,
                                   entry = entry, before = before, earlier = earlier }, Break)
      fault:look_ahead(lines)
      fault:explain()
    end
    if entry then
      head_met = head_met or is_known(head, place, entry.hash)
      before, earlier = entry, before.hash
      if visit then visit(entry) end
    end
  end
  check_end(before, head, head_met, torn)
  if text.start.n > 0 then found(ELSEWHERE, span(1, text.start.n)) end
  return { lines = before.n - text.start.n, last_hash = before.hash, time = before.time,
           torn = torn or nil, after = head and before.n - head.n }
end

-- Reads a log from its beginning to its end. `paths` is its file, or an array of the files it was
-- moved to, in their order. `head`, { n =, hash = }, is the end in the journal; without it, lines
-- cut off the end are not noticed. visit(entry) (optional) gets { tenant =, profile = } of each line.
-- -> { lines =, last_hash =, time = of the last line, torn = true if part of a line follows it,
-- after = number of lines after the head } | nil, one sentence on the first problem
function chain.verify(paths, head, visit)
  chain.check_head(head)
  return checks.problem(function()
    local text <close> = open(type(paths) == "string" and { paths } or paths)
    return check(text, head, visit)
  end)
end

-- Reads the first line of a file. -> { log = id or nil, n = number } | nil, one sentence on why not
function chain.peek(path)
  return checks.problem(function()
    local text <close> = open { path }
    local line = text:lines()()
    local entry = line and decode(line)
    return { log = line and identity.of_line(line), n = entry and entry.n or 0 }
  end)
end

return chain
