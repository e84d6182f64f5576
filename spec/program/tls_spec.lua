-- The whole way over TLS: nginx in front of the simulator.

local program = require "spec.support.program"

-- Runs a playbook whose clients find the simulator at `base .. ports.TLS_PORT`.
local function rehearse(playbook)
  return program.sh(([[
    cat >playbook.lua
    exec $mde sim --quota off sh -c '
      sed "s|SIMULATOR|$MDE_API_URL|" "$1/tls.conf" >tls.conf
      eval "$("$1/nginx.sh" start nginx tls.conf)" || exit
      export TLS_PORT
      mde run playbook.lua
      status=$?
      "$1/nginx.sh" stop nginx
      exit $status' sh %s]]):format(program.quote(program.support)), playbook)
end

local CLIENT = [[
local function new_client(host, options)
  local base = "https://" .. host .. ":" .. os.getenv "TLS_PORT"
  options.api_url, options.authority, options.timeout = base, base, 20
  return assert(mde.client(options))
end
]]

describe("TLS", function()
  it("carries lists and cancels over HTTP/1.1 and HTTP/2, IPv4 and IPv6, gzip", function()
    local run = rehearse(CLIENT .. [[
      for _, host in ipairs { "127.0.0.1", "[::1]", "localhost" } do
        for _, version in ipairs { "1.1", "2" } do
          local client = new_client(host, { ca_file = "nginx/ca.pem", http_version = version })
          local ids = {}
          for action in client:actions { requestor = "soar@contoso.com", status = "Pending",
                                         limit = 20 } do
            ids[#ids + 1] = action.id
          end
          local report = assert(client:cancel_all(ids, { comment = "by mistake" }))
          print(#ids, report.counts.cancelled)
        end
      end]])
    assert.same({ 0, "" }, { run.status, run.err })
    assert.equal(("20\t20\n"):rep(6), run.out)
  end)

  it("sends nothing to whom it can't trust", function()
    local run = rehearse(CLIENT .. [[
      for _, ca_file in ipairs { "nginx/other-ca.pem", "nginx/missing.pem", "" } do
        local client = new_client("localhost", { ca_file = ca_file ~= "" and ca_file or nil })
        local list, err = client:list { limit = 1 }
        print(list, err.code, err.sent, err.operation)
      end]])
    assert.same({ 0, "" }, { run.status, run.err })
    assert.equal(("nil\ttls\tnil\ttoken\n"):rep(3), run.out)
  end)
end)
