-- mde inside Debian's nginx with its Lua module: see nginx.conf and nginx_threads.lua.

local cjson = require "cjson"
local core = require "mde.core"

local function ask(url)
  local engine = assert(core.engine())
  local id = assert(engine:start { url = url })
  local response, err
  repeat
    engine:poll(1)
    response, err = engine:take(id)
  until response ~= false
  engine:close()
  return response and response.body or err.message
end

local function lines(command)
  local pipe = assert(io.popen(command))
  local text = pipe:read "a"
  return text, pipe:close()
end

local build = os.getenv "BUILD" or "build"

describe("one client in nginx", function()
  local folder, ports, started

  setup(function()
    folder = lines("mktemp -d"):match "%S+"
    ports, started = lines(([[
      export MDE_TEST_ROOT="$PWD" MDE_TEST_BUILD="$(cd %s && pwd)"
      spec/support/nginx.sh start %s spec/hosts/nginx.conf 2>&1]]):format(build, folder))
  end)

  teardown(function()
    os.execute(("spec/support/nginx.sh stop %s; rm -rf %s"):format(folder, folder))
  end)

  it("serves twenty threads, strands none when two are killed, and fetches one token", function()
    assert.is_true(started, ports)
    local port = ports:match "CLIENT_PORT=(%d+)"
    local text = ask(("http://127.0.0.1:%s/threads"):format(port))
    local decoded, result = pcall(cjson.decode, text)
    assert(decoded, text .. lines(("cat %s/error.log"):format(folder)))
    assert.same({ cancelled = 18, killed = { "none", "none" }, tokens = 1, posts = 19 }, result)
  end)
end)
