-- mde help.

local program = require "spec.support.program"

describe("mde help", function()
  it("prints what --help prints, with examples for commands that take options", function()
    local run = program.run "help"
    assert.equal(0, run.status)
    for _, name in ipairs { "list", "show", "cancel", "run", "repl", "sim", "help" } do
      assert.truthy(run.out:find("\n   " .. name .. " ", 1, true), name)
      local help = program.run("help", name)
      assert.same({ 0, "" }, { help.status, help.err })
      assert.equal(help.out, program.run(name, "--help").out)
    end
    for _, name in ipairs { "list", "show", "cancel", "run", "sim" } do
      assert.truthy(program.run("help", name).out:find("Example", 1, true), name)
    end
  end)

  it("is also --help before a command", function()
    assert.equal(program.run("help", "cancel").out, program.run("--help", "cancel").out)
  end)

  it("refuses a word that is no command", function()
    local run = program.run("help", "cancle")
    assert.same({ 2, "" }, { run.status, run.out })
    assert.truthy(run.err:find("'cancle'", 1, true), run.err)
    assert.truthy(run.err:find("   mde help cancel\n", 1, true), run.err)
  end)
end)
