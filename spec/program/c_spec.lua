-- The core without Lua: examples/c, built as its first lines say, against the simulator.

local program = require "spec.support.program"

local root = program.examples:match "^(.*)/"

describe("a C program", function()
  local folder

  setup(function()
    folder = os.tmpname()
    os.remove(folder)
    local command = ("mkdir %s && cd %s && cc -std=c11 -D_GNU_SOURCE -Wall -Wextra -Werror -g"
      .. " -fsanitize=address,undefined -fno-sanitize-recover=all -Isrc -o %s/cancel"
      .. " examples/c/cancel.c src/core/[a-z]*.c"
      .. " $(pkg-config --cflags --libs libcurl libcrypto libcjson)"):format(folder, root, folder)
    assert(os.execute(command))
  end)

  teardown(function() os.execute("rm -rf " .. folder) end)

  -- Runs a script in which `cancel` is the program and $id an open action.
  local function run(script, options)
    return program.rehearse(options or "{ mistaken = 1, quota = false }", ([[
      export PATH="%s:$PATH" ASAN_OPTIONS=detect_leaks=1
      id=$(mde list --requestor soar@contoso.com --ids)
      MDE_TOKEN=$(curl -s "$AZURE_AUTHORITY_HOST/$AZURE_TENANT_ID/oauth2/v2.0/token" \
        -d "client_id=$AZURE_CLIENT_ID&grant_type=client_credentials" \
        --data-urlencode "client_secret=$AZURE_CLIENT_SECRET" \
        --data-urlencode "scope=https://api.securitycenter.microsoft.com/.default" |
        sed 's/.*"access_token":"\([^"]*\).*/\1/')
      export MDE_TOKEN
      %s]]):format(folder, script))
  end

  it("cancels an action with the core alone", function()
    local result = run [[cancel $id 'By "mistake", ä'; echo $?; mde show $id]]
    assert.truthy(result.out:find "^Cancelled\n0\n", result.out .. result.err)
    assert.truthy(result.out:find('\ncancellationComment: By "mistake", ä\n', 1, true))
    assert.equal(1, result.ledger.posts)
  end)

  it("says what is wrong", function()
    local result = run [[
      cancel; echo $?; cancel 1-2 x; echo $?; cancel $id ' '; echo $?
      cancel 00000000-7557-4ab7-9782-d50480024a4e x; echo $?
      MDE_TOKEN=wrong cancel $id x; echo $?
      MDE_API_URL=http://127.0.0.1:1 cancel $id x; echo $?
      MDE_API_URL=http://example.com cancel $id x; echo $?]]
    assert.equal("2\n2\n2\n1\n5\n4\n2\n", result.out, result.err)
    for _, part in ipairs { "usage: ", "id '1-2' is not a machine action's id", "comment",
                            "the service answered with 404", "answered with 401",
                            "nothing was sent" } do
      assert.truthy(result.err:find(part, 1, true), result.err)
    end
    assert.equal(2, result.ledger.posts)  -- those that were refused
  end)

  it("sends nothing to whom it can't trust", function()
    local result = run(([[
      sed "s|SIMULATOR|$MDE_API_URL|" %s/tls.conf >tls.conf
      eval "$(%s/nginx.sh start nginx tls.conf)" || exit
      MDE_API_URL=https://localhost:$TLS_PORT cancel $id x; echo $?
      MDE_CA_FILE=nginx/ca.pem MDE_API_URL=https://localhost:$TLS_PORT cancel $id x; echo $?
      %s/nginx.sh stop nginx]]):format(program.support, program.support, program.support))
    assert.equal("4\nCancelled\n0\n", result.out, result.err)
    assert.truthy(result.err:find("nothing was sent", 1, true), result.err)
    assert.equal(1, result.ledger.posts)
  end)

  it("ends at Ctrl-C, and says that the cancel may have arrived", function()
    local result = run([[
      cancel $id x & pid=$!
      wait_until '[ "$(cat "$POSTED")" = 1 ]'
      kill -INT $pid; wait $pid; echo $?]], [[{ mistaken = 1, quota = false,
        oddities = { late = { operation = "cancel" } } }]])
    assert.equal("130\n", result.out)
    assert.truthy(result.err:find("interrupted: the cancel may have arrived", 1, true), result.err)
  end)

  it("can include each header of the core alone", function()
    local run_here = program.sh(([[cd %s && for header in src/core/*.h; do
      echo "#include \"${header#src/}\"" | cc -std=c11 -D_GNU_SOURCE -Wall -Wextra -Wpedantic \
        -Werror -fsyntax-only -Isrc -x c - || exit; done]]):format(root))
    assert.same({ 0, "" }, { run_here.status, run_here.err })
  end)
end)
