-- Each error code (mde.error_code) can be reached through the program.

local program = require "spec.support.program"

local CALM = "{ mistaken = 2, history = 0 }"

-- An incident whose service answers reads of actions with this answer.
local function answering(answer)
  return ([[{ mistaken = 2, history = 0, arrange = function(service)
    local answer = service.answer
    function service:answer(request)
      if request.path:find "machineactions" then return %s end
      return answer(self, request)
    end
  end }]]):format(answer)
end

local function with_oddity(text)
  return ("{ mistaken = 2, history = 0, oddities = { %s } }"):format(text)
end

local ONE = "mde list --requestor soar@contoso.com --ids | head -n 1"
local MACHINE = [[mde list --requestor soar@contoso.com --json |
  sed -n 's/.*"machineId":"\([^"]*\)".*/\1/p' | head -n 1]]
local ONE_POLICY = [[printf '%s' 'return { comment = "x", select = { type = "Isolate" },
  decide = function() return "cancel" end }' >p.lua; ]]

-- Writes a policy and tries it.
local function policy(decide)
  return ([[printf '%%s' 'return { comment = "x", select = { type = "Isolate" },
    decide = %s }' >p.lua; mde plan p.lua --json]]):format(decide)
end

-- A playbook that fails with the error that `call` returns.
local function playbook(call)
  return ([[printf '%%s' 'local mde = require "mde"
    local _, err = %s
    print("{\"code\":\"" .. err.code .. "\"}")' >p.lua
    mde run p.lua]]):format(call)
end

local HANGS = "{ status = 200, headers = {}, body = '', delay = 900 }"
local OTHER_LIBCURL = [[
  printf '%s' '#include <curl/curl.h>
    curl_version_info_data *curl_version_info(CURLversion v) {
      static curl_version_info_data d; (void)v; d.version = "7.1"; return &d; }' >c.c
  cc -shared -fPIC -o c.so c.c && LD_PRELOAD=$PWD/c.so mde list --json]]
local NO_DESCRIPTOR = playbook [[(function()
    local client, open = mde.client {}, {}
    repeat open[#open + 1] = io.open "/dev/null" until #open > 5000 or not io.open "/dev/null"
    return client:pollfd()
  end)()]]

-- Lets the memory of the program grow by 8 MiB only, before an answer of 15 MiB comes.
local NO_MEMORY = playbook [[(function()
    local client = mde.client {}
    client:request("GET", "/api/machines")
    local size = io.open("/proc/self/status"):read("a"):match "VmSize:%s*(%d+)"
    local limit = ("prlimit --as=%d --pid $PPID"):format((size + 8 * 1024) * 1024)
    assert(os.execute(limit))
    return client:request("GET", "/api/machineactions")
  end)()]]

-- A command whose clock is virtual; see spec/support/screens.lua.
local VIRTUAL = "INCIDENT='{ mistaken = 2, history = 0, oddities = { throttled = true } }' "
  .. "mde run " .. program.support .. "/screens.lua $PWD/state "

-- Code -> { incident, script }
local REACHED = {
  invalid_argument = { CALM, playbook 'mde.client {}:cancel("nonsense", { comment = "x" })' },
  missing_credential = { CALM,
    "unset AZURE_CLIENT_SECRET; AZURE_TOKEN_CREDENTIALS=prod mde list --json" },
  sign_in = { CALM, "AZURE_CLIENT_SECRET=wrong mde list --json" },
  unauthorized = { CALM, "MDE_TOKEN=a.b.c mde list --json" },
  forbidden = { with_oddity "forbidden = true", "mde list --json" },
  not_found = { CALM, "mde show nowhere.contoso.com --json" },
  ambiguous = { [[{ mistaken = 0, history = 0, arrange = function(service)
    service:add_machine { computerDnsName = "twin" }
    service:add_machine { computerDnsName = "twin" }
  end }]], "mde show twin --json" },
  bad_request = { CALM, "mde api GET '/api/machineactions?$filter=nonsense' --json" },
  conflict = { CALM,
    "mde isolate $(" .. MACHINE .. ") --scope Selective -m x --yes --max 1 --json" },
  interrupted = { CALM, playbook [[(function()
    local client = mde.client {}
    client:close()
    return client:request("GET", "/api/machines")
  end)()]] },
  deadline = { answering(HANGS), "mde list --deadline 1s --json" },
  timeout = { answering(HANGS), playbook
    'mde.client { timeout = 0.2 }:request("GET", "/api/machineactions")' },
  lost = { answering "{ status = 200, headers = {}, body = '{}', delay = 0, cut = 1 }",
    "mde list --json" },
  too_large = { answering "{ status = 200, headers = {}, body = ' ', delay = 0, length = 2^28 }",
    "mde list --json" },
  invalid_request = { CALM,
    "MDE_TOKEN=$(head -c 70000 /dev/zero | tr '\\0' a) mde list --json" },
  refused = { CALM, "mde cancel --requestor soar@contoso.com -m x --yes --max 1 --json" },
  file = { CALM, ONE_POLICY .. "mde plan p.lua -o /nowhere/plan --json" },
  service = { answering "{ status = 501, headers = {}, body = '', delay = 0 }", "mde list --json" },
  policy = { CALM, policy [[function() error("no") end]] },
  limit = { CALM, policy [[function() while true do end end]] },
  worker = { CALM, "mde plan " .. program.support .. "/../program/policies/crash.lua --json" },
  plan = { CALM, "echo nonsense >plan; mde apply plan --json" },
  changed = { CALM, ONE_POLICY .. [[mde plan p.lua -o plan
    mde cancel $(]] .. ONE .. [[) -m x --yes --max 1
    mde apply plan --json --approve $(sed -n '$s/.*:"\(.*\)"}/\1/p' plan)]] },
  not_undone = { [[{ mistaken = 2, history = 0, took_effect = 1,
      launch_course = function() return { { 1, "Failed" } } end }]],
    "mde undo --requestor soar@contoso.com --newer-than 2h -m x -o plan --max 5"
    .. [[; mde apply plan --json --wait --approve $(sed -n '$s/.*:"\(.*\)"}/\1/p' plan)]] },
  store = { CALM, "mkdir -p $XDG_STATE_HOME/mde/mde.db; mde batch list --json" },
  bad_answer = { answering "{ status = 200, headers = {}, body = '<html>', delay = 0 }",
    "mde list --json" },
  connection = { CALM, "MDE_TOKEN=a.b.c MDE_API_URL=http://127.0.0.1:1 mde list --json" },
  tls = { CALM,
    "MDE_TOKEN=a.b.c MDE_API_URL=$(echo $MDE_API_URL | sed s/http/https/) mde list --json" },
  no_descriptor = { CALM, "ulimit -n 100; " .. NO_DESCRIPTOR },
  out_of_memory = {
    answering "{ status = 200, headers = {}, body = (' '):rep(15 * 2^20), delay = 0 }", NO_MEMORY },
  too_many_requests = { CALM, VIRTUAL .. "list --deadline 3h --json" },
  unfit_libcurl = { CALM, OTHER_LIBCURL },
}

-- The codes that mde.base.errors declares.
local function declared()
  local codes = {}
  for line in io.lines "lua/mde/base/errors.lua" do
    codes[#codes + 1] = line:match '^%-%-%-| "([%w_]+)"'
  end
  return codes
end

describe("error code", function()
  it("has a test", function()
    for _, code in ipairs(declared()) do assert.is_table(REACHED[code], code) end
  end)

  for code, case in pairs(REACHED) do
    it(code, function()
      if code == "out_of_memory" and program.path:find("/asan/", 1, true) then
        return pending "a sanitizer needs memory"
      end
      local run = program.rehearse(case[1], case[2])
      local text = run.out .. run.err
      assert.truthy(text:find('"code":"' .. code .. '"', 1, true), text .. " status " .. run.status)
    end)
  end
end)
