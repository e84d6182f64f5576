-- Decoding of JSON, for the memory test.
local core = require "mde.core"

return function()
  local text = '{"a":1.0,"b":null,"list":[' .. ('{"n":1.5,"none":null,"deep":[["x\\ny"]]},'):rep(20)
  local value = core.decode_json(text .. '{"\\u0069d":12345678901234567890}]}')
  assert(value.b == nil and math.type(value.a) == "integer")
  for i = 1, 20 do
    local item = value.list[i]
    assert(item.n == 1.5 and item.none == nil and item.deep[1][1] == "x\ny")
  end
  assert(value.list[21].id == 12345678901234567890)
end
