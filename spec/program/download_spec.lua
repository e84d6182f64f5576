-- mde download, against the simulator.

local cjson = require "cjson"
local program = require "spec.support.program"

-- A script in which $p is a package's action and $r a live response's, with two results.
local function rehearse(script, options)
  return program.rehearse(options or "{ mistaken = 0 }", [[
    p=$(mde list --all --type CollectInvestigationPackage --status Succeeded --limit 1 --ids \
        2>/dev/null)
    r=$(mde list --all --type LiveResponse --status Succeeded --limit 1 --ids 2>/dev/null)
    ]] .. script)
end

local PACKAGE = "%l+%-%l+%-%d+%.corp%.contoso%.com%-%x%x%x%x%x%x%x%x"

describe("mde download", function()
  it("fetches a package into a file of the machine's name, and says its digest", function()
    local run = rehearse "mde download $p; s=$?; ls; sha256sum *.zip; exit $s"
    assert.same({ 0, "97.7 KiB\n" }, { run.status, run.err })
    local line, name, sum = run.out:match "^([^\n]+)\n([^\n]+)\n([^\n]+)\n$"
    assert.equal(sum, line)
    assert.truthy(name:find("^" .. PACKAGE .. "%.zip$"), name)
  end)

  it("fetches the result of a command, into a file that is named", function()
    local run = rehearse [[
      mde download $r --index 0 --json && mde download $r --index 1 -o triage.zip && ls]]
    assert.equal(0, run.status, run.err)
    local first = cjson.decode(run.out:match "^[^\n]+")
    assert.truthy(first.path:find("^" .. PACKAGE .. "%-0%.zip$"), first.path)
    assert.truthy(first.size > 0 and first.sha256:find "^%x+$")
    assert.truthy(run.out:find "\ntriage.zip\n$", run.out)
  end)

  it("overwrites nothing", function()
    local run = rehearse "mde download $p -o a >/dev/null 2>&1; mde download $p -o a"
    assert.same({ 2, "" }, { run.status, run.out })
    assert.truthy(run.err:find("a exists; remove it or give another name", 1, true), run.err)
  end)

  it("opens no link and no FIFO, and writes to neither", function()
    local run = rehearse [[
      mkfifo a; ln -s nothing b; timeout 9 mde download $p -o a; echo $? >&2
      mde download $p -o b; echo $? >&2
      echo precious >kept; ln -s ../empty/kept c.$p.part; mkfifo d.$p.part
      mde download $p -o c; echo $? >&2; timeout 9 mde download $p -o d; echo $? >&2
      cat kept; [ -p a ] && [ -p d.$p.part ] && [ -h b ] && [ -h c.$p.part ] && test ! -e c]]
    assert.same({ 0, "precious\n" }, { run.status, run.out }, run.err)
    assert.truthy(run.err:find "a exists; remove it.*\n2\n.*b exists; remove it.*\n2\n",
      run.err)
    local _, refused = run.err:gsub("part: is not a regular file\n4\n", "")
    assert.equal(2, refused, run.err)
  end)

  it("gives up at the deadline when the service asks to wait", function()
    local run = program.rehearse([[{ mistaken = 0,
      oddities = { throttled = { operation = "get" }, throttled_for = 300 } }]],
      "mde download 5382f7ea-7557-4ab7-9782-d50480024a4e --deadline 1s")
    assert.same({ "", 4 }, { run.out, run.status })
    assert.truthy(run.err:find("mde: gave up at the deadline: ", 1, true), run.err)
  end)

  it("refuses wrong use before anything is asked", function()
    local id = "5382f7ea-7557-4ab7-9782-d50480024a4e"
    for arguments, text in pairs {
      [""] = "missing ID", ["x"] = "'x' is not the id",
      [id .. " --index x"] = "'x' is not a whole number from 0",
      [id .. " --index=-1"] = "'-1' is not a whole number", [id .. " " .. id] = "too many",
    } do
      local run = program.sh("mde download " .. arguments)
      assert.same({ 2, "" }, { run.status, run.out }, arguments .. run.err)
      assert.truthy(run.err:find(text, 1, true), run.err)
    end
  end)

  it("says what there is to download, and what is not there yet", function()
    local run = rehearse [[mde download $r; echo $? >&2
      mde download $r --index 9; echo $? >&2; mde download $p --index 0; echo $? >&2
      mde download $(mde list --type LiveResponse --limit 1 --ids 2>/dev/null) --index 0
      echo $? >&2
      mde download $(mde list --all --type Unisolate --limit 1 --ids 2>/dev/null); echo $? >&2
      ls]]
    assert.equal("", run.out)
    for _, pattern in ipairs { "has 2 results; say which by its index %(0, 1%)\n[^\n]*\n2\n",
      "no result of command 9 [^\n]*\n1\n", "is a package, which has no index\n[^\n]*\n2\n",
      "is still Pending: there is nothing to download before it ends\n1\n",
      "is Unisolate, which leaves no file" } do
      assert.truthy(run.err:find(pattern), pattern .. run.err)
    end
  end)

  it("ends with 4 if the file cannot be written, naming it once", function()
    local run = rehearse "mde download $p -o /nowhere/a"
    assert.same({ 4, "" }, { run.status, run.out })
    local _, times = run.err:gsub("/nowhere", "")
    assert.equal(1, times, run.err)
  end)

  it("ends with 4 if the disk is full, and keeps the part that arrived", function()
    local run = rehearse [[
      (ulimit -f 100; trap '' XFSZ; mde download $p -o a); s=$?; ls; exit $s]]
    assert.equal(4, run.status, run.err)
    assert.truthy(run.err:find("a.", 1, true) and run.err:find("File too large", 1, true), run.err)
  end)

  local LARGE = "{ mistaken = 0, package_size = 20000000, oddities = { %s } }"

  it("continues where it was killed", function()
    local run = rehearse([[
      mde download $p -o a & pid=$!
      wait_until '[ "$(grep -c sig= $REQUESTS)" -ge 3 ]'; kill -KILL $pid; wait $pid
      mde download $p -o a && ls && stat -c %s a
      ]], LARGE:format "late = { nth = 3, operation = 'download' }, late_by = 5")
    assert.equal(0, run.status, run.err)
    assert.truthy(run.out:find "  a\na\n20000000\n$", run.out)
  end)

  it("says what it keeps when it is interrupted, and goes on with it", function()
    local run = rehearse([[
      mde download $p -o a & pid=$!
      wait_until '[ "$(grep -c sig= $REQUESTS)" -ge 3 ]'; kill -TERM $pid; wait $pid; echo $?
      mde download $p -o a && ls]],
      LARGE:format "late = { nth = 3, operation = 'download' }, late_by = 5")
    assert.equal(0, run.status, run.err)
    assert.truthy(run.out:find "^130\n%x+  a\na\n$", run.out .. run.err)
    assert.truthy(run.err:find "The first part is kept in a%.%S+%.part; the same command resumes",
      run.err)
  end)

  it("shows at a terminal how far it is, in its width", function()
    local whole = "\r4.0 MiB of 19.1 MiB, 20 %\27[K"
    for _, columns in ipairs { 20, 80 } do
      local run = program.at_terminal(columns, {}, program.path, "run",
        program.support .. "/rehearse.lua", LARGE:format "", "sh", "-c",
        [[mde download $(mde list --all --status Succeeded --limit 1 \
          --type CollectInvestigationPackage --ids 2>/dev/null) -o a]])
      assert.equal(0, run.status, run.out)
      assert.truthy(run.out:find(whole:sub(1, 18), 1, true), run.out)
      assert.equal(columns == 80, run.out:find(whole, 1, true) ~= nil, run.out)
      assert.truthy(run.out:find "\r\27%[K%x+  a\r\n")
    end
  end)
end)
