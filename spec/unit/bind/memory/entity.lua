-- Decoding of JSON, for the memory test.
local core = require "mde.core"
local cjson = require "cjson"

return function()
  local value = { a = 1.0, b = cjson.null, list = {} }
  for i = 1, 20 do value.list[i] = { n = i + 0.0, none = cjson.null, deep = { { i + 0.5 } } } end
  core.tidy(value)
  assert(value.b == nil and math.type(value.a) == "integer")
  for i = 1, 20 do
    local item = value.list[i]
    assert(item.n == i and item.none == nil and item.deep[1][1] == i + 0.5)
  end
end
