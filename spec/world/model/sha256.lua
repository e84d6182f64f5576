-- Computes SHA-256 (FIPS 180-4), for the chain of the audit log.

local K, INITIAL = {}, {}

-- The first 32 bits of the fractional part of a root of a prime.
local function fraction(prime, exponent)
  local root = prime ^ exponent
  return math.floor((root - math.floor(root)) * 2 ^ 32)
end

local function is_prime(number)
  for divisor = 2, math.floor(number ^ 0.5) do
    if number % divisor == 0 then return false end
  end
  return true
end

local function fill()
  local number = 2
  while #K < 64 do
    if is_prime(number) then
      if #INITIAL < 8 then INITIAL[#INITIAL + 1] = fraction(number, 1 / 2) end
      K[#K + 1] = fraction(number, 1 / 3)
    end
    number = number + 1
  end
end
fill()

local function pad(text)
  return text .. "\128" .. ("\0"):rep((55 - #text) % 64) .. (">I8"):pack(#text * 8)
end

local function schedule(text, position)
  local w = { (">I4I4I4I4I4I4I4I4I4I4I4I4I4I4I4I4"):unpack(text, position) }
  for i = 17, 64 do
    local a, b = w[i - 15], w[i - 2]
    a, b = a | a << 32, b | b << 32
    w[i] = (w[i - 16] + w[i - 7] + ((a >> 7 ~ a >> 18 ~ (a & 0xffffffff) >> 3) & 0xffffffff)
      + ((b >> 17 ~ b >> 19 ~ (b & 0xffffffff) >> 10) & 0xffffffff)) & 0xffffffff
  end
  return w
end

local function compress(state, w)
  local a, b, c, d, e, f, g, h = table.unpack(state, 1, 8)
  for i = 1, 64 do
    local ee, aa = e | e << 32, a | a << 32
    local t1 = h + ((ee >> 6 ~ ee >> 11 ~ ee >> 25) & 0xffffffff)
      + (e & f ~ ~e & g) + K[i] + w[i]
    local t2 = ((aa >> 2 ~ aa >> 13 ~ aa >> 22) & 0xffffffff) + (a & b ~ a & c ~ b & c)
    h, g, f, e = g, f, e, (d + t1) & 0xffffffff
    d, c, b, a = c, b, a, (t1 + t2) & 0xffffffff
  end
  local values = { a, b, c, d, e, f, g, h }
  for i = 1, 8 do state[i] = (state[i] + values[i]) & 0xffffffff end
end

return function(text)
  local state = { table.unpack(INITIAL) }
  local padded = pad(text)
  for position = 1, #padded, 64 do compress(state, schedule(padded, position)) end
  return (("%08x"):rep(8)):format(table.unpack(state))
end
