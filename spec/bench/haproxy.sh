#!/bin/sh
# Measures the longest wait of other HAProxy clients, with and without cancels.
#
# Twenty cancels, for each of which the service takes 300 ms, are in flight all the time.
#
#   spec/bench/haproxy.sh [SECONDS]    of each measurement (5)

cd "$(dirname "$0")/../.." || exit 1
build=$(realpath "${BUILD:-build}") seconds=${1:-5}
make --no-print-directory BUILD="$build" LUA=5.3 >/dev/null || exit 1
there=$(mktemp -d) || exit 1
stop() {
  [ -z "$pid" ] || kill "$pid"
  [ ! -e "$there/nginx.pid" ] || spec/support/nginx.sh stop "$there"
  rm -rf "$there"
}
trap stop EXIT
trap 'exit 130' INT TERM
ports=$(MDE_TEST_ROOT=$PWD MDE_TEST_BUILD=$build \
  spec/support/nginx.sh start "$there" spec/embedding/nginx.conf) || exit 1
eval "$ports"
port=$((10000 + $(od -An -N2 -tu2 /dev/urandom) % 20000))

cat >"$there/haproxy.cfg" <<CFG
global
  nbthread 2
  lua-load examples/haproxy/cancel.lua
defaults
  mode http
  timeout connect 5s
  timeout client 5m
  timeout server 5m
listen all
  bind 127.0.0.1:$port
  http-request use-service lua.cancel if { path /cancel }
  http-request return status 200 content-type text/plain string others
CFG
cat >"$there/cancel.lua" <<'LUA'
wrk.method = "POST"
local count = 0
function request()
  count = count + 1
  return wrk.format(nil, "/cancel", nil,
    ('{"id":"%08x-7557-4ab7-9782-d50480024a4e","comment":"bench"}'):format(count))
end
LUA

export LUA_PATH="lua/?.lua;lua/?/init.lua;;" LUA_CPATH="$build/lib/lua/5.3/?.so;;"
export MDE_TOKEN=x MDE_QUOTA=off MDE_API_URL="http://127.0.0.1:$SERVICE_PORT"
haproxy -db -f "$there/haproxy.cfg" & pid=$!
until curl -s "http://127.0.0.1:$port/" >/dev/null; do kill -0 $pid || exit 1; done

. spec/bench/waits.sh
compare HAProxy "http://127.0.0.1:$port/" "$seconds" "$there"
