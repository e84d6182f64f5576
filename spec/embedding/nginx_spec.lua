-- mde inside Debian's nginx with its Lua module: see nginx.conf and nginx_threads.lua.

local cjson = require "cjson"
local core = require "mde.core"
local exchange = require "spec.support.exchange"

local function ask(url)
  local engine = assert(core.engine())
  local id = assert(engine:start({ url = url }, exchange.owner()))
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

-- Runs a spec beside an nginx with this configuration: f(port, whatever nginx complains of)
local function with_nginx(configuration, f)
  local folder = lines("mktemp -d"):match "%S+"
  local ports, started = lines(([[
    export MDE_TEST_ROOT="$PWD" MDE_TEST_BUILD="$(cd %s && pwd)"
    spec/support/nginx.sh start %s %s 2>&1]]):format(build, folder, configuration))
  local ok, problem = pcall(function()
    assert.is_true(started, ports)
    f(ports:match "CLIENT_PORT=(%d+)", folder .. "/error.log")
  end)
  os.execute(("spec/support/nginx.sh stop %s; rm -rf %s"):format(folder, folder))
  assert(ok, problem)
end

describe("one client in nginx", function()
  it("serves twenty threads, strands none when two are killed, and fetches one token", function()
    with_nginx("spec/embedding/nginx.conf", function(port, log)
      local text = ask(("http://127.0.0.1:%s/threads"):format(port))
      local decoded, result = pcall(cjson.decode, text)
      assert(decoded, text .. lines("cat " .. log))
      assert.same({ cancelled = 18, killed = { "none", "none" }, tokens = 1, posts = 19 }, result)
    end)
  end)

  it("works in each worker after a call in the master has failed", function()
    with_nginx("spec/embedding/forked.conf", function(port, log)
      for _ = 1, 10 do
        local text = ask(("http://127.0.0.1:%s/cancel"):format(port))
        assert(text == "cancelled\n", text .. lines("cat " .. log))
      end
    end)
  end)
end)
