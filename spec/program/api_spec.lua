-- mde api, against the simulator.

local cjson = require "cjson"
local program = require "spec.support.program"
local trouble = require "spec.support.trouble"

local MACHINE = "2ef80ceb42d83efa207463f1fc52b2760d99701a"

local function rehearse(script, input, options)
  return program.rehearse(options or "{ mistaken = 0, history = 0 }",
    script:gsub("%$M", "/api/machines/" .. MACHINE), input)
end

local function assert_refused(status, script, text)
  local run = rehearse(script)
  assert.same({ status, "" }, { run.status, run.out }, script .. run.err)
  assert.truthy(run.err:find(text, 1, true), run.err)
end

describe("mde api", function()
  it("reads, and shows the answer as one line of JSON", function()
    local run = rehearse "mde api get /api/libraryfiles"
    assert.same({ 0, "" }, { run.status, run.err })
    assert.truthy(run.out:find "^[^\n]+\n$")
    assert.equal(2, #cjson.decode(run.out).value)
  end)

  it("encodes queries, of which there may be several", function()
    local run = rehearse [[mde api GET /api/machines --query '$top=1' \
      --query "\$filter=computerDnsName eq 'ber-srv-5720.corp.contoso.com'"]]
    assert.equal(0, run.status, run.err)
    assert.equal(MACHINE, cjson.decode(run.out).value[1].id)
  end)

  it("sends a body from the command line, a file or standard input", function()
    local run = rehearse([[
      mde api POST $M/isolate -d '{"Comment":"one"}' --yes
      printf '{"Comment":"two"}' >body; mde api POST $M/unisolate -d @body -y
      mde api POST $M/runAntiVirusScan -d - -y]], '{"Comment":"three","ScanType":"Quick"}\n')
    assert.equal(0, run.status, run.err)
    local comments = {}
    for line in run.out:gmatch "[^\n]+" do
      comments[#comments + 1] = cjson.decode(line).requestorComment
    end
    assert.same({ "one", "two", "three" }, comments)
  end)

  it("uploads a file, and deletes it", function()
    local run = rehearse [[printf 'param()' >triage.ps1
      mde api POST /api/libraryfiles --file triage.ps1 --field Description="Triage, v7" --yes &&
      mde api DELETE /api/libraryfiles/triage.ps1 --yes &&
      mde api DELETE /api/libraryfiles/Get-Autoruns.ps1 --yes --json &&
      mde api GET /api/libraryfiles]]
    assert.equal(0, run.status, run.err)
    local first, second = run.out:match "^([^\n]+)\nnull\n([^\n]+)\n$"
    assert.same({ "triage.ps1", "Triage, v7" },
      { cjson.decode(first).fileName, cjson.decode(first).description })
    assert.equal(1, #cjson.decode(second).value)
    assert.equal("Done; the answer is empty.\n", run.err)
  end)

  it("shows the whole request with -n, and sends nothing", function()
    local run = rehearse [[mde api POST $M/isolate -d '{"Comment":"x"}
' --query '$a=b c' -n; mde api POST /api/libraryfiles --file $mde -n | tail -1]]
    assert.same({ 0, 0 }, { run.status, run.ledger.requests }, run.err)
    assert.truthy(run.out:find(
      "^POST http://127%.0%.0%.1:%d+/api/machines/%x+/isolate%?%$a=b%%20c\n{\"Comment\":\"x\"}\n"
      .. "%(a form of %d+ bytes%)\n$"), run.out)
    assert.truthy(run.err:find("The quota is that of `isolate`.", 1, true), run.err)
  end)

  it("asks about what does not read, and takes no terminal for no", function()
    assert_refused(3, "mde api DELETE /api/libraryfiles/Get-Autoruns.ps1",
      "DELETE changes something, and no terminal to ask at; nothing was sent")
    for answer, status in pairs { ["y^M"] = 0, ["n^M"] = 3 } do
      local run = program.at_terminal(100, { "[y/N] ", answer }, program.path, "sim", "mde", "api",
        "DELETE", "/api/libraryfiles/Get-Autoruns.ps1")
      assert.equal(status, run.status, run.out)
      local question = "DELETE /api/libraryfiles/Get-Autoruns.ps1 in the simulation"
      assert.truthy(run.out:find(question, 1, true))
    end
  end)

  it("refuses what is wrong before it asks anybody", function()
    for script, text in pairs {
      ["HEAD /api/machines"] = "'HEAD' is not GET, POST, PUT, PATCH or DELETE",
      ["GET api/machines"] = "'api/machines' is not the path of a call",
      ["DELETE https://evil.example/api/machines"] = "is not the path of a call",
      ["GET '/api/machines x' -n"] = "is not the path of a call",
      ["GET /api/machines --query top"] = "--query: 'top' is not NAME=VALUE",
      ["POST /api/x -d '{'"] = "-d: the body is not JSON",
      ["POST /api/x -d ''"] = "-d: the body is not JSON",
      ["POST /api/x -d @none"] = "none: No such file", ["POST /api/x -d @/"] = "Is a directory",
      ["POST /api/x --field a=b"] = "--field requires --file",
      ["POST /api/x --file none"] = "none: No such file",
      ["POST /api/x --file $mde --field a"] = "'a' is not NAME=VALUE",
      ["POST /api/x --file $mde -d 1"] = "cannot be combined",
      ["GET /api/machines --batch b"] = "--batch and -m do not work with GET",
      ["DELETE /api/libraryfiles/x --deadline 5s"] = "--deadline works only with GET",
      ["GET"] = "missing PATH",
    } do
      assert_refused(2, "mde api " .. script, text)
    end
  end)

  it("ends with 1 if there is nothing, with 5 if a permission is missing", function()
    assert_refused(1, "mde api GET /api/alerts", "HTTP 404")
    local run = rehearse("mde api DELETE /api/libraryfiles/x -y", nil,
      "{ mistaken = 0, history = 0, roles = { 'Machine.Read.All' } }")
    assert.same({ 5, "" }, { run.status, run.out })
    assert.truthy(run.err:find("Library.Manage", 1, true), run.err)
  end)

  it("sends what changes something once, and says that it may have been done", function()
    local run = rehearse([[mde api POST $M/isolate -d '{"Comment":"x"}' -y
      s=$?; grep -c isolate $REQUESTS; exit $s]], nil, [[{ mistaken = 0, history = 0,
      oddities = { lost_after = { nth = 1, operation = "isolate" } } }]])
    assert.same({ 4, "1\n" }, { run.status, run.out })
    assert.truthy(run.err:find("the service may have carried out the request", 1, true), run.err)
  end)

  it("is a batch of one, with a line in the audit log", function()
    local run = rehearse [[printf x >a.ps1
      mde api POST $M/isolate -d '{"Comment":"x"}' -y --batch one -m INC1 >/dev/null
      mde api POST /api/libraryfiles --file a.ps1 -y --batch two >/dev/null
      mde api DELETE /api/libraryfiles/a%2Eps1 -y --batch three 2>/dev/null
      for b in one two three; do mde batch show $b; done
      mde batch report one | grep -c "^TYPE"
      grep '"id":"' $XDG_STATE_HOME/mde/audit.jsonl]]
    local post = "POST /api/machines/" .. MACHINE .. "/isolate"
    assert.truthy(run.out:find(("^done +%s\ndone +a%%.ps1\ndone +a%%.ps1\n0\n"):format(post)),
      run.out .. run.err)
    local lines = {}
    for line in run.out:gmatch "(%b{})\n" do lines[#lines + 1] = cjson.decode(line) end
    local function fields(i)
      local line = lines[i]
      return { line.what, line.id, line.request, line.status, line.verdict, line.comment }
    end
    assert.same({ "request", post, post, 201, "done", "INC1" }, fields(1))
    assert.same({ "upload", "a.ps1", "POST /api/libraryfiles", 200, "done", "" }, fields(2))
    assert.same({ "delete_file", "a.ps1", "DELETE /api/libraryfiles/a.ps1", 204, "done", "" },
      fields(3))
  end)

  it("is not sent again after the program was killed while it waited for the answer", function()
    local run = rehearse(([[mde api GET /api/libraryfiles >/dev/null
      for n in 2 3 4; do
        %s mde api POST $M/isolate -d '{"Comment":"x"}' -y --batch b 2>/dev/null
        if grep -q isolate $REQUESTS; then
          mde resume b; echo "was $?"; grep -c isolate $REQUESTS; break
        fi
      done]]):format((trouble.environment "kill:N:send":gsub(":N:", ":'$n':"))))
    assert.truthy(run.out:find "^unknown +POST [^\n]+\nwas 4\n1\n$", run.out .. run.err)
  end)

  it("has the verdict of the audit log if the program was killed before it was in the journal",
    function()
      local run = rehearse(([[mde api GET /api/libraryfiles >/dev/null
        for n in $(seq 1 40); do
          %s mde api POST $M/isolate -d '{"Comment":"x"}' -y --batch b$n 2>/dev/null >out
          if grep -q '"verdict":"done"' $XDG_STATE_HOME/mde/audit.jsonl; then
            mde batch show b$n --verdict open 2>/dev/null | cut -d" " -f1; mde resume b$n
            grep -c '"id":"' $XDG_STATE_HOME/mde/audit.jsonl; break
          fi
        done]]):format((trouble.environment "kill:N:fdatasync":gsub(":N:", ":'$n':"))))
      assert.truthy(run.out:find "^unknown\ndone +POST [^\n]+\n1\n$", run.out .. run.err)
    end)

  it("is not sent again to resume a request whose answer was lost", function()
    local run = rehearse([[
      mde api POST $M/isolate -d '{"Comment":"x"}' -y --batch b 2>/dev/null
      mde resume b; echo "was $?"; mde resume b --json; mde batch show b
      mde batch close b -m "it was isolated"; mde resume b; grep -c isolate $REQUESTS]], nil,
      "{ mistaken = 0, history = 0, oddities = { lost_after = { operation = 'isolate' } } }")
    assert.truthy(run.out:find "^unknown +POST [^\n]+\nwas 4\n{[^\n]+\nunknown [^\n]+\n1\n$",
      run.out .. run.err)
    assert.truthy(run.err:find("find out what it did; then mde batch close b -m REASON", 1,
      true), run.err)
    assert.truthy(run.err:find("This batch has no open items.", 1, true), run.err)
  end)
end)
