-- A stranger's text in messages: it is shown on the line that it is in, and begins none.

local program = require "spec.support.program"

-- Fails if a line of the text begins with what a stranger would put there.
local function assert_no_forged_line(text)
  assert.falsy(("\n" .. text):find "\n[ ]*forged", text)
  assert.truthy(text:find("\\nforged", 1, true), text)
end

describe("a message", function()
  it("keeps the name of a policy's file on its line", function()
    local names = [[evil=$(printf 'x\nforged.lua')]]
    for _, policy in ipairs { "return { comment = 3 }", "error 'no'", "return", "x = = 1" } do
      for _, command in ipairs { "plan", "test", "watch" } do
        local run = program.sh(("%s; printf %%s %s >\"$evil\"; MDE_TOKEN=x exec $mde %s \"$evil\"")
          :format(names, program.quote(policy), command))
        assert.not_equal(0, run.status)
        assert_no_forged_line(run.out .. run.err)
      end
    end
    assert_no_forged_line(program.sh(names .. '; exec $mde plan "$evil"').err)
  end)

  it("keeps what a plan says of its maker on its line", function()
    local run = program.sh(([[
      printf 'return { comment = "x", select = { type = "Isolate", limit = 2 },
        decide = function() return cancel "x" end }' >policy.lua
      exec $mde sim sh -c 'mde plan policy.lua -o plan >/dev/null 2>&1 &&
        mde run %s/reseal.lua plan && mde apply plan']])
      :format(program.support))
    assert.equal(3, run.status, run.err)
    assert.truthy(run.err:find("by x\\nforged: ", 1, true), run.err)
    assert_no_forged_line(run.err)
  end)

  it("of the audit log has nothing that a terminal would execute or hide", function()
    local run = program.sh("TEXT='a\u{202e}b\u{200b}c\u{e0001}é' exec $mde sim sh -c " .. [['
      mde cancel --type Isolate --yes --max 999 -m "$TEXT" >/dev/null 2>&1
      head -n 2 $XDG_STATE_HOME/mde/audit.jsonl; mde audit verify']])
    assert.equal(0, run.status, run.err)
    assert.truthy(run.out:find([["comment":"a\u202eb\u200bc\udb40\udc01é"]], 1, true), run.out)
    assert.falsy(run.out:find("\u{202e}", 1, true) or run.out:find("\u{200b}", 1, true))
  end)

  it("keeps what the service or a playbook raises on its line", function()
    local run = program.sh("exec $mde run /dev/stdin", [[
      error(require "mde.base.errors".new {
        code = "service", message = "a\nforged \u{200b}" }, 0)]])
    assert.equal("mde: a\\nforged \\u{200b}\n", run.err)
    run = program.sh [[exec $mde list --type "$(printf 'x\nforged')"]]
    assert_no_forged_line(run.err)
  end)
end)
