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
  local function action(id, machine, name, kind, age, steps)
    service:add { id = id:rep(8) .. "-7557-4ab7-9782-d50480024a4e", machine_id = machine,
      dns_name = name, type = kind, age = age, requestor = "soar@contoso.com",
      comment = "Rule 4711", steps = steps }
  end
  local two = machine("2", "two.contoso.com", "127.0.0.2", 600)
  action("a", two, "two.contoso.com", "Isolate", 20000, { { 60, "Succeeded" } })
  action("b", two, "two.contoso.com", "LiveResponse", 18000)
  action("c", two, "two.contoso.com", "LiveResponse", 600)
  action("d", two, "two.contoso.com", "RunAntiVirusScan", 18000)
  machine("3", "three.contoso.com", "127.0.0.3", 600)
  machine("4", "old-three.contoso.com", "127.0.0.3", 400000)
  local five = machine("5", "five.contoso.com", "127.0.0.5", 400000)
  action("e", five, "five.contoso.com", "LiveResponse", 18000)
  local named = machine("6", "localhost.contoso.com", "10.9.9.9", 400000)
  action("f", named, "localhost.contoso.com", "LiveResponse", 18000)
end ]]

-- Scans, with options of nmap and variables in front. -> what program.rehearse gives; its
-- `asked` tells how often which path was asked for
local function scan(hosts, script, options, variables, lua)
  local run = program.rehearse("{ mistaken = 1, " .. ARRANGE .. (lua or "") .. " }", ([[
    cp "$REQUESTS" before
    export LUA_PATH_5_3="%s/lua/?.lua;%s/lua/?/init.lua;;" LUA_CPATH_5_3="%s/lib/lua/5.3/?.so;;"
    %s
    nmap -sn --unprivileged --script %s/nmap/%s.nse %s %s
    status=$?
    echo; cat "$REQUESTS"
    exit $status]]):format(root, root, build, variables or "", program.examples, script,
      options or "", hosts))
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
        .. "), found by its address, Active, seen 10m",
      "|   isolated: since ", ", by soar@contoso.com",
      "|   open:", "|     LiveResponse Pending since 10m", "|     LiveResponse Pending since 5h",
      "|     RunAntiVirusScan Pending since 5h",
      "|   latest:", "|_    Isolate Succeeded 5h 33m ago, by soar@contoso.com (aaaaaaaa-")
    assert_has(of(run, "127.0.0.3"), "machine: three.contoso.com", "or else: old-three.contoso.com",
      "isolated: no", "|_  open: none")
    assert_has(of(run, "127.0.0.4"), "|_mde-actions: not in MDE, by this name or address")
    assert_has(of(run, "127.0.0.1"), "localhost.contoso.com", "found by its name")
    assert.equal(1, run.asked.token)
    assert.is_true(run.asked.machines <= 5, run.asked.machines)
    assert.equal(4, run.asked.machineactions)
  end)

  it("puts the same into the report in XML", function()
    local run = scan("127.0.0.2", "mde-actions", "-oX - --script-args mde-actions.latest=0")
    assert_has(run.out, '<table key="machine">', '<elem key="name">two.contoso.com</elem>',
      '<elem key="found_by">address</elem>', '<elem key="isolated">true</elem>',
      '<table key="open">', '<elem key="type">LiveResponse</elem>',
      '<elem key="status">Pending</elem>', '<elem key="comment">Rule 4711</elem>')
    assert.is_truthy(run.out:find '<elem key="age">1800%d</elem>')
    assert.is_falsy(run.out:find("Succeeded", 1, true))
  end)

  it("does without mde where it is not installed", function()
    local run = scan("127.0.0.2", "mde-actions", "", "unset LUA_PATH_5_3 LUA_CPATH_5_3")
    assert.equal(0, run.status)
    assert_has(run.out, "Host is up")
    assert.is_falsy(run.out:find("mde-actions", 1, true))
  end)

  it("says in a line what hinders it, without a secret", function()
    for variables, said in pairs {
      ["export AZURE_CLIENT_SECRET=sesame"] = "ERROR: the login service refused",
      ["unset AZURE_CLIENT_SECRET AZURE_TENANT_ID"] = "ERROR: ",
    } do
      local run = scan("127.0.0.2", "mde-actions", "", variables)
      assert_has(run.out, "|_mde-actions: " .. said)
      assert.is_falsy(run.out:find("sesame", 1, true))
    end
  end)

  it("takes no secret as an argument", function()
    local run = scan("127.0.0.2", "mde-actions", "--script-args mde.client_secret=sesame")
    assert_has(run.out, "|_mde-actions: ERROR: 'mde.client_secret': script arguments are seen")
    assert.is_falsy(run.out:find("sesame", 1, true))
    assert.same({}, run.asked)
  end)

  it("sends nothing to a service that it can't trust", function()
    local tls = ([[
      sed "s|SIMULATOR|$MDE_API_URL|" %s/tls.conf >tls.conf
      eval "$(%s/nginx.sh start nginx tls.conf)" || exit
      trap '%s/nginx.sh stop nginx' EXIT
      export MDE_API_URL=https://localhost:$TLS_PORT
      export AZURE_AUTHORITY_HOST=$MDE_API_URL
      export MDE_CA_FILE=nginx/]]):format(program.support, program.support, program.support)
    local run = scan("127.0.0.2", "mde-actions", "", tls .. "other-ca.pem")
    assert_has(run.out, "|_mde-actions: ERROR: signing in: ", "certificate")
    assert.same({}, run.asked)
    run = scan("127.0.0.2", "mde-actions", "", tls .. "ca.pem")
    assert_has(run.out, "machine: two.contoso.com")
  end)

  it("lets another script go on while a call is under way", function()
    local run = scan("127.0.0.2", "mde-actions", "--script " .. root .. "/spec/hosts/ticks.nse",
      "", ", latency = 0.1")
    assert_has(run.out, "machine: two.contoso.com")
    assert.is_true(tonumber(run.out:match "ticks: (%d+)") > 3, run.out)
  end)
