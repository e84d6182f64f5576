-- The scripts of examples/nmap in the real nmap, which scans loopback addresses.

local program = require "spec.support.program"

local root = program.examples:match "^(.*)/"
local build = program.path:match "^(.*)/bin/"

-- Machines at loopback addresses, and their actions.
local ARRANGE = [[ arrange = function(service)
  local function machine(digit, name, ip, seen)
    return service:add_machine { id = digit:rep(40), computerDnsName = name,
      lastIpAddress = ip, lastSeen = service:now() - seen }
  end
  local function action(id, machine, name, kind, age, steps, comment)
    service:add { id = id:rep(8) .. "-7557-4ab7-9782-d50480024a4e", machine_id = machine,
      dns_name = name, type = kind, age = age, requestor = "soar@contoso.com",
      comment = comment or "Rule 4711", steps = steps }
  end
  local two = machine("2", "two.contoso.com", "127.0.0.2", 600)
  action("a", two, "two.contoso.com", "Isolate", 20000, { { 60, "Succeeded" } })
  action("b", two, "two.contoso.com", "LiveResponse", 18000)
  action("c", two, "two.contoso.com", "LiveResponse", 600)
  action("d", two, "two.contoso.com", "RunAntiVirusScan", 18000, nil, "<&>\n|_mde: 'x'")
  machine("3", "three.contoso.com", "127.0.0.3", 600)
  machine("4", "old-three.contoso.com", "127.0.0.3", 400000)
  local five = machine("5", "five.contoso.com", "127.0.0.5", 400000)
  action("e", five, "five.contoso.com", "LiveResponse", 18000)
  local named = machine("6", "localhost.contoso.com", "127.0.0.7", 600)
  action("f", named, "localhost.contoso.com", "LiveResponse", 18000)
  %s
end ]]

-- The structure of an XML report's script: nested tables, of <table> and <elem>.
local ENTITIES = { lt = "<", gt = ">", amp = "&", quot = '"', apos = "'" }

local function plain(text)
  return (text:gsub("&#x(%x+);", function(hex) return string.char(tonumber(hex, 16)) end)
    :gsub("&(%a+);", ENTITIES))
end

