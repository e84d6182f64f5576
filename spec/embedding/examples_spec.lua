-- The commands in the READMEs of the examples, as printed, in a copy of each folder.

local host = require "spec.support.host"
local program = require "spec.support.program"

local root = program.examples:match "^(.*)/"
local build = program.path:match "^(.*)/bin/"

-- Needs root, installs, or is only built once for all specs.
local function is_preparation(line)
  return line:find "^sudo " or line:find "^make " or line:find "^cd examples/%w+$"
end

-- The shell scripts of a README, without preparation, and with another port. -> array
local function scripts_of(name, port)
  local file = assert(io.open(("%s/%s/README.md"):format(program.examples, name)))
  local scripts = {}
  for block in file:read "a":gmatch "\n```sh\n(.-)```" do
    local lines = {}
    for line in block:gmatch "[^\n]+" do
      local command = line:gsub("^cd examples/%w+ && ", ""):gsub("8443", port)
      if not is_preparation(command) then lines[#lines + 1] = command end
    end
    scripts[#scripts + 1] = table.concat(lines, "\n")
  end
  file:close()
  return scripts
end

local function free_port()
  local port = host.port()
  local _, taken = host.lines(("bash -c ': </dev/tcp/127.0.0.1/%d'"):format(port))
  return taken and free_port() or port
end

describe("an example", function()
  local folder, port

  -- A copy of the project that has this example alone, and what was built.
  local function copy(name)
    folder, port = host.lines("mktemp -d"):match "%S+", free_port()
    local text, done = host.lines(([[
      chmod 755 %s && cd %s && mkdir examples && cp -R %s/%s examples && ln -s %s/lua lua &&
      ln -s %s build && cd examples/%s && find . -type f -exec sed -i 's/8443/%d/' {} + &&
      git init -q . && git add . && git -c user.name=x -c user.email=x commit -qm x]]):format(
      folder, folder, program.examples, name, root, build, name, port))
    assert(done, text)
    return scripts_of(name, port)
  end

  -- Runs a script where the example lies. -> its output
  local function run(name, script)
    local result = program.sh(("cd %s/examples/%s || exit\n%s"):format(folder, name, script))
    assert.equal(0, result.status, result.err .. result.out)
    return result.out .. result.err
  end

  -- Runs the first script, and in the simulator that it ends with the second one.
  local function rehearse(name)
    local scripts = copy(name)
    local first, simulators = scripts[1]:gsub("(mde sim[^\n]*)$", "%1 sh -ec " ..
      program.quote(scripts[2]):gsub("%%", "%%%%"))
    assert.equal(1, simulators)
    return run(name, first)
  end

  after_each(function()
    local changed = host.lines(("cd %s/examples/* && git status --porcelain"):format(folder))
    host.lines("rm -rf " .. folder)
    assert.equal("", changed)  -- .gitignore names what an example makes
  end)

  it("for HAProxy runs as its README says", function()
    local out = rehearse "haproxy"
    assert.truthy(out:find('"verdict":"cancelled"', 1, true), out)
  end)

  it("for nginx runs as its README says", function()
    local out = rehearse "openresty"
    assert.truthy(out:find('"verdict":"cancelled"', 1, true), out)
  end)

  -- The lines of a script's output in a README or in nmap's, without ages and dates.
  local function results(text)
    local lines = {}
    for line in text:gmatch "\n(|[^\n]*)" do
      lines[#lines + 1] = line:gsub("%d+[dhms]%f[%A]", "N"):gsub("[ N]*N", " N")
        :gsub("%d+%-%d+%-%d+T%S+Z", "DATE")
    end
    return lines
  end

  it("for nmap runs as its README says, with the printed results", function()
    local out = rehearse "nmap"
    local file = assert(io.open(program.examples .. "/nmap/README.md"))
    local printed = file:read "a"
    file:close()
    for block in printed:gmatch "\n```console(.-)```" do
      for _, line in ipairs(results(block)) do
        assert.truthy(table.concat(results(out), "\n"):find(line, 1, true), line .. "\n" .. out)
      end
    end
  end)

  it("for event loops runs as its README says", function()
    local name = "event_loops"
    local out = run(name, copy(name)[1])
    assert.equal(10, select(2, out:gsub("%x%-%x+\tcancelled", "")), out)
  end)

  for name, expected in pairs {
    policies = "296 cancel, 16 keep", playbooks = "soar@contoso.com", notify = "fabrikam.com",
  } do
    it("of " .. name .. " runs as its README says", function()
      assert.truthy(run(name, copy(name)[1]):find(expected, 1, true))
    end)
  end

  for name, file in pairs { notify = "mde.pem", systemd = "certificate.pem" } do
    it("of " .. name .. " makes a certificate as its README says", function()
      local scripts = copy(name)
      local script = scripts[#scripts]:gsub("systemd%-analyze[^\n]*", "")
      run(name, script .. "\ntest -s " .. file)
    end)
  end
end)
