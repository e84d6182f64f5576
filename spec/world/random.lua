-- Draws numbers from a seed: the same seed and name always give the same ones (splitmix64).

local random = {}

local Random = {}
Random.__index = Random

local GOLDEN = 0x9E3779B97F4A7C15

function Random:next()
  self.state = self.state + GOLDEN
  local z = self.state
  z = (z ~ (z >> 30)) * 0xBF58476D1CE4E5B9
  z = (z ~ (z >> 27)) * 0x94D049BB133111EB
  return z ~ (z >> 31)
end

-- -> a number from 0 to below 1
function Random:number()
  return (self:next() >> 11) * 2.0 ^ -53
end

-- -> an integer from `low` to `high`
function Random:integer(low, high)
  return low + (self:next() >> 1) % (high - low + 1)
end

-- -> a number from `low` to `high`; small ones are as likely as large ones
function Random:scaled(low, high)
  return low * (high / low) ^ self:number()
end

function Random:chance(probability)
  return self:number() < probability
end

function Random:pick(list)
  return list[self:integer(1, #list)]
end

function Random:hex(digits)
  local text = ""
  while #text < digits do text = text .. ("%016x"):format(self:next()) end
  return text:sub(1, digits)
end

function Random:guid()
  local hex = self:hex(32)
  return ("%s-%s-4%s-a%s-%s"):format(hex:sub(1, 8), hex:sub(9, 12), hex:sub(13, 15),
    hex:sub(16, 18), hex:sub(19, 30))
end

-- Shuffles a list in place. -> the list
function Random:shuffle(list)
  for i = #list, 2, -1 do
    local j = self:integer(1, i)
    list[i], list[j] = list[j], list[i]
  end
  return list
end

-- `name`: the use, so that one use does not change the numbers of another.
function random.new(seed, name)
  local state = seed * GOLDEN
  for i = 1, #name do state = (state ~ name:byte(i)) * 0x100000001B3 end
  return setmetatable({ state = state }, Random)
end

return random