end)

describe("mde-cancel.nse", function()
  local function cancel(hosts, arguments)
    return scan(hosts, "mde-cancel", "--script-args " .. program.quote(arguments))
  end

  local COMMENT = 'mde-cancel.comment="INC 1"'

  it("does nothing without a comment, and a type or an age", function()
    for _, arguments in ipairs { "x=1", COMMENT, "mde-cancel.type=LiveResponse" } do
      local run = cancel("127.0.0.2", arguments)
      assert_has(run.out, "|_mde-cancel: nothing was cancelled: mde-cancel.comment is wanted")
      assert.equal(0, run.ledger.posts)
    end
  end)

  it("cancels by type and age, and tells each verdict", function()
    local run = cancel("127.0.0.2",
      COMMENT .. ",mde-cancel.type=LiveResponse,mde-cancel.older-than=4h")
    assert_has(run.out, "|   machine: two.contoso.com", "|_  cancelled LiveResponse bbbbbbbb-")
    assert.equal(1, run.ledger.posts)
    run = cancel("127.0.0.2", COMMENT .. ",mde-cancel.older-than=4h")
    assert_has(run.out, "cancelled LiveResponse bbbbbbbb-", "cancelled RunAntiVirusScan dddddddd-")
    assert.equal(2, run.ledger.posts)
    run = cancel("localhost", COMMENT .. ",mde-cancel.older-than=4h")  -- long not seen, but named
    assert_has(run.out, "cancelled LiveResponse ffffffff-")
  end)

  it("cancels no more than so many in a scan", function()
    local run = cancel("127.0.0.2 localhost",
      COMMENT .. ",mde-cancel.older-than=1m,mde-cancel.max=2")
    assert.equal(2, run.ledger.posts)
    assert.equal(2, select(2, run.out:gsub("cancelled %u", "")))
    assert_has(run.out, "left alone: mde-cancel.max is 2")
  end)

  it("shows what it would do", function()
    local run = cancel("127.0.0.2", COMMENT .. ",mde-cancel.type=LiveResponse,mde-cancel.dry-run")
    assert_has(run.out, "would be cancelled LiveResponse bbbbbbbb-",
      "would be cancelled LiveResponse cccccccc-")
    assert.equal(0, run.ledger.posts)
  end)

  it("leaves alone what is not one machine beyond doubt", function()
    local run = cancel("127.0.0.3-5", COMMENT .. ",mde-cancel.type=LiveResponse")
    assert_has(of(run, "127.0.0.3"), "nothing was cancelled: 2 machines have its address")
    assert_has(of(run, "127.0.0.4"), "not in MDE")
    assert_has(of(run, "127.0.0.5"), "nothing was cancelled: five.contoso.com", "give the name")
    assert.equal(0, run.ledger.posts)
  end)

  it("says what is wrong with an argument", function()
    local run = cancel("127.0.0.2", COMMENT .. ",mde-cancel.type=Isolation")
    assert_has(run.out, "|_mde-cancel: ERROR: type: 'Isolation' is not one of")
    assert.equal(0, run.ledger.posts)
  end)
end)
