-- The service of examples/haproxy in the real HAProxy.

local cjson = require "cjson"
local host = require "spec.support.host"
local program = require "spec.support.program"

local id = host.id

describe("HAProxy", function()
  local service, folder, environment, port

  -- A file of the example as sed changes it.
  local function changed(name, expression)
    host.lines(("sed '%s' %s/haproxy/%s >%s/%s"):format(expression, program.examples, name,
      folder, name))
    return folder .. "/" .. name
  end

  -- Starts HAProxy, with other variables in front if there are any, and maybe with another
  -- configuration.
  local function start(variables, configuration)
    local text, started
    for _ = 1, 5 do  -- the port may be taken
      port = host.port()
      text, started = host.lines(([[cd %s; %s CANCEL_ADDRESS=127.0.0.1:%d \
        CANCEL_CERTIFICATE=%s/haproxy.pem CANCEL_CLIENT_CA=%s/ca.pem CANCEL_CLIENTS=%s/clients.lst \
        CANCEL_LUA=%s/haproxy/cancel.lua %s \
        haproxy -W -D -p %s/haproxy.pid -f %s]]):format(folder, environment, port, folder, folder,
        folder, program.examples, variables or "", folder,
        configuration or program.examples .. "/haproxy/haproxy.cfg"))
      if started then return end
    end
    error(text)
  end

  local function stop()
    host.lines(("cd %s; [ ! -e haproxy.pid ] || { pid=$(cat haproxy.pid); kill $pid;"
      .. " while ps -o stat= -p $pid | grep -v Z; do sleep 0.02; done; rm haproxy.pid; }")
      :format(folder))
  end

  setup(function()
    service = host.service()
    folder = service.folder
    environment = service:environment "5.3"
    host.lines(("cd %s; cat server.key server.pem >haproxy.pem;"
      .. " echo 'mde test server' >clients.lst"):format(folder))
  end)

  teardown(function() service:stop() end)
  before_each(function() service:ask "clear" end)
  after_each(stop)

  -- A command that posts `body`, or only gets, as the client whose certificate it has.
  local function curl(path, body, certificate)
    certificate = certificate or ("--cert %s/server.pem --key %s/server.key")
      :format(folder, folder)
    return ("curl -sS --max-time 60 --cacert %s/ca.pem %s %s -w ' %%{http_code}\\n'"
      .. " https://localhost:%d%s"):format(folder, certificate,
        body and "--data-binary " .. program.quote(body) or "", port, path)
  end

  local function body(i, comment)
    return cjson.encode { id = id(i), comment = comment or "INC0048211" }
  end

  -- -> status, decoded answer (or its text)
  local function ask(...)
    local text = host.lines(curl(...))
    local answer, status = text:match "^(.*) (%d+)\n$"
    local ok, decoded = pcall(cjson.decode, answer or "")
    return tonumber(status), ok and decoded or text
  end

  it("cancels twenty at once with one token, and serves others meanwhile", function()
    start()
    service:ask "hold/cancel"
    local commands = {}
    for i = 1, 20 do commands[i] = curl("/cancel", body(i)) .. " &" end
    local pipe = assert(io.popen(table.concat(commands, "\n") .. "\nwait"))
    service:await("cancel", 20)
    assert.equal(404, (ask "/else"))  -- while all twenty wait
    service:ask "release/cancel"
    local text = pipe:read "a"
    pipe:close()
    assert.equal(20, select(2, text:gsub('"verdict":"cancelled"', "")), text)
    assert.equal(20, select(2, text:gsub(" 200\n", "")), text)
    assert.same({ 1, 20 }, { service:ask "counts".token, service:ask "counts".cancel })
  end)

  it("says what is wrong with a request", function()
    start()
    local status, answer = ask("/cancel", "nonsense")
    assert.same({ 400, "invalid_argument" }, { status, answer.error.code })
    status, answer = ask("/cancel", '{"id":"' .. id(1) .. '"}')
    assert.same({ 400, "invalid_argument" }, { status, answer.error.code })
    status, answer = ask("/cancel", '{"id":"1-2","comment":"x"}')
    assert.same({ 400, "invalid_argument" }, { status, answer.error.code })
    assert.equal(413, (ask("/cancel", body(1, ("x"):rep(9000)))))
    assert.equal(405, (ask "/cancel"))
    assert.is_nil(service:ask "counts".cancel)
  end)

  it("refuses whoever has no certificate, or a name that is not listed", function()
    start()
    local _, text = ask("/cancel", body(1), "")
    assert.truthy(text:find "certificate required", text)
    assert.equal(403, (ask("/cancel", body(1), ("--cert %s/elsewhere.pem --key %s/elsewhere.key")
      :format(folder, folder))))
    assert.is_nil(service:ask "counts".cancel)
  end)

  it("sends nothing to a service that it can't trust", function()
    start(("MDE_CA_FILE=%s/other-ca.pem"):format(folder))
    local status, answer = ask("/cancel", body(1))
    assert.same({ 502, "tls", "unsent" }, { status, answer.error.code, answer.verdict })
    assert.same({}, service:ask "counts")
  end)

  it("cancels once if the request is repeated after its worker was killed", function()
    start()
    service:ask "hold/cancel"
    local pipe = assert(io.popen(curl("/cancel", body(1)) .. " 2>/dev/null"))
    service:await("cancel", 1)
    host.lines(("kill -9 $(pgrep -P $(cat %s/haproxy.pid))"):format(folder))
    assert.falsy(pipe:read "a":find "verdict")  -- nothing was promised
    pipe:close()
    service:ask "release/cancel"
    stop()
    start()
    local status, answer = ask("/cancel", body(1))
    assert.same({ 200, "cancelled" }, { status, answer.verdict })
    assert.equal("Cancelled", answer.status)
  end)

  it("finishes open calls while it is reloaded", function()
    start()
    service:ask "hold/cancel"
    local pipe = assert(io.popen(curl("/cancel", body(1))))
    service:await("cancel", 1)
    local worker = host.lines(("pgrep -P $(cat %s/haproxy.pid)"):format(folder)):match "%d+"
    host.lines(("kill -USR2 $(cat %s/haproxy.pid)"):format(folder))
    repeat until host.lines(("pgrep -P $(cat %s/haproxy.pid)"):format(folder)) ~= worker .. "\n"
    service:ask "release/cancel"
    assert.truthy(pipe:read "a":find '"verdict":"cancelled"', 1, true)
    pipe:close()
    assert.equal(200, (ask("/cancel", body(2))))
    assert.equal(2, service:ask "counts".cancel)
  end)

  it("needs no file of mde once it runs, since a chroot may hide them", function()
    start("CANCEL_LUA=" .. changed("cancel.lua", '$ a package.path, package.cpath = "", ""'))
    assert.equal(200, (ask("/cancel", body(1))))
  end)

  -- With abortonclose HAProxy ends the service, and finds fault with itself for a second if
  -- that does not work.
  for option, pause in pairs { ["no option abortonclose"] = 0, ["option abortonclose"] = 2 } do
    it("strands nobody when a client hangs up, and sends nothing twice: " .. option, function()
      start(nil, changed("haproxy.cfg", "/^defaults/ a " .. option))
      service:ask "hold/token"
      local pid = host.lines(curl("/cancel", body(1)) .. " >/dev/null 2>&1 & echo $!"):match "%d+"
      service:await("token", 1)
      host.lines(("kill %s; sleep %d"):format(pid, pause))
      assert.equal(404, (ask "/else"))
      service:ask "release/token"
      assert.equal(200, (ask("/cancel", body(2))))
      assert.is_true((service:ask "counts"["cancel " .. id(1)] or 0) <= 1)
      assert.equal(1, service:ask "counts"["cancel " .. id(2)])
      assert.equal(1, service:ask "counts".token)
    end)
  end
end)
