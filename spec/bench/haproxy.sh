#!/bin/sh
# Measures calls in HAProxy: CPU and the waits of other clients, against its own HTTP client.
#
#   spec/bench/haproxy.sh [SECONDS [ROUNDS]]    of each measurement (3, 5)

cd "$(dirname "$0")/../.." || exit 1
build=$(realpath "${BUILD:-build}") seconds=${1:-3} rounds=${2:-5}
make --no-print-directory BUILD="$build" LUA=5.3 >/dev/null || exit 1
there=$(mktemp -d) || exit 1
stop() {
  [ -z "$workers" ] || kill "${workers#echo }"
  [ ! -e "$there/nginx.pid" ] || spec/support/nginx.sh stop "$there"
  rm -rf "$there"
}
trap stop EXIT
trap 'exit 130' INT TERM
ports=$(spec/support/nginx.sh start "$there" spec/bench/slow.conf) || exit 1
eval "$ports"
port=$((10000 + $(od -An -N2 -tu2 /dev/urandom) % 20000))

cat >"$there/calls_of_haproxy.lua" <<LUA
local cjson = require "cjson"
local client = assert(require "mde".client { token = "x", quota = false,
  api_url = "https://localhost:$SLOW_PORT", ca_file = "$there/ca.pem" })

local function say(applet, status, text)
  applet:set_status(status)
  applet:add_header("content-length", tostring(#text))
  applet:start_response()
  applet:send(text)
end

core.register_service("mde", "http", function(applet)
  local wanted = cjson.decode(applet:receive())
  local action, err = client:cancel(wanted.id, { comment = wanted.comment })
  if not action then return say(applet, 502, tostring(err)) end
  say(applet, 200, action.status)
end)

core.register_service("own", "http", function(applet)
  local wanted = cjson.decode(applet:receive())
  local response = core.httpclient():post {
    url = "https://127.0.0.1:$SLOW_PORT/api/machineactions/" .. wanted.id .. "/cancel",
    headers = { host = { "localhost" }, authorization = { "Bearer x" },
                ["content-type"] = { "application/json" } },
    body = cjson.encode { Comment = wanted.comment } }
  local action = response.status == 200 and cjson.decode(response.body)
  if not action or action.id ~= wanted.id then return say(applet, 502, "failed") end
  say(applet, 200, action.status)
end)
LUA
cat >"$there/haproxy.cfg" <<CFG
global
  nbthread 2
  httpclient.ssl.ca-file $there/ca.pem
  lua-load $there/calls_of_haproxy.lua
defaults
  mode http
  timeout connect 5s
  timeout client 5m
  timeout server 5m
listen all
  bind 127.0.0.1:$port
  http-request use-service lua.mde if { path /mde }
  http-request use-service lua.own if { path /own }
  http-request return status 200 content-type text/plain string others
CFG

export LUA_PATH="$PWD/lua/?.lua;$PWD/lua/?/init.lua;;" LUA_CPATH="$build/lib/lua/5.3/?.so;;"
haproxy -db -f "$there/haproxy.cfg" & workers="echo $!"
url=http://127.0.0.1:$port
until curl -s "$url/" >/dev/null; do kill -0 "${workers#echo }" || exit 1; done

. spec/bench/waits.sh
compare HAProxy 200 core.httpclient
