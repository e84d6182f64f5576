-- The webhook in the real nginx, with two workers and the example's configuration.

local cjson = require "cjson"
local core = require "mde.core"
local host = require "spec.support.host"
local program = require "spec.support.program"

local id = host.id

describe("the webhook in nginx", function()
  local service, folder, port

  -- Starts nginx with the example's own configuration, on a free port, and these variables;
  -- `edit` is an expression of sed that changes the dictionaries.
  local function start(variables, edit)
    folder = host.lines("mktemp -d"):match "%S+"
    local example = program.examples .. "/openresty"
    host.lines(("cd %s && mkdir logs && ln -s . certificates"
      .. " && sed '%s' %s/webhook.conf >webhook.conf && cp %s/ca.pem clients.pem"
      .. " && sed -e 's|/usr/lib/nginx/modules|@MODULES@|; /^pid/d; s|# ssl_|ssl_|'"
      .. " -e 's|listen 8443|listen 127.0.0.1:@WEBHOOK_PORT@|'"
      .. " %s/nginx.conf >template.conf"):format(folder, edit or "", example, service.folder,
      example))
    local text, started = host.lines(("%s %s %s/nginx.sh start %s %s/template.conf"):format(
      service:environment "luajit", variables or "WEBHOOK_SECRET=sesame", program.support, folder,
      folder))
    assert(started, text)
    port = text:match "WEBHOOK_PORT=(%d+)"
  end

  local function log() return host.lines(("cat %s/logs/error.log"):format(folder)) end

  setup(function() service = host.service() end)
  teardown(function() service:stop() end)
  before_each(function() service:ask "clear" end)

  after_each(function()
    host.lines(("%s/nginx.sh stop %s; rm -rf %s"):format(program.support, folder, folder))
  end)

  -- A command that asks the webhook, with headers and options of curl in front.
  local function curl(path, body, options)
    return ("curl -sk --max-time 60 -w ' %%{http_code}\\n' %s %s https://127.0.0.1:%s%s"):format(
      options or "", body and "--data-binary " .. program.quote(body) or "", port, path)
  end

  -- The headers that sign a request.
  local function signed(body, name, changes)
    local moment = changes and changes.moment or os.time()
    local pipe = assert(io.popen(("printf %%s %s | openssl dgst -sha256 -hmac %s -binary | base64")
      :format(program.quote(("%s.%d.%s"):format(name, moment, body)),
        changes and changes.secret or "sesame")))
    local signature = pipe:read()
    pipe:close()
    return ("-H 'webhook-id: %s' -H 'webhook-timestamp: %d' -H 'webhook-signature: v1,%s'")
      :format(name, moment, signature)
  end

  -- -> status, decoded answer
  local function run(command)
    local text = host.lines(command)
    local answer, status = text:match "^(.*) (%d+)\n$"
    local ok, decoded = pcall(cjson.decode, answer or "")
    return tonumber(status), ok and decoded or text
  end

  local names = 0
  local function new_name()
    names = names + 1
    return ("msg_%d_%s"):format(names, core.random_guid())
  end

  local function post(body, changes, name)
    return run(curl("/cancel", body, signed(body, name or new_name(), changes)))
  end

  local function get(path) return run(curl(path, nil, signed("", new_name()))) end

  local function body(first, last)
    local ids = {}
    for i = first, last or first do ids[#ids + 1] = id(i) end
    return cjson.encode { ids = ids, comment = "INC0048211" }
  end

  -- Waits for the end of a job; raises when that takes more than a minute.
  local function await(job)
    local ends, status, state = os.time() + 60, get("/cancel/" .. job)
    while status == 202 do
      assert(os.time() < ends, "a job does not end: " .. job)
      status, state = get("/cancel/" .. job)
    end
    return status, state
  end

  -- Counts cancels of each of these: { how often -> how many }
  local function posted(first, last)
    local counts, found = service:ask "counts", {}
    for i = first, last do
      local times = counts["cancel " .. id(i)] or 0
      found[times] = (found[times] or 0) + 1
    end
    return found
  end

  it("refuses all requests unless it has a secret", function()
    start "X=1"
    local status, answer = post(body(1))
    assert.same({ 403, "forbidden" }, { status, answer.error.code })
    assert.equal(403, (get "/status"))
    assert.equal(503, (run(curl "/healthz")))
    assert.truthy(log():find("the webhook refuses every request", 1, true))
    assert.same({}, service:ask "counts")
  end)

  it("refuses all requests if the secret is empty", function()
    start "WEBHOOK_SECRET=whsec_ WEBHOOK_CLIENTS='mde test server'"
    for _, secret in ipairs { "sesame", "whsec_" } do
      assert.equal(403, (post(body(1), { secret = secret })))
    end
    assert.truthy(log():find("base64 must follow whsec_", 1, true))
    assert.same({}, service:ask "counts")
  end)

  it("cancels if the request is signed, and answers with the verdicts", function()
    start()
    local status, answer = post(body(1, 3))
    assert.equal(200, status)
    assert.equal("done", answer.state)
    for i = 1, 3 do
      assert.same({ id(i), "cancelled", "Cancelled" },
        { answer.items[i].id, answer.items[i].verdict, answer.items[i].status })
    end
    local again, same = get("/cancel/" .. answer.job)
    assert.same({ 200, answer }, { again, same })
    assert.equal(404, (get "/cancel/other"))
    local _, seen = get "/status"
    assert.equal(0, seen.open_jobs)
    assert.same({ 200, { state = "ok" } }, { run(curl "/healthz") })
    assert.equal(401, (run(curl("/healthz", ""))))  -- a POST is a request like others
  end)

  it("refuses what is not signed, or wrongly, or long ago", function()
    start()
    assert.equal(401, (run(curl("/cancel", body(1)))))
    for _, changes in ipairs { { secret = "guess" }, { moment = os.time() - 600 },
                               { moment = os.time() + 600 } } do
      local status, answer = post(body(1), changes)
      assert.same({ 401, "unauthorized" }, { status, answer.error.code })
    end
    local headers = signed(body(1), "msg")
    assert.equal(401, (run(curl("/cancel", body(2), headers))))
    assert.equal(401, (run(curl("/cancel/x", nil, signed("x", "msg")))))
    assert.equal(401, (run(curl "/status")))
    assert.is_nil(service:ask "counts".cancel)
  end)

  it("carries out a repeated request once", function()
    start()
    local _, first = post(body(1), nil, "msg_7")
    local status, second = post(body(1), nil, "msg_7")
    assert.same({ 200, first }, { status, second })
    assert.equal(409, (post(body(2), nil, "msg_7")))
    assert.equal(1, service:ask "counts".cancel)
  end)

  it("knows a request again after a reload", function()
    start()
    local _, first = post(body(1, 3), nil, "msg_8")
    for _ = 1, 8 do
      local before = host.lines(("pgrep -P $(cat %s/nginx.pid)"):format(folder))
      host.lines(("kill -HUP $(cat %s/nginx.pid)"):format(folder))
      local ends = os.time() + 60
      repeat
        assert(os.time() < ends, "nginx does not replace its workers")
        local now = host.lines(("pgrep -P $(cat %s/nginx.pid)"):format(folder))
        local remain = false
        for pid in before:gmatch "%d+" do remain = remain or now:find(pid, 1, true) end
      until not remain
      local status, again = post(body(1, 3), nil, "msg_8")
      assert.same({ 200, first }, { status, again })
    end
    assert.equal(409, (post(body(1, 2), nil, "msg_8")))
    assert.equal(3, service:ask "counts".cancel)
  end)

  -- The item of a job once it has an error, and what /status and the log say of it then.
  local function await_failure(job)
    local ends, _, state, seen = os.time() + 60
    repeat
      assert(os.time() < ends, "no error is shown")
      _, state = get("/cancel/" .. job)
      _, seen = get "/status"
    until state.items[1].error and seen.failure
    return state, seen
  end

  it("shows why it cannot sign in, at the start and for each job", function()
    service:ask "deny/token"
    start "WEBHOOK_SECRET=sesame WEBHOOK_WAIT=0"
    local _, answer = post(body(1, 3))
    local state, seen = await_failure(answer.job)
    assert.equal("open", state.state)
    for _, item in ipairs(state.items) do
      assert.equal("sign_in", item.error.code)
      assert.matches("7000215", item.error.message)
    end
    assert.equal("failed", seen.sign_in.state)
    assert.same({ 503, { state = "failed" } }, { run(curl "/healthz") })
    assert.matches("7000215", seen.sign_in.error)
    assert.same({ answer.job, 1 }, { seen.failure.job, seen.open_jobs })
    assert.matches("the webhook can't sign in: .*7000215", (log()))
    assert.truthy(log():find("job " .. answer.job .. ": the login service refused", 1, true))
  end)

  it("shows that the service does not answer", function()
    start(("WEBHOOK_SECRET=sesame WEBHOOK_WAIT=0 MDE_API_URL=https://localhost:%d")
      :format(host.port()))
    local _, answer = post(body(1))
    local state, seen = await_failure(answer.job)
    assert.same({ "open", "connection" }, { state.state, state.items[1].error.code })
    assert.equal("ok", seen.sign_in.state)
  end)

  it("shows that the dictionary of the quota is full", function()
    start("WEBHOOK_SECRET=sesame WEBHOOK_WAIT=0 MDE_QUOTA=500,1500", "s/ mde 10m/ mde 12k/")
    local _, answer = post(body(1, 400))
    local ends, _, seen = os.time() + 60
    repeat
      assert(os.time() < ends, "no error is shown")
      _, seen = get "/status"
    until seen.failure
    assert.matches("lua_shared_dict mde", seen.failure.message, 1, true)
    local _, state = get("/cancel/" .. answer.job)
    local codes = {}
    for _, item in ipairs(state.items) do codes[item.error and item.error.code or "none"] = true end
    assert.is_true(codes.store)
  end)

  it("says what is wrong with a request", function()
    start()
    for wrong, part in pairs { nonsense = "must be JSON such as", ["{}"] = "must be JSON such as",
        ['{"id":"1-2","comment":"x"}'] = "ids[1]: cancel: id '1-2' is not",
        [cjson.encode { id = id(1), comment = " " }] = "must be JSON such as",
        [cjson.encode { id = id(1), comment = "\xff" }] = "is not UTF-8" } do
      local status, answer = post(wrong)
      assert.equal(400, status)
      assert.truthy(answer.error.message:find(part, 1, true), answer.error.message)
    end
    assert.equal(413, (run(curl("/cancel", ("x"):rep(70000)))))
    assert.equal(404, (get "/else"))
    assert.is_nil(service:ask "counts".cancel)
  end)

  it("takes a certificate that is listed", function()
    start "WEBHOOK_CLIENTS='siem, mde test server'"
    local function with(name)
      return run(curl("/cancel", body(1),
        ("--cert %s/%s.pem --key %s/%s.key"):format(service.folder, name, service.folder, name)))
    end
    assert.equal(200, (with "server"))
    assert.equal(401, (with "elsewhere"))
    assert.equal(400, (with "other-ca"))  -- its issuer is not trusted
    host.lines(([[cd %s && cp server.key guest.key
      openssl req -new -key guest.key -config openssl.cnf \
        -subj '/CN=guest/OU=x, CN=siem/OU=CN=siem' |
      openssl x509 -req -out guest.pem -days 2 -CA ca.pem -CAkey ca.key -set_serial 7]])
      :format(service.folder))
    assert.equal(401, (with "guest"))
    assert.equal(401, (run(curl("/cancel", body(1)))))
    assert.equal(401, (post(body(1))))
    assert.equal(1, service:ask "counts".cancel)
  end)

  it("promises what takes longer, and says where to ask", function()
    start "WEBHOOK_SECRET=whsec_c2VzYW1l WEBHOOK_WAIT=0"  -- "sesame" in base64
    service:ask "hold/cancel"
    local status, answer = post(body(1, 4))
    assert.same({ 202, "open" }, { status, answer.state })
    service:await("cancel", 4)
    assert.equal(202, (get("/cancel/" .. answer.job)))
    service:ask "release/cancel"
    local _, state = await(answer.job)
    assert.equal("done", state.state)
    assert.same({ [1] = 4 }, posted(1, 4))
    local headers = host.lines(curl("/cancel", body(9), "-i " .. signed(body(9), "msg_9")))
    assert.truthy(headers:lower():find("\nlocation: /cancel/msg_9", 1, true))
  end)

  it("keeps its promise when its client is gone", function()
    start()
    service:ask "hold/cancel"
    local pid = host.lines(curl("/cancel", body(1, 2), signed(body(1, 2), "msg_gone"))
      .. " >/dev/null 2>&1 & echo $!"):match "%d+"
    service:await("cancel", 2)
    host.lines("kill " .. pid)
    service:ask "release/cancel"
    assert.equal(200, (await "msg_gone"))
    assert.same({ [1] = 2 }, posted(1, 2))
  end)

  for what, command in pairs {
    ["it is reloaded"] = "kill -HUP $(cat %s/nginx.pid)",
    ["workers are killed"] = "kill -9 $(pgrep -P $(cat %s/nginx.pid))",
  } do
    it("keeps its promise when " .. what .. ", and sends nothing twice", function()
      start "WEBHOOK_SECRET=sesame WEBHOOK_WAIT=0"
      service:ask "hold/cancel"
      local _, answer = post(body(1, 40))
      service:await("cancel", 10)
      host.lines(command:format(folder))
      service:ask "release/cancel"
      local status, state = await(answer.job)
      assert.equal(200, status)
      for _, item in ipairs(state.items) do assert.equal("cancelled", item.verdict) end
      assert.same({ [1] = 40 }, posted(1, 40))
    end)
  end

  it("promises nothing that it can't keep, and keeps what it promised when it is full", function()
    start("WEBHOOK_SECRET=sesame WEBHOOK_WAIT=0 MDE_QUOTA=off", "s/mde_jobs 32m/mde_jobs 128k/")
    service:ask "hold/cancel"
    local promised = {}
    local function promise() return post(body(20 * #promised + 1, 20 * #promised + 20)) end
    local status, answer = promise()
    while status == 202 do
      promised[#promised + 1] = answer.job
      status, answer = promise()
    end
    assert.same({ 503, "full" }, { status, answer.error.code })
    assert.is_true(#promised > 1)
    service:ask "release/cancel"
    for _, job in ipairs(promised) do assert.equal(200, (await(job))) end
    assert.same({ [1] = 20 * #promised }, posted(1, 20 * #promised))
  end)

  it("sends nothing to a service that it can't trust", function()
    start(("WEBHOOK_SECRET=sesame WEBHOOK_WAIT=0 WATCH_EVERY=1 MDE_CA_FILE=%s/other-ca.pem")
      :format(service.folder))
    local _, answer = post(body(1))
    local seen
    repeat _, seen = get "/status" until seen.watch and seen.watch.error
    assert.truthy(seen.watch.error:find "certificate")
    local status = get("/cancel/" .. answer.job)
    assert.equal(202, status)
    assert.same({}, service:ask "counts")
  end)

  it("watches what is open for too long", function()
    start()
    local _, seen
    repeat _, seen = get "/status" until seen.watch
    assert.same({ 0, "4h" }, { seen.watch.total, seen.watch.older_than })
    assert.truthy(log():find("watch: 0 open actions are older than 4h", 1, true))
  end)

  -- Requests of wrk, as a script of it: all of these requests again and again.
  local function load_script(requests)
    local path = folder .. "/load.lua"
    local file = assert(io.open(path, "w"))
    file:write("local requests = {\n")
    for _, request in ipairs(requests) do
      local headers = signed(request.body, request.name)
        :gsub("%-H '([^:]+): ([^']+)'", '["%1"] = "%2",')
      file:write(("{ 'POST', '/cancel', {%s}, %q },\n"):format(headers, request.body))
    end
    file:write "}\nlocal i = 0\nfunction request()\n  i = i % #requests + 1\n"
    file:write "  return wrk.format(unpack(requests[i]))\nend\n"
    file:close()
    return path
  end

  it("keeps to one quota and one token in both workers, under load", function()
    -- Of a single worker, 32 requests are in flight.
    start "WEBHOOK_SECRET=sesame WEBHOOK_WAIT=0 MDE_QUOTA=30,1000"
    local requests = {}
    for i = 1, 20 do
      requests[i] = { name = "msg_load_" .. i, body = body(i * 10, i * 10 + 9) }
    end
    service:ask "hold/cancel"
    local said = host.lines(("wrk -t 1 -c 20 -d 1s -s %s https://127.0.0.1:%s")
      :format(load_script(requests), port))
    assert.truthy(said:find "requests in", said)
    assert.is_nil(said:find "Non%-2xx", said)
    service:await("cancel", 30)
    local workers = host.lines(("pgrep -P $(cat %s/nginx.pid) | wc -l"):format(folder))
    assert.equal(2, tonumber(workers))
    local _, seen = get "/status"
    assert.is_true(seen.open_jobs > 0)
    local counts = service:ask "counts"
    assert.same({ 30, 1 }, { counts.cancel, counts.token })
    service:ask "release/cancel"
  end)
end)
