-- From a request to its end: answered, refused, abandoned, and left to the
-- collector.

local core = require "mde.core"

-- Waits for the end of a request. -> response | nil, err
local function finish(engine, id)
  local response, err
  repeat
    engine:poll(1)
    response, err = engine:take(id)
  until response ~= false
  return response, err
end

return function(server, nowhere)
  local engine = assert(core.engine())
  local owner = {}
  local headers = { authorization = core.secret "Bearer token", ["x-empty"] = "" }
  local post = { method = "POST", url = server, headers = headers, body = core.secret "{}",
                 timeout = 200, http_version = "1.1" }
  local response = assert(finish(engine, assert(engine:start(post, owner))))
  assert(response.status == 200 and response.body == "ok")
  assert(response.headers["x-twice"] == "1, 2")

  local id = assert(engine:start({ url = nowhere }, owner))
  local none, err = finish(engine, id)
  assert(none == nil and err.sent == false, err)
  assert(engine:start({ url = "http://service.example/" }, {}) == nil)

  engine:abandon(assert(engine:start(post, owner)))
  assert(tostring(engine) == "engine (0 requests)")
  engine:close()

  engine = assert(core.engine())
  assert(engine:pollfd())
  assert(engine:start(post, owner))
  engine:step()
  assert(engine:timeout() <= 1)
  engine = nil  -- luacheck: ignore
  collectgarbage()
end
