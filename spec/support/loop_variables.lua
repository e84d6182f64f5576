-- Checks that no loop assigns to its control variable, which Lua 5.5 refuses: lua5.4 FILE...
--
-- After each `for … do` it declares the variable again as a constant, and lets Lua 5.4 compile that.

-- `rest` is what follows the variable, up to `do`. A `for` in it: this one is in a comment.
local function declared(name, rest)
  if rest:find "%f[%w_]for%f[^%w_]" then return nil end
  return ("for %s%s local %s <const> = %s;"):format(name, rest, name, name)
end

local function with_constants(text)
  for _, rest in ipairs { "%s*=[^=].-", "%s+in%s.-", "%s*,[%w_%s,]-%s+in%s.-" } do
    text = text:gsub("%f[%w_]for%s+([%a_][%w_]*)(" .. rest .. "%f[%w_]do%f[^%w_])", declared)
  end
  return text
end

local bad = false
for _, path in ipairs(arg) do
  local file = assert(io.open(path))
  local text = file:read("a"):gsub("^#[^\n]*", "")
  file:close()
  local compiled, message = load(with_constants(text), "@" .. path)
  if not compiled then
    bad = true
    print(message)
  end
end
os.exit(not bad)
