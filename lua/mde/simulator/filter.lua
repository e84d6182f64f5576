-- Parses OData's $filter and $orderby into predicates and sort keys.
--
-- The parser is recursive-descent and covers the subset that the service's lists accept:
--
--   or      = and { "or" and }
--   and     = not { "and" not }
--   not     = "not" not | "(" or ")" | test
--   test    = field ("eq"|"ne"|"gt"|"ge"|"lt"|"le") literal
--           | field "in" "(" literal { "," literal } ")"
--           | "startswith" "(" field "," string ")"
--           | field "/any" "(" name ":" or ")"
--   literal = 'text, quotes doubled' | date | number | null
--
-- Fields are a table of name -> { type = "string"|"date"|"number"|"strings", read =
-- function(row, at) }; for "strings", read returns an array. A number may be quoted, because
-- documentation and service disagree on quoting. A failure is `nil, message`, in the words of
-- OData services.

local date = require "mde.base.date"

local filter = {}

local function fail(message, ...)
  error({ filter = message:format(...) }, 0)
end

-- Tokens

local PATTERNS = {
  { "date", "^%d%d%d%d%-%d%d%-%d%d[%dT:.Z+-]*" },
  { "number", "^%-?%d+%.?%d*" },
  { "word", "^[%a_][%w_/]*" },
  { "sign", "^[(),:]" },
}

