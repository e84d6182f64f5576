-- Marks of a simulation: prompts, questions, mde status.

local cjson = require "cjson"
local program = require "spec.support.program"

local SCENARIO = { program.path, "sim", "--quota", "off", "--scenario", "took-effect" }

-- At a terminal; `words` follow those of SCENARIO.
local function at_terminal(dialogue, environment, ...)
  local command = { "env", environment or "X=", table.unpack(SCENARIO) }
  table.move({ ... }, 1, select("#", ...), #command + 1, command)
  return program.at_terminal(160, dialogue, table.unpack(command))
end

describe("a simulation", function()
  for _, shell in ipairs { "/bin/sh", "/bin/bash", "/bin/zsh", "/usr/bin/fish" } do
    it("is in the prompt of " .. shell, function()
      local run = at_terminal({ "(simulation) ", "exit 7^M" }, "SHELL=" .. shell)
      assert.equal(7, run.status, run.out)
    end)
  end

  it("leaves a shell's own startup files in force", function()
    for shell, rc in pairs { bash = ".bashrc", zsh = ".zshrc" } do
      local run = program.sh(([[
        export HOME="$PWD/home" SHELL=/bin/%s; mkdir home; unset ZDOTDIR
        echo 'echo own startup' >home/%s
        exec %s 160 "(simulation) " "exit 7^M" -- $mde sim]]):format(shell, rc, program.pty()))
      assert.equal(7, run.status, run.out .. run.err)
      assert.truthy(run.out:find("own startup", 1, true), run.out)
    end
  end)

  it("is in each question", function()
    for _, words in ipairs {
      "mde cancel --type Isolate -m x --max 999",
      "mde machines --tag VIP --add-tag x --max 999",
      "mde api POST /api/machines/x/unisolate -d '{}'",
      "mde launch offboard $(mde machines --ids --limit 1) -m x",
    } do
      local run = at_terminal({ "(simulation) ", words .. "^M", " the simulation took-effect ",
        "no^M", "(simulation) ", "exit^M" }, "SHELL=/bin/sh")
      assert.truthy(run.out:find("the simulation took-effect (tenant 7d0b", 1, true), run.out)
    end
  end)

  it("is in mde status, as text and as JSON", function()
    local run = program.sh [[exec $mde sim --quota off --scenario outage sh -c '
      mde status; mde status --json; MDE_SIMULATION=${MDE_SIMULATION}1 mde status --json; true']]
    assert.truthy(run.out:find "\nsimulation +outage, not a real tenant\n"
      or run.out:find "^simulation +outage, not a real tenant\n", run.out)
    local objects = {}
    for line in run.out:gmatch "[^\n]+" do
      if line:find "^{" then objects[#objects + 1] = cjson.decode(line).simulation end
    end
    assert.same({ "outage", cjson.null }, objects)
  end)

  it("is in the prompt of mde repl", function()
    local run = at_terminal({ "simulation> ", "1 + 1^M", "2", "", "simulation> ", "^D" }, nil,
      "mde", "repl")
    assert.equal(0, run.status, run.out)
  end)
end)
