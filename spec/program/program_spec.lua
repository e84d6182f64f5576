-- The program as such: wrong use, pipes, signals, core dumps.

local cjson = require "cjson"
local program = require "spec.support.program"

local GUID = "5382f7ea-7557-4ab7-9782-d50480024a4e"

-- Output was nothing, and the message holds all these texts.
local function assert_refused(status, run, ...)
  assert.equal("", run.out)
  assert.equal(status, run.status)
  for _, text in ipairs { ... } do
    assert.truthy(run.err:find(text, 1, true), ("%q lacks %q"):format(run.err, text))
  end
end

describe("mde", function()
  it("refuses wrong words with status 2, naming them and the help", function()
    assert.equal(program.run("help").out, program.run().out)
    assert_refused(2, program.run "--verbose", "a command is required", "See: mde help")
    assert_refused(2, program.run "lsit", "'lsit'", "Did you mean:\n   mde list\n")
    assert_refused(2, program.run("help", "nothing"), "'nothing' is not a command")
    assert_refused(2, program.run("list", "--stat", "x"), "'--stat'", "See: mde help list")
    assert_refused(2, program.run("list", "extra"), "too many arguments")
    assert_refused(2, program.run("list", "--json", "--csv"), "--csv", "--json")
    assert_refused(2, program.run("--timeout", "soon", "list"), "--timeout: 'soon'", "seconds")
    assert_refused(2, program.run("--timeout", "0", "list"), "'0'")
  end)

  it("refuses wrong values before anything is sent", function()
    local function refused(...)
      local words = { ... }
      return program.sh("AZURE_AUTHORITY_HOST=http://127.0.0.1:9 MDE_API_URL=http://127.0.0.1:9"
        .. " AZURE_TENANT_ID=7d0b3b4e-6e1f-4c43-9d5a-2f8d4a1c9b60 AZURE_CLIENT_SECRET=s"
        .. " AZURE_CLIENT_ID=3c9f4f0a-58d2-4b77-8f0e-b1a6c2d4e587 $mde '"
        .. table.concat(words, "' '") .. "'")
    end
    assert_refused(2, refused("list", "--machine", "a", "--machine", "b"), "--machine", "1 time")
    assert_refused(2, refused("list", "--limit", "0"), "--limit: '0'", "whole number")
    assert_refused(2, refused("list", "--limit", "1e3"), "'1e3'")
    assert_refused(2, refused("list", "--status", "Canceled"), "'Canceled'", "Cancelled")
    assert_refused(2, refused("list", "--type", "Isolat"), "'Isolat'", "Isolate")
    assert_refused(2, refused("list", "--older-than", "4 hours"), "--older-than: '4 hours'",
      "See: mde help list")
    assert_refused(2, refused("list", "--after", "2026-01-23T25:10:40"), "is not a date")
    assert_refused(2, refused("show", "a b"), "'a b' is not a machine's id or DNS name")
    assert_refused(2, refused("download", "42"), "'42' is not the id of a machine action")
    assert_refused(2, refused("cancel", "42", "-m", "x"), "'42'", "the id of a machine action")
  end)

  it("says which variables are looked for when there is no credential", function()
    for _, words in ipairs { { "list" }, { "show", GUID }, { "cancel", GUID, "-m", "x" } } do
      local run = program.run(table.unpack(words))
      assert_refused(5, run, "AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET",
        "MDE_TOKEN")
    end
  end)

  it("ends with 4 when the network fails, and never shows a token", function()
    local run = program.sh("MDE_TOKEN=SEKRET MDE_API_URL=http://127.0.0.1:9"
      .. " $mde --verbose show " .. GUID)
    assert_refused(4, run, "127.0.0.1")
    assert.falsy(run.err:find("SEKRET", 1, true))
  end)

  it("writes nothing but JSON to standard error with --json", function()
    local run = program.rehearse("{ mistaken = 3, history = 0 }", [[
      export MDE_STROE=x
      mde --verbose list --limit 1 --json; mde machines --isolated --json; mde status --json
      mde cancel --requestor soar@contoso.com -m x --yes --max 3 --json --progress json
      mde cancel --requestor nina -m x -n --json; mde resume --json; mde lst --json
      mde undo -m x --yes --max 3 --json; mde cancel 42 -m x --json; mde show 00000000 --json]])
    local objects = {}
    for line in run.err:gmatch "[^\n]+" do
      local is_json, object = pcall(cjson.decode, line)
      assert.is_true(is_json and (object.note or object.code or object.done) ~= nil, line)
      objects[#objects + 1] = object
    end
    assert.truthy(#objects > 15, run.err)
  end)

  it("says when its output can't be written", function()
    local full = program.sh "$mde help >/dev/full"
    assert_refused(4, full, "cannot write the output: No space left on device")
    assert_refused(4, program.sh "$mde help >&-", "cannot write the output")
    assert_refused(4, program.sh "$mde --version >/dev/full", "No space left")
  end)

  it("ends quietly if its output is closed", function()
    local run = program.sh [[
      { trap "" PIPE; while printf x; do :; done 2>/dev/null; $mde help; echo "$?" >&2; } | :]]
    assert.equal("0\n", run.err)
  end)

  it("does not show control characters of its arguments raw", function()
    local run = program.run("help", "a\27[31mb\xc2\x9b\xff")
    assert_refused(2, run, [[a\x1b[31mb\u{9b}\xff]])
    assert.falsy(run.err:find "\27")
  end)

  it("leaves no core dump and lets no other process of the user look inside", function()
    local run = program.sh("ulimit -c hard; ulimit -c && exec $mde run /dev/stdin", [[
      for line in io.lines "/proc/self/limits" do
        if line:find "core" then print(line:match "size%s+(%w+)") end
      end
      io.open("/proc/self/environ"):close()]])
    assert.truthy(run.out:find "\n0\n$", run.out .. run.err)
  end)
end)