local function structure(xml)
  local top = {}
  local stack = { top }
  local body = assert(xml:match "<script [^>]*>(.-)</script>", xml)
  for tag, content in body:gmatch "<([^>]+)>([^<]*)" do
    local key = tag:match 'key="([^"]*)"'
    if tag:find "^table" then
      local new = {}
      top[key or #top + 1] = new
      stack[#stack + 1], top = new, new
    elseif tag:find "^elem" then top[key or #top + 1] = plain(content)
    elseif tag == "/table" then
      stack[#stack] = nil
      top = assert(stack[#stack], "one </table> too many")
    else assert(tag == "/elem", tag) end
  end
  assert(#stack == 1, "a <table> without its end")
  return top
end

-- Scans, with options of nmap (default -n) and variables in front; `lua` is added to what
-- arranges the service. -> what program.rehearse gives; its
-- `asked` tells how often which path was asked for
local function scan(hosts, script, options, variables, lua)
  local run = program.rehearse("{ mistaken = 1, " .. ARRANGE:format(lua or "") .. " }", ([[
    cp "$REQUESTS" before
    export LUA_PATH_5_3="%s/lua/?.lua;%s/lua/?/init.lua;;" LUA_CPATH_5_3="%s/lib/lua/5.3/?.so;;"
    %s
    nmap -sn -Pn --unprivileged --script %s/nmap/%s.nse %s %s
    status=$?
    echo; cat "$REQUESTS"
    exit $status]]):format(root, root, build, variables or "", program.examples, script,
      options or "-n", hosts))
  local out, requests = run.out:match "^(.-)\n\n(%u+ /.*)$"
  run.out, run.asked = out or run.out, {}
  for path in (requests or ""):gmatch "%u+ (%S+)\n" do
    local kind = path:find "token$" and "token" or path:match "^/api/(%a+)" or path
    if path:find "/cancel$" then kind = "cancel" end
    run.asked[kind] = (run.asked[kind] or 0) + 1
  end
  return run
end

-- The report on one address.
local function of(run, ip)
  return (run.out .. "\nNmap"):match("Nmap scan report for [^\n]*" .. ip:gsub("%p", "%%%0")
    .. "%f[^%d].-\n(.-)\nNmap") or run.out .. run.err
end

local function assert_has(text, ...)
  for _, part in ipairs { ... } do
    assert(text:find(part, 1, true), ("'%s' is not in:\n%s"):format(part, text))
  end
end

describe("mde-actions.nse", function()
  it("shows the machines of a scan, with one token and few calls", function()
    local run = scan("127.0.0.2-40 localhost", "mde-actions")
    assert.equal(0, run.status, run.err)
    assert_has(of(run, "127.0.0.2"), "| mde-actions: ",
      "|   machine: two.contoso.com (" .. ("2"):rep(40)
        .. "), found by its address, Active, risk None, seen 10m",
      "|   isolated: since ", ", by soar@contoso.com",
      "|   open:", "|     LiveResponse Pending since 10m", "|     LiveResponse Pending since 5h",
      "|     RunAntiVirusScan Pending since 5h, by soar@contoso.com"
        .. " (dddddddd-7557-4ab7-9782-d50480024a4e): <&> |_mde: 'x'",
      "|   latest:", "|_    Isolate Succeeded 5h 33m ago, by soar@contoso.com (aaaaaaaa-")
    assert_has(of(run, "127.0.0.3"), "machine: three.contoso.com", "or else: old-three.contoso.com",
      "isolated: no", "|_  open: none")
    assert_has(of(run, "127.0.0.4"), "|_mde-actions: not in MDE, by this name or address")
    assert_has(of(run, "127.0.0.5"), "five.contoso.com", "may have another address by now")
    assert_has(of(run, "127.0.0.1"), "localhost.contoso.com", "found by its name", "at 127.0.0.7")
    assert.equal(1, run.asked.token)
    assert.is_true(run.asked.machines <= 5, run.asked.machines)
    assert.is_true(run.asked.machineactions <= 3, run.asked.machineactions)
  end)

  it("puts the same into the report in XML", function()
    local run = scan("127.0.0.2", "mde-actions", "-n -oX - --script-args mde-actions.latest=0")
    local report = structure(run.out)
    assert.same({ id = ("2"):rep(40), name = "two.contoso.com", found_by = "address",
      address = "127.0.0.2", health = "Active", risk = "None",
      last_seen = report.machine.last_seen }, report.machine)
    assert.equal("true", report.isolated)
    assert.equal("soar@contoso.com", report.isolated_by)
    assert.same({}, report.latest)
    assert.equal(3, #report.open)
    local scans = 0
    for _, action in ipairs(report.open) do
      assert.equal("Pending", action.status)
      if action.type == "RunAntiVirusScan" then
        scans = scans + 1
        assert.equal("<&>\n|_mde: 'x'", action.comment)
        assert.is_truthy(action.age:find "^1800%d$")
      end
    end
    assert.equal(1, scans)
  end)

  it("finds a host by the name that reverse DNS has for it, and says so", function()
    local run = scan("127.0.0.1", "mde-actions", "--dns-servers 127.0.0.1")
    assert_has(run.out, "localhost.contoso.com", "found by its reverse DNS name")
  end)

  it("asks for fewer hosts at once if the service refuses so many", function()
    local run = scan("127.0.0.2-20", "mde-actions", "-n", "", [[
      local answer = service.answer
      function service:answer(request)
        if #request.path < 500 then return answer(self, request) end
        local refusal = require "mde.simulator.reply".error(400, "BadRequest", "too long", "x")
        refusal.delay = 0
        return refusal
      end]])
    assert_has(of(run, "127.0.0.2"), "machine: two.contoso.com")
    assert_has(of(run, "127.0.0.5"), "machine: five.contoso.com")
    assert_has(of(run, "127.0.0.20"), "not in MDE")
  end)

  it("does not repeat a refused request for each host", function()
    local run = scan("127.0.0.2-4", "mde-actions", "-n --max-hostgroup 1", "", [[
      local answer = service.answer
      function service:answer(request)
        if not request.path:find "/machines" then return answer(self, request) end
        local refusal = require "mde.simulator.reply".error(403, "Forbidden", "no such role", "x")
        refusal.delay = 0
        return refusal
      end]])
    assert.equal(3, select(2, run.out:gsub("|_mde%-actions: ERROR: ", "")), run.out)
    assert.equal(1, run.asked.machines)
  end)

  it("continues if nmap has killed the script of another host", function()
    local run = scan("127.0.0.2-3", "mde-actions", "-n --max-hostgroup 1 --script-timeout 2s", "",
      [[ local answer, first = service.answer, true
      function service:answer(request)
        local given = answer(self, request)
        if first and request.path:find "/machines" then given.delay, first = 3600, false end
        return given
      end]])
    assert.is_falsy(of(run, "127.0.0.2"):find("machine:", 1, true))
    assert_has(of(run, "127.0.0.3"), "machine: three.contoso.com")
  end)

  it("works without mde if it is not installed", function()
    local run = scan("127.0.0.2", "mde-actions", "-n", "unset LUA_PATH_5_3 LUA_CPATH_5_3")
    assert.equal(0, run.status)
    assert_has(run.out, "Host is up")
    assert.is_falsy(run.out:find("mde-actions", 1, true))
  end)

  it("says in a line what hinders it, without a secret", function()
    for variables, said in pairs {
      ["export AZURE_CLIENT_SECRET=sesame"] = "ERROR: the login service refused",
      ["unset AZURE_CLIENT_SECRET AZURE_TENANT_ID"] = "ERROR: ",
      ["export MDE_API_URL=http://127.0.0.1:1"] = "ERROR: ",
    } do
      local run = scan("127.0.0.2", "mde-actions", "-n", variables)
      assert.equal(2, select(2, run.out:gsub("\n|", "")) + 1, run.out)
      assert_has(run.out, "|_mde-actions: " .. said)
      assert.is_falsy(run.out:find("sesame", 1, true))
    end
  end)

  it("takes no secret as an argument", function()
    for given, name in pairs {
      ["mde.client_secret=sesame"] = "mde.client_secret",
      ["mde={client_secret=sesame}"] = "client_secret",
      ["AZURE_CLIENT_SECRET=sesame"] = "AZURE_CLIENT_SECRET",
    } do
      local run = scan("127.0.0.2", "mde-actions", "-n --script-args " .. program.quote(given))
      assert_has(run.out, "|_mde-actions: ERROR: '" .. name .. "': others can see script arguments")
      assert.is_falsy(run.out:find("sesame", 1, true))
      assert.same({}, run.asked)
    end
    local run = scan("127.0.0.2", "mde-actions", "-n --script-args http.token=1,password=2")
    assert_has(run.out, "machine: two.contoso.com")  -- another script's
  end)

  it("says what is wrong with an argument", function()
    for given, said in pairs {
      ["mde-actions.latest=many"] = "mde-actions.latest: 'many' is not a number",
      ["mde-actions.last=1"] = "'mde-actions.last' is not one of mde-actions.latest",
      ["mde.profile"] = "mde.profile has no value: write mde.profile=",
      ["mde.tenant=x"] = "'mde.tenant' is not one of mde.profile",
    } do
      local run = scan("127.0.0.2", "mde-actions", "-n --script-args " .. given)
      assert_has(run.out, "|_mde-actions: ERROR: " .. said)
      assert.same({}, run.asked)
    end
  end)

  it("sends nothing to a service that it can't trust", function()
    local tls = ([[
      sed "s|SIMULATOR|$MDE_API_URL|" %s/tls.conf >tls.conf
      eval "$(%s/nginx.sh start nginx tls.conf)" || exit
      trap '%s/nginx.sh stop nginx' EXIT
      export MDE_API_URL=https://localhost:$TLS_PORT
      export AZURE_AUTHORITY_HOST=$MDE_API_URL
      export MDE_CA_FILE=nginx/]]):format(program.support, program.support, program.support)
    local run = scan("127.0.0.2", "mde-actions", "-n", tls .. "other-ca.pem")
    assert_has(run.out, "|_mde-actions: ERROR: signing in: ", "certificate")
    assert.same({}, run.asked)
    run = scan("127.0.0.2", "mde-actions", "-n", tls .. "ca.pem")
    assert_has(run.out, "machine: two.contoso.com")
  end)

  -- The service answers when the other script has written its mark. Were nmap to stand still
  -- until then, it would be tired of waiting after ten seconds, and the mark too late.
  it("lets another script run while a call is open", function()
    local run = scan("127.0.0.2", "mde-actions", "-n --script " .. root
        .. "/spec/embedding/mark.nse",
      "export MARK=$PWD/mark", [[
      local answer = service.answer
      function service:answer(request)
        for _ = 1, 200 do
          local mark = io.open "mark"
          if mark then mark:close() break end
          os.execute "sleep 0.05"
        end
        return answer(self, request)
      end]])
    assert_has(run.out, "machine: two.contoso.com", "written while a call was under way")
  end)
end)

describe("mde-cancel.nse", function()
  local function cancel(hosts, arguments)
    return scan(hosts, "mde-cancel", "-n --script-args " .. program.quote(arguments))
  end

  local COMMENT = 'mde-cancel.comment="INC 1"'

  it("does nothing without a comment, and a type or an age", function()
    for _, arguments in ipairs { "x=1", COMMENT, "mde-cancel.type=LiveResponse" } do
      local run = cancel("127.0.0.2", arguments)
      assert_has(run.out, "|_mde-cancel: nothing was cancelled: mde-cancel.comment is required")
      assert.equal(0, run.ledger.posts)
    end
  end)

  it("cancels by type and age, and prints each verdict", function()
    local run = cancel("127.0.0.2",
      COMMENT .. ",mde-cancel.type=LiveResponse,mde-cancel.older-than=4h")
    assert_has(run.out, "|   machine: two.contoso.com", "|_  cancelled LiveResponse bbbbbbbb-")
    assert.equal(1, run.ledger.posts)
    run = cancel("127.0.0.2", COMMENT .. ",mde-cancel.older-than=4h")
    assert_has(run.out, "cancelled LiveResponse bbbbbbbb-", "cancelled RunAntiVirusScan dddddddd-")
    assert.equal(2, run.ledger.posts)
    run = cancel("localhost", COMMENT .. ",mde-cancel.older-than=4h")
    assert_has(run.out, "cancelled LiveResponse ffffffff-")
  end)

  it("accepts unqualified arguments, and then refuses unknown ones", function()
    local run = cancel("127.0.0.2", 'comment="INC 1",type=LiveResponse,older-than=4h,http.x=1')
    assert_has(run.out, "|_  cancelled LiveResponse bbbbbbbb-")
    assert.equal(1, run.ledger.posts)
    run = cancel("127.0.0.2", 'comment="INC 1",older-than=1m,max=9,mde-cancel.max=2,dry-run')
    assert_has(run.out, "mde-cancel.max is 2")
    assert.equal(0, run.ledger.posts)
    for wrong, given in pairs { typ = "older-than=4h,typ=LiveResponse",
                                older_than = "type=LiveResponse,older_than=4h" } do
      run = cancel("127.0.0.2", 'comment="INC 1",' .. given)
      assert_has(run.out, "'" .. wrong .. "' is not one of mde-cancel.comment, ")
      assert.equal(0, run.ledger.posts)
    end
  end)

  it("cancels no more than so many in a scan", function()
    local run = cancel("127.0.0.2 localhost",
      COMMENT .. ",mde-cancel.older-than=1m,mde-cancel.max=2")
    assert.equal(2, run.ledger.posts)
    assert.equal(2, select(2, run.out:gsub("cancelled %u", "")))
    assert_has(run.out, "not cancelled: mde-cancel.max is 2")
  end)

  it("cancels an action once, where a machine is scanned by two addresses", function()
    local run = cancel("localhost 127.0.0.7", COMMENT .. ",mde-cancel.type=LiveResponse")
    assert.equal(1, run.ledger.posts)
    assert_has(run.out, "cancelled LiveResponse ffffffff-",
      "1 cancelled by another address of this machine")
  end)

  it("puts the verdicts into the report in XML", function()
    local run = scan("127.0.0.2", "mde-cancel", "-n -oX - --script-args "
      .. program.quote(COMMENT .. ",mde-cancel.older-than=4h,mde-cancel.max=1"))
    local report = structure(run.out)
    assert.equal("two.contoso.com", report.machine.name)
    assert.equal("1", report.left_alone)
    assert.equal(1, #report.actions)
    assert.equal("cancelled", report.actions[1].verdict)
  end)

  it("does not take reverse DNS's word for what a host is", function()
    local run = scan("127.0.0.1", "mde-cancel", "--dns-servers 127.0.0.1 --script-args "
      .. program.quote(COMMENT .. ",mde-cancel.type=LiveResponse"))
    assert_has(run.out, "nothing was cancelled: localhost.contoso.com",
      "found only by reverse DNS; scan it by name")
    assert.equal(0, run.ledger.posts)
  end)

  it("shows what it would do", function()
    local run = cancel("127.0.0.2", COMMENT .. ",mde-cancel.type=LiveResponse,mde-cancel.dry-run")
    assert_has(run.out, "would be cancelled LiveResponse bbbbbbbb-",
      "would be cancelled LiveResponse cccccccc-")
    assert.equal(0, run.ledger.posts)
  end)

  it("leaves alone what is not one machine beyond doubt", function()
    local run = cancel("127.0.0.3-5", COMMENT .. ",mde-cancel.type=LiveResponse")
    assert_has(of(run, "127.0.0.3"), "nothing was cancelled: 2 machines may be this host")
    assert_has(of(run, "127.0.0.4"), "not in MDE")
    assert_has(of(run, "127.0.0.5"), "nothing was cancelled: five.contoso.com", "scan it by name")
    assert.equal(0, run.ledger.posts)
  end)

  it("says what is wrong with an argument", function()
    for given, said in pairs {
      ["type=Isolation"] = "ERROR: type: 'Isolation' is not one of",
      ["older-than"] = "nothing was cancelled: mde-cancel.older-than has no value",
      ["older-than=4"] = "nothing was cancelled: mde-cancel.older-than: '4' is not a duration",
      ["type=LiveResponse,mde-cancel.older_than=4h"] = "nothing was cancelled:"
        .. " 'mde-cancel.older_than' is not one of mde-cancel.comment, mde-cancel.dry-run,",
      ["type=LiveResponse,mde-cancel.max=2.5"] = "nothing was cancelled: mde-cancel.max: '2.5'",
      ["comment=x"] = "nothing was cancelled: mde-cancel.comment is required",
    } do
      local run = cancel("127.0.0.2", COMMENT .. ",mde-cancel." .. given)
      assert_has(run.out, "|_mde-cancel: " .. said)
      assert.equal(0, run.ledger.posts)
    end
  end)
end)
