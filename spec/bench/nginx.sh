#!/bin/sh
# Measures the longest wait of other nginx clients, with and without cancels.
#
# Twenty cancels, for each of which the service takes 300 ms, are in flight all the time in two
# workers. Also measures the time for which one page of a thousand actions blocks a worker.
#
#   spec/bench/nginx.sh [SECONDS]    of each measurement (5)

cd "$(dirname "$0")/../.." || exit 1
build=$(realpath "${BUILD:-build}") seconds=${1:-5}
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
eval "$(spec/support/nginx.sh start "$there/service" spec/embedding/nginx.conf)" || exit 1

cat >"$there/nginx.conf" <<CONF
load_module @MODULES@/ndk_http_module.so;
load_module @MODULES@/ngx_http_lua_module.so;
worker_processes 2;
events { worker_connections 1024; }
http {
  @FOLDERS@
  access_log off;
  lua_shared_dict mde 10m;
  lua_package_path "$PWD/lua/?.lua;$PWD/lua/?/init.lua;;";
  lua_package_cpath "$build/lib/lua/luajit/?.so;;";
  init_worker_by_lua_block {
    client = assert(require "mde".client { token = "x", quota = false,
                                           api_url = "http://127.0.0.1:$SERVICE_PORT" })
  }
  server {
    listen 127.0.0.1:@BENCH_PORT@ reuseport;
    location / { return 200 others; }
    location /cancel {
      content_by_lua_block {
        local action, err = client:cancel(ngx.var.arg_id, { comment = "bench" })
        if not action then ngx.exit(502) end
        ngx.say(action.status)
      }
    }
  }
}
CONF
cat >"$there/cancel.lua" <<'LUA'
local count = 0
function request()
  count = count + 1
  return wrk.format(nil, ("/cancel?id=%08x-7557-4ab7-9782-d50480024a4e"):format(count))
end
LUA
eval "$(spec/support/nginx.sh start "$there/client" "$there/nginx.conf")" || exit 1

. spec/bench/waits.sh
compare nginx "http://127.0.0.1:$BENCH_PORT/" "$seconds" "$there"

LUA_PATH="lua/?.lua;lua/?/init.lua;./?.lua;;" LUA_CPATH="$build/lib/lua/luajit/?.so;;" luajit - <<'LUA'
  local core, entity, sim = require "mde.core", require "mde.service.entity", require "spec.support.sim"
  local asker, service = sim.new { quota = false }
  for _ = 1, 1000 do service:add { type = "LiveResponse", commands = {} } end
  local _, _, answer = asker:list { top = 1000 }
  local worst = 0
  for _ = 1, 20 do
    local began = core.monotonic()
    assert(entity.decode(answer.body))
    worst = math.max(worst, core.monotonic() - began)
  end
  print(("a page of 1000 actions (%.0f KiB) is decoded in %.1f ms, worst of twenty"):format(
    #answer.body / 1024, worst * 1000))
LUA
