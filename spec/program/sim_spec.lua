-- mde sim: a rehearsal on loopback.

local program = require "spec.support.program"

describe("mde sim", function()
  it("gives a command the incident in its environment, and mde", function()
    local run = program.sh [[
      MDE_TOKEN=mine PATH=/usr/bin:/bin $mde sim sh -c 'env; command -v mde']]
    assert.equal(0, run.status)
    run.out = "\n" .. run.out
    assert.truthy(run.out:find "\nMDE_API_URL=http://127%.0%.0%.1:%d+\n")
    assert.truthy(run.out:find "\nAZURE_AUTHORITY_HOST=http://127%.0%.0%.1:%d+\n")
    for _, name in ipairs { "AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET" } do
      assert.truthy(run.out:find("\n" .. name .. "=.", 1), name)
    end
    assert.falsy(run.out:find("MDE_TOKEN", 1, true))
    assert.truthy(run.out:find("\n" .. program.path .. "\n", 1, true), run.out)
    assert.truthy(run.out:find "\nMDE_SIMULATION=misfire http://127%.0%.0%.1:%d+\n")
    assert.equal("mde sim: quota 60 times the service's:"
      .. " 6000 calls per minute, 90000 per hour\n", run.err)
  end)

  it("says nothing of a quota that was chosen", function()
    assert.same({ status = 0, out = "", err = "" }, program.run("sim", "--quota", "off", "true"))
    assert.same({ status = 0, out = "7,8\n", err = "" },
      program.run("sim", "--quota", "7,8", "sh", "-c", "echo $MDE_QUOTA"))
    assert.same({ status = 0, out = "100,1500\n", err = "" },
      program.run("sim", "--quota", "real", "sh", "-c", "echo $MDE_QUOTA"))
  end)

  it("outlives every Ctrl-C, which is the command's", function()
    local run = program.at_terminal(80,
      { "ready", "^C", "caught 1", "^C", "caught 2", "^C", "caught 3", "^C" },
      program.path, "sim", "sh", "-c", [[
        n=0
        trap 'n=$((n + 1)); [ $n -lt 4 ] || exit 9; echo "caught $n"' INT
        echo ready; while :; do sleep 0.05; done]])
    assert.equal(9, run.status, run.out)
  end)

  it("passes the command its own options and gives its exit status", function()
    assert.equal("-x\n", program.run("sim", "--", "echo", "-x").out)
    assert.equal("-x --serve\n", program.run("sim", "echo", "-x", "--serve").out)
    assert.equal(7, program.run("sim", "sh", "-c", "exit 7").status)
    assert.equal(137, program.run("sim", "sh", "-c", "kill -9 $$").status)
    assert.equal("mde " .. dofile "lua/mde/base/version.lua" .. "\n",
      program.run("sim", "mde", "--version").out)
  end)

  it("gives the command its standard input", function()
    assert.equal("typed", program.sh("exec $mde sim cat", "typed").out)
  end)

  it("refuses what it can't do with status 2", function()
    for message, words in pairs {
      ["cannot run 'no such program': No such file"] = { "no such program" },
      ["--quota: '0,1' is not a quota"] = { "--quota", "0,1", "true" },
      ["--quota: 'much' is not a quota"] = { "--quota", "much", "true" },
      ["--scenario: 'fire' is not a scenario: misfire, took-effect, stuck, outage, forbidden,"
        .. " throttled, lossy, lagging, other-admin, loopback"] = { "--scenario", "fire", "true" },
      ["--port: '65536' is not a port"] = { "--serve", "--port", "65536" },
      ["--port requires --serve"] = { "--port", "8080", "true" },
      ["--serve runs no command: 'true'"] = { "--serve", "true" },
    } do
      local run = program.run("sim", table.unpack(words))
      assert.equal(2, run.status, message)
      assert.truthy(run.err:find(message, 1, true), run.err)
    end
  end)

  it("starts a shell without a command, and tells of it", function()
    local run = program.at_terminal(80, { "`exit` ends it.", "mde list --ids --limit 1; exit 4^M" },
      "env", "SHELL=/bin/sh", program.path, "sim")
    assert.equal(4, run.status, run.out)
    assert.truthy(run.out:find "%x+%-%x+%-%x+%-%x+%-%x+\r\n", run.out)
    assert.truthy(run.out:find("a shell in the simulation misfire. 312 isolations", 1, true))
  end)

  it("serves until interrupted, and prints what to export", function()
    local run = program.at_terminal(100, { "until interrupted", "^C" },
      program.path, "sim", "--serve")
    assert.equal(0, run.status)
    assert.truthy(run.out:find "export MDE_API_URL='http://127%.0%.0%.1:%d+'\r\n")
    assert.truthy(run.out:find "mde sim: serving at http://127%.0%.0%.1:%d+ until interrupted")
    local served = program.sh [[
      $mde sim --serve >out.$$ 2>err.$$ & pid=$!
      wait_until 'grep -q interrupted err.$$'
      . ./out.$$
      $mde list --ids --limit 2 2>/dev/null
      kill $pid; wait $pid; echo $?; rm out.$$ err.$$]]
    assert.truthy(served.out:find "^%x%S+\n%x%S+\n0\n$", served.out .. served.err)
  end)

  it("says when the port is taken", function()
    local run = program.rehearse("{}",
      "mde sim --serve --port ${MDE_API_URL##*:} 2>&1; echo $?")
    assert.truthy(run.out:find("cannot serve", 1, true), run.out)
    assert.truthy(run.out:find "\n4\n$")
  end)

  it("leaves Ctrl-C to the command, and passes on a request to end", function()
    local run = program.at_terminal(80, { "ready", "^C" }, program.path, "sim", "sh", "-c",
      "trap 'echo caught; exit 9' INT; echo ready; while :; do sleep 0.05; done")
    assert.equal(9, run.status)
    assert.truthy(run.out:find("caught", 1, true))
    local ended = program.sh [[
      $mde sim sh -c 'trap "echo caught; exit 9" TERM; echo ready; while :; do sleep 0.05; done' \
        >out.$$ & pid=$!
      wait_until 'grep -q ready out.$$'
      kill $pid; wait $pid; echo $?; cat out.$$; rm out.$$]]
    assert.equal("9\nready\ncaught\n", ended.out)
  end)
end)
