-- Tables and questions at a terminal: mde.terminal, mde.program.terminal.table.

local program = require "spec.support.program"

-- Evaluates Lua in the program and gives what it prints.
local function evaluate(chunk)
  local run = program.sh("exec $mde run /dev/stdin", "local t = require 'mde.terminal'\n" .. chunk)
  assert.same({ "", 0 }, { run.err, run.status })
  return run.out
end

describe("printable text", function()
  local function printable(text)
    return evaluate(("io.write(t.printable(%q))"):format(text))
  end

  it("is left as it is when it is harmless", function()
    assert.equal("plain é€漢😀 e\u{301} \\", printable "plain é€漢😀 e\u{301} \\")
    assert.equal("", printable "")
  end)

  it("shows control characters, DEL and C1 instead of executing them", function()
    assert.equal([[\x1b]0;title\x07]], printable "\27]0;title\7")
    assert.equal([[a\nb\rc\td\x00e\x7ff\u{9b}g]], printable "a\nb\rc\td\0e\127f\u{9b}g")
  end)

  it("shows what would turn the line round", function()
    for _, code in ipairs { 0x061C, 0x200E, 0x200F, 0x202A, 0x202E, 0x2066, 0x2069, 0x2028 } do
      assert.equal(("a\\u{%x}b"):format(code), printable("a" .. utf8.char(code) .. "b"))
    end
  end)

  it("shows characters that no reader sees: all default ignorable ones of Unicode", function()
    for _, code in ipairs { 0xAD, 0x34F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x180B, 0x180E, 0x180F,
      0x200B, 0x200C, 0x200D, 0x2060, 0x2065, 0x206A, 0x206F, 0x3164, 0xFE00, 0xFE0F, 0xFEFF,
      0xFFA0, 0xFFF0, 0xFFF9, 0xFFFB, 0x1BCA0, 0x1D17A, 0xE0000, 0xE0001, 0xE0020, 0xE007F,
      0xE0100, 0xE0FFF } do
      assert.equal(("a\\u{%x}b"):format(code), printable("a" .. utf8.char(code) .. "b"))
    end
    for _, code in ipairs { 0xA0, 0xAE, 0x34E, 0x350, 0x115E, 0x1161, 0x200A, 0x2010, 0x2027,
      0x202F, 0x205F, 0x2070, 0xFDFF, 0xFE10, 0xFF9F, 0xFFFC, 0x1F600, 0xE1000 } do
      assert.equal("a" .. utf8.char(code) .. "b", printable("a" .. utf8.char(code) .. "b"))
    end
  end)

  it("shows bytes that are no UTF-8, each on its own", function()
    assert.equal([[\xff]], printable "\xff")
    assert.equal([[\xc0\xaf]], printable "\xc0\xaf")              -- overlong
    assert.equal([[\xed\xa0\x80]], printable "\xed\xa0\x80")      -- a surrogate
    assert.equal([[\xf4\x90\x80\x80]], printable "\xf4\x90\x80\x80")  -- beyond Unicode
    assert.equal([[\xe2\x82]], printable "\xe2\x82")              -- cut
    assert.equal([[\x9b31m]], printable "\x9b31m")
  end)

  it("means the same as JSON", function()
    assert.equal([["a\u009b\u202e\u007f\ufffd é"]],
      evaluate [[io.write(t.printable_json('"a\u{9b}\u{202e}\127\xff é"'))]])
    assert.equal([["\udb40\udc01\ufe0f\udb43\udfff"]],
      evaluate [[io.write(t.printable_json('"\u{e0001}\u{fe0f}\u{e0fff}"'))]])
    assert.equal("\u{e0001}\u{e0fff}", evaluate [[
      io.write(require "cjson".decode(t.printable_json('"\u{e0001}\u{e0fff}"')))]])
  end)
end)

describe("widths", function()
  it("count columns, not bytes or characters", function()
    assert.equal("3 1 2 1 4", evaluate [[
      io.write(t.columns "abc", " ", t.columns "é", " ", t.columns "漢", " ", t.columns "e\u{301}",
        " ", t.columns "漢字")]])
  end)

  it("are kept when text is cut", function()
    assert.equal("abcd abc… 漢… 漢字 …", evaluate [[
      io.write(t.cut("abcd", 4), " ", t.cut("abcde", 4), " ", t.cut("漢字", 3), " ",
        t.cut("漢字", 4), " ", t.cut("漢字", 1))]])
  end)

  it("are those of the terminal, or unknown", function()
    local chunk = "local t = require 'mde.terminal' print(t.is_terminal(1), t.width(1))"
    local file = os.tmpname()
    local handle = assert(io.open(file, "w"))
    handle:write(chunk)
    handle:close()
    assert.equal("true\t57\r\n", program.at_terminal(57, {}, program.path, "run", file).out)
    assert.equal("false\tnil\n", program.run("run", file).out)
    os.remove(file)
  end)
end)

describe("Ctrl-C at a question or just after its answer", function()
  -- Runs `command` (words as Lua text) after `script`. A signal comes after the answer to its question,
  -- or after the last look at the quota if the last word is --yes.
  local function interrupted(command, script)
    return program.rehearse("{ mistaken = 12, history = 0 }", (script or "") .. [[
      cat >x.lua <<'END'
        local words = { ]] .. command .. [[ }
        local module, name = require "mde.program.batch.confirmation", "ask"
        if words[#words] == "--yes" then
          module, name = require "mde.program.batch.execution", "foretell"
        end
        require "mde.terminal".ask = function() return "y" end
        local function signal(...)
          io.popen("kill $PPID"):close()
          return ...
        end
        local f = module[name]
        module[name] = function(...) return signal(f(...)) end
        local interrupt = require "mde.interrupt"
        print("was " .. interrupt.leave(function()
          interrupt.release()
          return require "mde.program"(words)
        end))
END
      mde run x.lua; mde batch list]])
  end

  it("ends the command, and says that nothing was sent", function()
    local run = interrupted([["cancel", "--requestor", "soar@contoso.com", "-m", "x"]])
    assert.equal("was 130\n", run.out, run.err)
    assert.truthy(run.err:find("interrupted; nothing was sent", 1, true), run.err)
    assert.equal(0, run.ledger.posts)
    run = interrupted [["cancel", "--type", "Isolate", "-m", "x", "--max", "99", "--yes"]]
    assert.equal("was 130\n", run.out, run.err)
    assert.truthy(run.err:find("interrupted; nothing was sent", 1, true), run.err)
    assert.equal(0, run.ledger.posts)
  end)

  it("leaves an open batch as it is", function()
    local run = interrupted([["resume"]], [[
      { mde cancel --requestor soar@contoso.com -m x --batch b --yes --max 12 --parallel 1 --json
      } 2>err | :; mde batch show b >before; cp $POSTED posts; ]])
    assert.truthy(run.out:find "was 130\n.*open", run.out .. run.err)
    assert.truthy(run.err:find("interrupted; nothing was sent", 1, true), run.err)
    assert.truthy(run.ledger.posts < 12)
  end)

  it("also ends the loop of a shell that runs the command", function()
    local run = program.at_terminal(80, { "[y/N]", "^C" }, program.path, "sim", "bash", "-c",
      "for i in 1 2; do mde cancel --requestor soar@contoso.com -m x; done; echo went on")
    assert.equal(130, run.status, run.out)
    assert.truthy(run.out:find("interrupted; nothing was sent", 1, true), run.out)
    assert.falsy(run.out:find("went on", 1, true), run.out)
  end)
end)
