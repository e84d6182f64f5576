-- mde repl, from a pipe and at a terminal.

local program = require "spec.support.program"

describe("mde repl", function()
  local function repl(input)
    local run = program.sh("exec $mde repl", input)
    assert.equal(0, run.status)
    return run.out, run.err
  end

  it("shows values of expressions and runs statements, over several lines", function()
    assert.equal("2  x\n3\n", (repl "1 + 1, 'x'\ny = 3\ny\n"))
    assert.equal("1\n2\n", (repl "for i = 1, 2 do\nprint(i)\nend\n"))
    assert.equal("nil\n", (repl "nil"))
  end)

  it("shows a value over several lines, tables by their fields, and lists in order", function()
    assert.equal("3\n", (repl "1 +\n2\n"))
    assert.equal("{}\n", (repl "{\n}\n"))
    assert.equal("{\n  1 = 7\n  2 = 8\n  a = {\n    b = true\n  }\n}\n",
      (repl "{ a = { b = true }, 7, 8 }\n"))
    local run = program.sh("exec $mde sim --quota off mde repl", [[
      client:list { requestor = "soar@contoso.com", limit = 2 }
      client:action(client:list { limit = 1 }[1])]])
    assert.truthy(run.out:find "^AGE  TYPE     STATUS   MACHINE +BY +ID\n%w+ +Isolate  Pending ")
    assert.truthy(run.out:find "\nstatus: InProgress\n")
    assert.truthy(run.out:find "\ncreationDateTimeUtc: [^(]+ %(%d+m ago%)\n")
    assert.truthy(run.err:find("2 actions", 1, true))
  end)

  it("takes no binary chunk", function()
    local _, err = repl "\27Lua\n"
    assert.truthy(err:find("binary", 1, true), err)
  end)

  it("continues after an error", function()
    local out, err = repl "error 'no'\nx x\n5\n"
    assert.equal("5\n", out)
    assert.truthy(err:find("stdin:1: no", 1, true))
    assert.truthy(err:find("syntax error", 1, true))
  end)

  it("has mde and, where the environment makes sense, a client", function()
    assert.equal("function  mde.client (default sign-in)\n", (repl "type(mde.client), client"))
    local made = program.sh("AZURE_TENANT_ID='a b' exec $mde repl", "type(mde.client), client\n")
    assert.equal("function  nil\n", made.out)
    assert.truthy(made.err:find("No client: .*AZURE_TENANT_ID"))
    local run = program.sh("MDE_TOKEN=abc exec $mde repl", "type(client.cancel)\n")
    assert.same({ "function\n", "" }, { run.out, run.err })
  end)

  it("prints nothing that a terminal would execute", function()
    assert.equal("\\x1b[31m\n", (repl "'\\27[31m'"))
  end)

  it("says what went wrong in one line", function()
    local out, err = repl "client:action 'x'\nerror { 1 }\nlocal t = nil; t.x = 1\n"
    assert.equal("", out)
    assert.falsy(select(2, repl "client:list { typ = 1 }\n"):find("repl.lua", 1, true))
    assert.truthy(err:find "error: get: id 'x' is not a machine action's id, [^\n]*\n")
    assert.falsy(err:find("traceback", 1, true))
    assert.equal(3, select(2, err:gsub("error: ", "")))
  end)

  it("shows many results each in its way, and keeps the first as _", function()
    local run = program.sh("exec $mde sim --quota off mde repl", [[
      client:list { type = "Isolate", limit = 1 }
      client:cancel(_[1], { comment = "x" })
      _.status, #client:list { status = "Cancelled" } > 0
      client:list_machines { limit = 1 }
      client:machine(_[1])
      client:isolated()]])
    assert.equal(0, run.status, run.err)
    assert.truthy(run.out:find "\nstatus: Cancelled\n.*\ncancelled\nCancelled  true\nNAME +HEALTH")
    assert.truthy(run.out:find "\nlastSeen: [^(]+ %([^)]+ ago%)\n")
    assert.truthy(run.out:find "\nMACHINE +STATE +FOR +BY +WHY +CONFLICT +ID\n")
    assert.truthy(run.err:find("The history of actions goes back to", 1, true))
  end)

  it("shows the documentation of a function", function()
    local out = repl "help cancel\n"
    assert.truthy(out:find "^client:cancel%(target, options%)\n", out)
    assert.truthy(out:find("returns: ", 1, true), out)
    assert.equal(out, (repl "help 'client:cancel'\n"))
    local of_function, complaints = repl [[
      help(client.cancel)
      help(mde.client)
      help(print)
      help(7)]]
    assert.equal(out .. repl "help mde.client\n", of_function)
    assert.equal(("This is not a function of mde or client, or its name; help lists all.\n")
      :rep(2), complaints)
    for _, value in ipairs { "client", "mde" } do
      assert.equal(repl "help\n", (repl("help(" .. value .. ")\n")))
    end
    local list = repl "help\n"
    for _, name in ipairs { "mde.client(", "client:list(", "client:cancel_all(" } do
      assert.truthy(list:find(name, 1, true), name)
    end
    local _, err = repl "help nonsense\n"
    assert.truthy(err:find("There is no function 'nonsense'", 1, true))
  end)

  it("starts in a simulated incident", function()
    local run = program.sh("exec $mde repl --sim",
      "#client:list { requestor = 'soar@contoso.com' } > 99")
    assert.same({ 0, "true\n" }, { run.status, run.out })
  end)

  local function type_at(columns, dialogue)
    return program.at_terminal(columns, dialogue, "env", "LC_ALL=C.UTF-8", "MDE_TOKEN=abc",
      program.path, "repl")
  end

  it("completes names, options and words by a tab", function()
    local run = type_at(80, {
      "> ", "mde.cli\t", "ent", "\t", "clients", "^C", "> ", "client:cancel_\t", "all", "^C",
      "> ", "x = { { 'deep', key_of_it = 7 } }^M", "> ", "x[1].ke\t^M", "7", "",
      "> ", "y = client:list { ty\t", "pe = ", "'Isol\t", "ate'", "^C",
      "> ", "'Canc\t^M", "\nCancelled", "", "> ", "nosuch\t^M", "nil\r\n> ", "^D" })
    assert.equal(0, run.status, run.out .. run.err)
  end)

  it("knows that a person types the changes: while the service fails, they are urgent", function()
    local run = type_at(80, {
      "> ", "client.is_attended^M", "true\r\n> ", "mde.client{token='x'}.is_attended^M",
      "true\r\n> ", "^D" })
    assert.equal(0, run.status, run.out .. run.err)
    assert.equal("false\n", (repl "client.is_attended\n"))
  end)

  it("edits lines of any text, drops them, and continues over several", function()
    local run = type_at(80, {
      "> ", "'h\195\164llo w\27[D\195\182\5'^M", "h\195\164llo \195\182w", "",
      "> ", "nonsense(^C", "> ", "for i = 1, 2 do^M", ">> ", "print(i * 21)^M", ">> ", "end^M",
      "42\r\n> ", "do^M", ">> ", "^C", "> ", "1 + 1^M", "2", "", "> ", "^D" })
    assert.equal(0, run.status, run.out .. run.err)
    assert.falsy(run.out:find("error", 1, true))
  end)

  it("refuses to use the editor while it reads a line", function()
    local path = os.tmpname()
    local file = assert(io.open(path, "w"))
    file:write [[
      local editor = require "mde.editor".open "test"
      local function complete()
        local refused = 0
        for _, name in ipairs { "remember", "load", "save", "close", "read" } do
          local _, message = pcall(editor[name], editor, "x", complete)
          if tostring(message):find "is reading a line" then refused = refused + 1 end
        end
        return "", refused .. " refused"
      end
      print(("got %s"):format(editor:read("> ", complete)))]]
    file:close()
    local run = program.at_terminal(80, { "> ", "it\t", "5 refused", "^M", "got it", "" },
      program.path, "run", path)
    os.remove(path)
    assert.equal(0, run.status, run.out .. run.err)
  end)

  it("keeps a history of its user alone, without secrets", function()
    local run = program.sh(("exec sh -c %s"):format(program.quote(([[
      pty() { TERM=xterm %s "$@" -- env MDE_TOKEN=abc $mde repl; }
      pty 80 "> " "6 * 7^M" 42 "" "> " "x = { client_secret = 'sesame' }^M" "> " "^D" || exit
      pty 80 "> " "$(printf '\033[A')^M" 42 "" "> " "^D" || exit
      cd $XDG_STATE_HOME/mde && stat -c %%a repl_history && cat repl_history]])
      :format(program.pty()))))
    assert.equal(0, run.status, run.out .. run.err)
    assert.truthy(run.out:find("\n600\n", 1, true), run.out)
    assert.falsy(run.out:match "\n600\n(.*)":find("sesame", 1, true))
  end)

  it("asks at a terminal, and outlives Ctrl-C in a running chunk", function()
    local run = program.at_terminal(80, {
      "> ", "print(6 * 7) while true do end^M", "42", "^C", "interrupted\r\n", "",
      "> ", "7 * 7^M", "49\r\n> ", "^D",
    }, "env", "MDE_TOKEN=abc", program.path, "repl")
    assert.equal(0, run.status, run.out)
    assert.truthy(run.out:find("interrupted", 1, true))
  end)

  it("outlives a Ctrl-C that comes when the chunk has just ended", function()
    local run = type_at(80, {
      "> ", "os.execute '(sleep 0.3; kill -INT $PPID; echo sent) &'^M", "sent\r\n",
      "7 * 7^M", "49\r\n> ", "^D" })
    assert.equal(0, run.status, run.out .. run.err)
  end)
end)
