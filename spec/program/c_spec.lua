-- The library without Lua: examples/c, built as its first lines say, against the simulator; and C++.

local program = require "spec.support.program"

local root = program.examples:match "^(.*)/"

describe("the C library", function()
  local folder

  -- Compiles a file, with sanitizers, against the library. -> the result of the command
  local function compile(compiler, arguments)
    return program.sh(("export PKG_CONFIG_PATH=%s/lib/pkgconfig; cd %s && %s -Wall -Wextra -Werror"
      .. " -g -fsanitize=address,undefined -fno-sanitize-recover=all %s"):format(folder, folder,
      compiler, arguments))
  end

  setup(function()
    folder = os.tmpname()
    os.remove(folder)
    assert(os.execute(("make -s -C %s library BUILD=%s"
      .. " CFLAGS='-g -fsanitize=address,undefined -fno-sanitize-recover=all' >%s.log 2>&1"
      ):format(root, folder, folder)))
    local result = compile("cc", ("-std=c11 -D_GNU_SOURCE -o cancel %s/examples/c/cancel.c"
      .. " $(pkg-config --cflags --libs mde libcjson)"):format(root))
    assert.same({ 0, "" }, { result.status, result.err })
  end)

  teardown(function() os.execute(("rm -rf %s %s.log"):format(folder, folder)) end)

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

  it("links with C++, and knows its version", function()
    local headers = program.sh(("cd %s/include && ls mde/*.h"):format(folder)).out
    local source = headers:gsub("(%S+)", "#include <%1>") .. [[
      #include <cstdio>
      #if MDE_VERSION_NUMBER < 900
      #error "too old"
      #endif
      int main () {
        mde_error error;
        mde_engine *engine = mde_engine_new(1024, &error);
        std::printf("%s %s\n", MDE_VERSION, mde_operation_find("cancel")->method);
        mde_engine_close(engine);
      }]]
    local file = assert(io.open(folder .. "/version.cc", "w"))
    assert(file:write(source))
    assert(file:close())
    local result = compile("c++", "-Wpedantic -o version version.cc"
      .. " $(pkg-config --cflags --libs mde) && ./version && pkg-config --modversion mde")
    local version = require "mde.base.version"
    assert.same({ 0, ("%s POST\n%s\n"):format(version, version), "" },
      { result.status, result.out, result.err })
  end)

  it("can include each header of the core alone", function()
    local run_here = program.sh(([[cd %s && for header in src/core/*.h; do
      echo "#include \"${header#src/}\"" | cc -std=c11 -D_GNU_SOURCE -Wall -Wextra -Wpedantic \
        -Werror -fsyntax-only -Isrc -x c - || exit; done]]):format(root))
    assert.same({ 0, "" }, { run_here.status, run_here.err })
  end)
end)
