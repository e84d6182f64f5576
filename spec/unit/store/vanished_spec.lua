-- A process that loses its network while it holds something in PostgreSQL. The server's own
-- timeouts release it, so this takes their real time: it is in the group `root` alone.

local clock = require "mde.base.clock".system
local postgresql = require "spec.support.postgresql"
local quote = require "spec.support.program".quote
local sleep = require "mde.file".sleep
local stores = require "mde.store.sql.postgresql"

local LIMIT = 30  -- seconds
local SERVER, HOLDER = "192.0.2.1", "192.0.2.2"  -- both in namespaces of their own

local HOLD = [[
  local url, ready, what = %q, %q, %q
  local store = require "mde.store.sql.postgresql".open(url, require "mde.base.clock".system, what)
  if what == "lock" then
    store.database:begin()
    store:lock "it"
  else
    assert(store:hold { number = 7 })
  end
  io.open(ready, "w"):close()
  io.read()]]

local function output(command)
  local pipe = assert(io.popen("unset LD_PRELOAD; { " .. command .. "; } 2>&1"))
  local text = pipe:read "a"
  return text, pipe:close()
end

-- Two network namespaces with a cable between them. -> their names | nil, why there are none
local function make_network()
  if output "id -u" ~= "0\n" then return nil, "only root makes network namespaces" end
  local id = output "echo $$":match "%d+"
  local server, holder = "mde-server-" .. id, "mde-holder-" .. id
  local text, done = output(([[set -e; PATH=$PATH:/usr/sbin:/sbin
    ip netns add S; ip netns add H
    ip -n S link add cable type veth peer name cable netns H
    ip -n S address add %s/24 dev cable; ip -n S link set cable up
    ip -n H address add %s/24 dev cable; ip -n H link set cable up]]):format(SERVER, HOLDER)
    :gsub("%f[%w][SH]%f[%W]", { S = server, H = holder }))
  if done then return server, holder end
  output(("ip netns del %s; ip netns del %s"):format(server, holder))
  return nil, "no network namespaces: " .. text
end

-- Starts a process in a namespace, and waits until it holds "lock" or "batch".
local function start_holder(namespace, server, what)
  local ready = server.folder .. "/" .. what
  assert(os.execute("mkfifo " .. ready))
  local url = ("postgresql://mde@%s/mde"):format(SERVER)
  local process = assert(io.popen(("exec ip netns exec %s lua5.4 -e %s"):format(namespace,
    quote(HOLD:format(url, ready, what))), "w"))
  assert(io.open(ready)):close()
  return process
end

describe("a process that lost its network", function()
  local server_side, holder_side = make_network()
  local server, holders

  setup(function()
    if not server_side then return end
    server, holders = postgresql.start(server_side, SERVER), {}
  end)

  teardown(function()
    if not server_side then return end
    for _, process in ipairs(holders) do process:close() end
    server:stop()
    output(("ip netns del %s; ip netns del %s"):format(server_side, holder_side))
  end)

  it("loses what it holds within 30 s #root", function()
    if not server_side then return pending(holder_side) end
    for i, what in ipairs { "lock", "batch" } do
      holders[i] = start_holder(holder_side, server, what)
    end
    local store = stores.open(server.url, clock, "another")
    local batch = { number = 7 }
    assert.same({ nil, "batch" }, { store:hold(batch) })

    assert.equal("", (output(("ip -n %s link set cable down"):format(holder_side))))
    local began = clock.monotonic()
    store.database:atomically(store.lock, store, "it")
    assert.is_true(clock.monotonic() - began < LIMIT, clock.monotonic() - began)
    local lock = store:hold(batch)
    while not lock and clock.monotonic() - began < 2 * LIMIT do
      sleep(0.1)
      lock = store:hold(batch)
    end
    assert.is_true(clock.monotonic() - began < LIMIT, clock.monotonic() - began)
    lock:release()
    store:close()
  end)
end)