local function tokenize(text)
  local tokens, position = {}, 1
  local function add(kind, value, at)
    tokens[#tokens + 1] = { kind = kind, value = value, at = at }
  end
  while true do
    position = text:find("%S", position)
    if not position then break end
    local start = position
    if text:sub(position, position) == "'" then
      repeat
        local stop = text:find("'", position + 1, true)
        if not stop then
          fail("There is an unterminated string literal at position %d in '%s'.", start - 1, text)
        end
        position = stop + 1
      until text:sub(position, position) ~= "'"
      add("string", text:sub(start + 1, position - 2):gsub("''", "'"), start)
    else
      local found
      for _, pattern in ipairs(PATTERNS) do
        found = text:match(pattern[2], position)
        if found then
          add(pattern[1], found, position)
          position = position + #found
          break
        end
      end
      if not found then fail("Syntax error at position %d in '%s'.", position - 1, text) end
    end
  end
  return tokens
end

local Parser = {}
Parser.__index = Parser

function Parser:peek(kind, value)
  local token = self.tokens[self.next]
  if not token or token.kind ~= kind then return nil end
  if value and token.value:lower() ~= value then return nil end
  return token.value
end

function Parser:accept(kind, value)
  local found = self:peek(kind, value)
  if found then self.next = self.next + 1 end
  return found
end

function Parser:expect(kind, value)
  local found = self:accept(kind, value)
  if not found then
    local token = self.tokens[self.next]
    fail("Syntax error at position %d in '%s'.", token and token.at - 1 or #self.text, self.text)
  end
  return found
end

function Parser:field()
  local name = self:expect "word"
  local field = self.fields[name]
  if not field then
    fail("Could not find a property named '%s' on type 'microsoft.windowsDefenderATP.api.%s'.",
      name, self.entity)
  end
  return field
end

-- A date may lack its time, as in 2018-08-01Z.
local function moment(text)
  local day = text:match "^(%d%d%d%d%-%d%d%-%d%d)Z?$"
  local seconds = date.parse(day and day .. "T00:00:00Z" or text)
  return seconds or fail("The value '%s' is not a valid Edm.DateTimeOffset.", text)
end

local EDM = { string = "Edm.String", date = "Edm.DateTimeOffset", number = "Edm.Int32",
              strings = "Collection(Edm.String)" }

function Parser:literal(field)
  if self:accept("word", "null") then return nil end
  local kind = self:peek "string" and "string" or self:peek "number" and "number" or "date"
  local value = self:expect(kind)
  if field.type == "number" and tonumber(value) then return tonumber(value) end
  if kind ~= field.type then
    fail("A binary operator with incompatible types was detected. Found operand types "
      .. "'%s' and '%s'.", EDM[field.type], EDM[kind])
  end
  return kind == "date" and moment(value) or value
end

-- Null is neither greater nor less than any value.
local COMPARE = {
  eq = function(a, b) return a == b end,
  ne = function(a, b) return a ~= b end,
  gt = function(a, b) return a ~= nil and b ~= nil and a > b end,
  ge = function(a, b) return a ~= nil and b ~= nil and a >= b end,
  lt = function(a, b) return a ~= nil and b ~= nil and a < b end,
  le = function(a, b) return a ~= nil and b ~= nil and a <= b end,
}

function Parser:list(field)
  local set = {}
  self:expect("sign", "(")
  repeat
    local value = self:literal(field)
    if value ~= nil then set[value] = true end
  until not self:accept("sign", ",")
  self:expect("sign", ")")
  return set
end

function Parser:startswith()
  self:expect("sign", "(")
  local field = self:field()
  self:expect("sign", ",")
  local prefix = self:expect "string"
  self:expect("sign", ")")
  local read = field.read
  return function(row, at) return (read(row, at) or ""):sub(1, #prefix) == prefix end
end

-- tags/any(tag: tag eq 'x'): true if the condition holds for one of the strings.
function Parser:any(name)
  local list = self.fields[name]
  if list.type ~= "strings" then fail("The property '%s' is not a collection.", name) end
  self:expect("sign", "(")
  local variable, current = self:expect "word", nil
  self:expect("sign", ":")
  local outer = self.fields
  self.fields = { [variable] = { type = "string", read = function() return current end } }
  local matches = self:disjunction()
  self.fields = outer
  self:expect("sign", ")")
  return function(row, at)
    for _, item in ipairs(list.read(row, at)) do
      current = item
      if matches(row, at) then return true end
    end
    return false
  end
end

function Parser:test()
  if self:accept("word", "startswith") then return self:startswith() end
  local collection = (self:peek "word" or ""):match "^(.+)/any$"
  if collection and self.fields[collection] then
    self:expect "word"
    return self:any(collection)
  end
  local field = self:field()
  local read = field.read
  if self:accept("word", "in") then
    local set = self:list(field)
    return function(row, at) return set[read(row, at)] == true end
  end
  local compare = COMPARE[self:expect "word"]
  if not compare then
    fail("Syntax error at position %d in '%s'.", self.tokens[self.next - 1].at - 1, self.text)
  end
  local value = self:literal(field)
  return function(row, at) return compare(read(row, at), value) end
end

function Parser:negation()
  if self:accept("word", "not") then
    local inner = self:negation()
    return function(row, at) return not inner(row, at) end
  end
  if self:accept("sign", "(") then
    local inner = self:disjunction()
    self:expect("sign", ")")
    return inner
  end
  return self:test()
end

function Parser:conjunction()
  local left = self:negation()
  while self:accept("word", "and") do
    local a, b = left, self:negation()
    left = function(row, at) return a(row, at) and b(row, at) end
  end
  return left
end

function Parser:disjunction()
  local left = self:conjunction()
  while self:accept("word", "or") do
    local a, b = left, self:conjunction()
    left = function(row, at) return a(row, at) or b(row, at) end
  end
  return left
end

-- Runs work(parser) over the whole `text`. -> its result | nil, message
local function parse(text, fields, entity, work)
  local ok, result = pcall(function()
    local parser = setmetatable({ text = text, fields = fields, entity = entity, next = 1,
                                  tokens = tokenize(text) }, Parser)
    local made = work(parser)
    local rest = parser.tokens[parser.next]
    if rest then fail("Syntax error at position %d in '%s'.", rest.at - 1, text) end
    return made
  end)
  if ok then return result end
  if type(result) == "table" and result.filter then return nil, result.filter end
  error(result, 0)
end

-- A $filter of an entity -> function(row, at), true if the row matches | nil, message
function filter.predicate(text, fields, entity)
  return parse(text, fields, entity or "MachineAction", Parser.disjunction)
end

-- A $orderby -> array of { read = function(row, at), descending = boolean }
-- | nil, message
function filter.order(text, fields, entity)
  return parse(text, fields, entity or "MachineAction", function(parser)
    local keys = {}
    repeat
      local key = { read = parser:field().read }
      key.descending = parser:accept("word", "desc") ~= nil
      if not key.descending then parser:accept("word", "asc") end
      keys[#keys + 1] = key
    until not parser:accept("sign", ",")
    return keys
  end)
end

return filter
