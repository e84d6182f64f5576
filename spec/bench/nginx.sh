#!/bin/sh
# Measures calls in two workers of nginx: CPU and the waits of other clients, against cosockets.
#
# Also measures the time for which one page of a thousand actions blocks a worker.
#
#   spec/bench/nginx.sh [SECONDS [ROUNDS]]    of each measurement (3, 5)

cd "$(dirname "$0")/../.." || exit 1
build=$(realpath "${BUILD:-build}") seconds=${1:-3} rounds=${2:-5}
make --no-print-directory BUILD="$build" LUA=luajit >/dev/null || exit 1
there=$(mktemp -d) || exit 1
stop() {
  for one in service client; do
    [ ! -e "$there/$one/nginx.pid" ] || spec/support/nginx.sh stop "$there/$one"
  done
  rm -rf "$there"
}
trap stop EXIT
trap 'exit 130' INT TERM
export MDE_TEST_ROOT=$PWD MDE_TEST_BUILD=$build
eval "$(spec/support/nginx.sh start "$there/service" spec/bench/slow.conf)" || exit 1

cat >"$there/nginx.conf" <<CONF
load_module @MODULES@/ndk_http_module.so;
load_module @MODULES@/ngx_http_lua_module.so;
worker_processes 2;
events { worker_connections 1024; }
http {
  @FOLDERS@
  access_log off;
  keepalive_requests 1000000;
  lua_shared_dict mde 10m;
  lua_ssl_trusted_certificate $there/service/ca.pem;
  lua_package_path "$PWD/lua/?.lua;$PWD/lua/?/init.lua;;";
  lua_package_cpath "$build/lib/lua/luajit/?.so;;";
  init_worker_by_lua_block {
    cjson = require "cjson"
    client = assert(require "mde".client { token = "x", quota = false,
                                           api_url = "https://localhost:$SLOW_PORT",
                                           ca_file = "$there/service/ca.pem" })
  }
  server {
    listen 127.0.0.1:@BENCH_PORT@ reuseport;
    lua_need_request_body on;
    location / { return 200 others; }
    location /mde {
      content_by_lua_block {
        local wanted = cjson.decode(ngx.req.get_body_data())
        local action, err = client:cancel(wanted.id, { comment = wanted.comment })
        if not action then
          ngx.log(ngx.ERR, tostring(err))
          return ngx.exit(502)
        end
        ngx.say(action.status)
      }
    }
    location /own {
      content_by_lua_block {
        local wanted = cjson.decode(ngx.req.get_body_data())
        local body = cjson.encode { Comment = wanted.comment }
        local socket = ngx.socket.tcp()
        socket:settimeouts(5000, 60000, 60000)
        assert(socket:connect("127.0.0.1", $SLOW_PORT, { pool_size = 256 }))
        assert(socket:sslhandshake(nil, "localhost", true))
        assert(socket:send {
          "POST /api/machineactions/", wanted.id, "/cancel HTTP/1.1\r\nHost: localhost\r\n",
          "Authorization: Bearer x\r\nContent-Type: application/json\r\nContent-Length: ", #body,
          "\r\n\r\n", body })
        local status = tonumber(assert(socket:receive()):match " (%d+)")
        local headers = {}
        repeat
          local line = assert(socket:receive())
          local name, value = line:match "^([^:]+):%s*(.*)"
          if name then headers[name:lower()] = value end
        until line == ""
        local text = ""
        if headers["content-length"] then
          text = assert(socket:receive(tonumber(headers["content-length"])))
        else
          repeat
            local size = tonumber(assert(socket:receive()), 16)
            text = text .. (size > 0 and assert(socket:receive(size)) or "")
            assert(socket:receive())
          until size == 0
        end
        assert(socket:setkeepalive(60000, 256))
        local action = cjson.decode(text)
        if status ~= 200 or action.id ~= wanted.id then return ngx.exit(502) end
        ngx.say(action.status)
      }
    }
  }
}
CONF
eval "$(spec/support/nginx.sh start "$there/client" "$there/nginx.conf")" || exit 1

url=http://127.0.0.1:$BENCH_PORT workers="pgrep -P $(cat "$there/client/nginx.pid")"
. spec/bench/waits.sh
compare nginx 50 cosockets
compare nginx 200 cosockets

LUA_PATH="lua/?.lua;lua/?/init.lua;./?.lua;;" LUA_CPATH="$build/lib/lua/luajit/?.so;;" luajit - <<'LUA'
  local core, json, sim = require "mde.core", require "mde.service.json", require "spec.support.sim"
  local asker, service = sim.new { quota = false }
  for _ = 1, 1000 do service:add { type = "LiveResponse", commands = {} } end
  local _, _, answer = asker:list { top = 1000 }
  local worst = 0
  for _ = 1, 20 do
    local began = core.monotonic()
    assert(json.decode(answer.body))
    worst = math.max(worst, core.monotonic() - began)
  end
  print(("a page of 1000 actions (%.0f KiB) is decoded in %.1f ms, worst of twenty"):format(
    #answer.body / 1024, worst * 1000))
LUA
