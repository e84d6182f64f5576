-- Random numbers that are the same for the same seed in every Lua.
--
-- The generator is Park and Miller's with Carta's multiplier, exact in integers and in doubles.

local random = {}

-- A function that returns a number in [0, 1), or one of 1, 2 … n if called with n.
function random.new(seed)
  local state = (math.floor(seed) + 1) * 69621 % 2147483647
  if state == 0 then state = 1 end
  local function next_number(n)
    state = state * 48271 % 2147483647
    local number = (state - 1) / 2147483646
    return n and math.floor(number * n) + 1 or number
  end
  for _ = 1, 3 do next_number() end  -- the first numbers of similar seeds are similar
  return next_number
end

-- `count` hexadecimal digits, a multiple of 4.
function random.hex(next_number, count)
  local words = {}
  for i = 1, count / 4 do words[i] = ("%04x"):format(next_number(65536) - 1) end
  return table.concat(words)
end

-- A version 4 GUID.
function random.guid(next_number)
  local hex = random.hex(next_number, 32)
  return ("%s-%s-4%s-%s%s-%s"):format(hex:sub(1, 8), hex:sub(9, 12), hex:sub(14, 16),
    ("89ab"):sub(next_number(4)):sub(1, 1), hex:sub(18, 20), hex:sub(21, 32))
end

return random
