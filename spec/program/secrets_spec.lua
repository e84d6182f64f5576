-- No secret in output, files or memory.

local program = require "spec.support.program"

-- Runs a script whose commands write to all they can, and looks for each secret that went
-- over the wire in all of that: outputs, journal, audit log, reports, downloaded names.
local function leaks(options, script)
  local run = program.rehearse(options, ([[
    exec 3>&1 4>&2 >../told 2>&1
    %s
    exec >&3 2>&4
    cp -r "$XDG_STATE_HOME" ../kept && rm -f ../kept/mde/tokens.db*
    wc -l <"$SECRETS"
    grep -raFf "$SECRETS" ../told ../kept . | cut -c 1-200
    tail -n 3 ../told >&2]]):format(script))
  local count, found = run.out:match "^%s*(%d+)\n(.*)$"
  return tonumber(count), found, run.out .. run.err
end

local ALL = "{ mistaken = 3, history = 40 }"

describe("no secret is shown or kept", function()
  it("by what reads, changes, downloads and reports", function()
    local count, found, run = leaks(ALL, [[
      mde --verbose list --all --limit 3; mde list --json --limit 3
      mde --verbose cancel --type Isolate --requestor soar@contoso.com -m x --yes --max 5
      mde batch report --html; mde batch report --json; mde batch show
      mde status; mde status --json
      id=$(mde list --all --type CollectInvestigationPackage --status Succeeded --ids --limit 1)
      mde --verbose download "$id"; mde --verbose api GET "/api/machineactions/$id/getPackageUri" -n
      machine=$(mde machines --ids --limit 1)
      mde --verbose launch scan "$machine" -m x --json; mde show "$machine"
      mde audit verify]])
    assert.is_truthy(count, run)
    assert.is_true(count >= 2, run)  -- the token, the link
    assert.equal("", found)
  end)

  it("where signing in fails", function()
    local count, found, run = leaks(ALL, [[
      AZURE_CLIENT_SECRET=wrong-and-long-enough mde --verbose list
      MDE_TOKEN=a.token.that.is.not.valid mde --verbose cancel --type Isolate -m x --yes --max 5]])
    assert.is_truthy(count, run)
    assert.is_true(count >= 2)
    assert.equal("", found)
  end)

  it("by any way to sign in", function()
    local pem = program.support .. "/certificates/leaf.pem"
    local options = ([[{ mistaken = 3, history = 0, sign_in = { federated = { "%s" },
      certificate = require "mde.core".certificate(io.open(%q):read "a") } }]])
      :format(("federated-"):rep(9), pem)
    local count, found, run = leaks(options, ([[
      mde --verbose login; mde --verbose list; mde status; mde logout --json
      unset AZURE_CLIENT_SECRET; printf %%s %s >federated
      AZURE_CLIENT_CERTIFICATE_PATH=%s mde --verbose list
      AZURE_FEDERATED_TOKEN_FILE=federated mde --verbose list; rm federated
      AZURE_CLIENT_CERTIFICATE_PATH=%s mde --verbose --json; mde login --json; mde --verbose list
      mde --verbose logout]]):format(("federated-"):rep(9), program.quote(pem),
        program.quote(pem)))
    assert.is_truthy(count, run)
    assert.is_true(count >= 8, run)  -- tokens, refresh tokens, codes, assertions
    assert.equal("", found)
  end)
end)

-- These are in freed memory of libcurl, OpenSSL and Lua, which wipe nothing.
describe("the memory of a process that signed in", function()
  local linux = io.open "/proc/self/maps" ~= nil

  it("holds at most four copies of the client's secret", function()
    if not linux then pending "there is no /proc" return end
    local root = program.examples:match "^(.*)/"
    local run = program.rehearse("{ mistaken = 1, history = 0 }", ([[
      mkfifo ready
      cat >client.lua <<'END'
        local client = require "mde".client { client_secret = function()
          return io.open "secret":read "a"
        end }
        assert(client:list { limit = 1 })
        for _ = 1, 3 do collectgarbage() end
        kept = ("mark"):rep(9)
        io.open("/dev/fd/3", "w"):write "\n":close()
        io.read()
END
      cat >count.lua <<'END'
        local secret = os.getenv "AZURE_CLIENT_SECRET"
        io.open("secret", "w"):write(secret):close()
        local client = io.popen("echo $$ >pid; exec 3>ready;"
          .. " exec env -u AZURE_CLIENT_SECRET lua5.4 client.lua", "w")
        os.execute "read -r _ <ready"
        local pid = io.open "pid":read()
        local memory, count = assert(io.open("/proc/" .. pid .. "/mem", "rb")), 0
        local marked = false
        for line in io.lines("/proc/" .. pid .. "/maps") do
          local first, last = line:match "^(%%x+)%%-(%%x+) rw"
          if first and memory:seek("set", tonumber(first, 16)) then
            local text = memory:read(tonumber(last, 16) - tonumber(first, 16)) or ""
            count = count + select(2, text:gsub(secret, ""))
            marked = marked or text:find(("mark"):rep(9), 1, true) ~= nil
          end
        end
        client:close()
        print(marked and count)
END
      export LUA_PATH='%s/lua/?.lua;%s/lua/?/init.lua;;'
      LUA_CPATH="$(dirname $mde)/../lib/lua/5.4/?.so;;" lua5.4 count.lua]]):format(root, root))
    local count = tonumber(run.out)
    assert.is_true(count and count <= 4, run.out .. run.err)
  end)
end)
