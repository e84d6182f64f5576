-- OData's $filter for the model service: text -> a function that accepts or rejects an entity.

local filter = {}

-- Seconds since 1970 of an ISO text, with its fraction.
function filter.moment(text)
  local year, month, day, hour, minute, second, fraction =
    text:match "^(%d+)-(%d+)-(%d+)T(%d+):(%d+):(%d+)(%.?%d*)Z$"
  if not year then return nil end
  local y, m = tonumber(year), tonumber(month)
  if m <= 2 then y, m = y - 1, m + 12 end
  local days = 365 * y + y // 4 - y // 100 + y // 400 + (153 * (m - 3) + 2) // 5 + day - 719469
  return days * 86400 + hour * 3600 + minute * 60 + second
         + (fraction ~= "" and tonumber("0" .. fraction) or 0)
end

-- -> array of { kind, value }
local function tokens(text)
  local list, at = {}, 1
  while true do
    at = text:find("%S", at)
    if not at then return list end
    local stop, word, kind
    if text:find("^'", at) then
      stop = at
      repeat stop = text:find("'", stop + 1, true) + 1 until text:sub(stop, stop) ~= "'"
      word, kind, stop = text:sub(at + 1, stop - 2):gsub("''", "'"), "text", stop - 1
    elseif text:find("^[(),]", at) then
      word, kind, stop = text:sub(at, at), "mark", at
    else
      word, kind = text:match("^[%w_:%.%-]+", at), "word"
      if not word then error({ problem = "cannot read: " .. text:sub(at) }, 0) end
      stop = at + #word - 1
    end
    list[#list + 1] = { kind = kind, value = word }
    at = stop + 1
  end
end

local COMPARE = {
  eq = function(a, b) return a == b end, ne = function(a, b) return a ~= b end,
  lt = function(a, b) return a and a < b end, le = function(a, b) return a and a <= b end,
  gt = function(a, b) return a and a > b end, ge = function(a, b) return a and a >= b end,
}

local Parser = {}
Parser.__index = Parser

function Parser:peek(value)
  local token = self.tokens[self.at]
  return token and token.kind ~= "text" and token.value:lower() == value
end

function Parser:take(value)
  if not value or self:peek(value) then
    self.at = self.at + 1
    return self.tokens[self.at - 1] or error({ problem = "it ends early" }, 0)
  end
  error({ problem = value .. " is missing" }, 0)
end

-- A literal -> its value, a function that converts a field for the comparison
local function literal(token)
  local moment = token.kind == "word" and filter.moment(token.value)
  if moment then return moment, filter.moment end
  return token.value, function(value) return value end
end

function Parser:comparison()
  if self:peek "startswith" then
    self:take()
    self:take "("
    local field = self:take().value
    self:take ","
    local start = self:take().value
    self:take ")"
    return function(entity) return (entity[field] or ""):sub(1, #start) == start end
  end
  local field, operator = self:take().value, self:take().value:lower()
  if operator == "in" then
    local set = {}
    self:take "("
    repeat set[self:take().value] = true until self:take().value ~= ","
    return function(entity) return set[entity[field]] == true end
  end
  local compare = COMPARE[operator] or error({ problem = "no operator " .. operator }, 0)
  local wanted, convert = literal(self:take())
  return function(entity)
    local value = entity[field]
    return compare(type(value) == "string" and convert(value) or value, wanted)
  end
end

function Parser:factor()
  if self:peek "not" then
    self:take()
    local inner = self:factor()
    return function(entity) return not inner(entity) end
  elseif self:peek "(" then
    self:take()
    local inner = self:either()
    self:take ")"
    return inner
  end
  return self:comparison()
end

function Parser:both()
  local left = self:factor()
  while self:peek "and" do
    self:take()
    local first, second = left, self:factor()
    left = function(entity) return first(entity) and second(entity) end
  end
  return left
end

function Parser:either()
  local left = self:both()
  while self:peek "or" do
    self:take()
    local first, second = left, self:both()
    left = function(entity) return first(entity) or second(entity) end
  end
  return left
end

-- -> a function(entity) | nil, problem
function filter.compile(text)
  local done, result = pcall(function()
    local parser = setmetatable({ tokens = tokens(text), at = 1 }, Parser)
    local accepts = parser:either()
    if parser.tokens[parser.at] then error({ problem = "it has more text" }, 0) end
    return accepts
  end)
  if done then return result end
  if type(result) ~= "table" then error(result, 0) end
  return nil, result.problem
end

return filter
