-- The documents name commands, options and files that exist; their commands and examples run in
-- the simulator. guide_spec.lua runs the guide.

local program = require "spec.support.program"

local DOCUMENTS = { "README.md", "CONTRIBUTING.md", "SECURITY.md", "doc/sign-in.md",
                    "doc/cancelling.md", "doc/policies.md", "doc/embedding.md", "doc/guide.md",
                    "doc/waits.md",
                    "doc/architecture.md" }

local function read(path)
  local file = assert(io.open(path))
  local text = file:read "a"
  file:close()
  return text
end

local helps = {}

local function help_of(command)
  helps[command] = helps[command] or program.run("help", command)
  return helps[command]
end

for _, path in ipairs(DOCUMENTS) do
  describe(path, function()
    it("names only commands and options that exist", function()
      for command, rest in read(path):gmatch "\n?mde (%l+) ([^\n`#|]*)" do
        local help = help_of(command)
        assert.equal(0, help.status, "mde " .. command)
        for option in rest:gmatch "%s(%-%-[%l%-]+)" do
          assert(help.out:find(option:gsub("%p", "%%%0") .. "%f[^%w%-]"),
            ("mde %s has no %s"):format(command, option))
        end
      end
    end)

    it("names source files that exist", function()
      for name in read(path):gmatch "`([%l_]+/[%w_/]+%.[%l]+)`" do
        local is_source = name:find "^lua/" or name:find "^src/" or name:find "^spec/[%l_/]+%."
        if is_source then assert(io.open(name), name):close() end
      end
    end)

    it("names targets of make that exist", function()
      for target in read(path):gmatch "\nmake (%l[%l-]*)" do
        assert(("\n" .. read "Makefile"):find("\n[%l -]*%f[%w-]" .. target:gsub("%-", "%%-")
          .. "%f[^%w-][%l -]*:"), target)
      end
    end)

    it("links to files that exist", function()
      local folder = path:match "^(.*/)" or ""
      for target in read(path):gmatch "%]%(([^)h#][^)#]*)" do
        assert(io.open(folder .. target), target):close()
      end
    end)

    it("has no paragraph over four sentences", function()
      for line in read(path):gsub("\n```.-\n```", ""):gmatch "[^\n]+" do
        local _, ends = line:gsub("`[^`]*`", "x"):gsub("[%.?!:][%)%*]* +[%u`%[*]", "")
        assert(line:find "^|" or ends < 4, line)
      end
    end)

    it("has no line over 400 characters", function()
      for line in read(path):gmatch "[^\n]+" do assert(#line <= 400, line) end
    end)
  end)
end

describe("the README", function()
  it("has at most 900 words, and so has the architecture", function()
    for _, path in ipairs { "README.md", "doc/architecture.md" } do
      assert.is_true(select(2, read(path):gsub("%S+", "")) <= 900, path)
    end
  end)

  it("shows the recorded sessions of doc/pictures", function()
    for _, name in ipairs { "session", "cancel" } do
      local session = read("doc/pictures/" .. name .. ".txt")
      assert(read "README.md":find("```console\n" .. session .. "```", 1, true), name)
    end
  end)
end)

-- Running them

-- The blocks of a document in these languages, without those that need a tenant or a database.
local function blocks(path, ...)
  local list, wanted = {}, { ... }
  for language, body in read(path):gmatch "\n```(%l+)\n(.-\n)```" do
    for _, one in ipairs(wanted) do
      if language == one and not body:find "^# a tenant" and not body:find "postgresql:" then
        list[#list + 1] = body
      end
    end
  end
  return list
end

-- Lines that another spec runs, or that change the machine.
local ELSEWHERE = { "^sudo ", "^make ", "^export ", "^nmap ", "^mde login", "^mde logout",
                    "^mde sim$", "mde %-", "^mde profiles" }

local function is_elsewhere(line)
  for _, pattern in ipairs(ELSEWHERE) do
    if line:find(pattern) then return true end
  end
  return false
end

-- The command lines of a block, each with its comment.
local function commands(body)
  local list = {}
  local is_session = body:find "^%$ "
  for line in body:gsub("\\\n", " "):gmatch "[^\n]+" do
    local command, comment = line:match "^(.-)%s+#%s(.*)$"
    command = (command or line):match(is_session and "^%$ (.*)$" or "^(.*)$")
    if command and not is_elsewhere(command) then
      list[#list + 1] = { text = command, comment = comment or "" }
    end
  end
  return list
end

-- Preparations for the commands: the machines and actions that they name.
local WORLD = [[{ quota = false, arrange = function(service)
  local function machine(digit, name)
    return service:add_machine { id = digit:rep(40), computerDnsName = name .. ".contoso.com",
      machineTags = { "VIP" }, lastSeen = service:now() - 600 }
  end
  local names = { "srv-1", "ws-1", "ws-2", "ber-1" }
  local ids = {}
  for i, name in ipairs(names) do ids[name] = machine(("abcd"):sub(i, i), name) end
  service:add { id = "5382f7ea-7557-4ab7-9782-d50480024a4e", type = "Isolate", age = 60,
                machine_id = ids["srv-1"], dns_name = "srv-1.contoso.com" }
  service:add { id = "0bb5f04a-1d6f-4c83-8a0d-2f1be2c6a3f4", type = "CollectInvestigationPackage",
                age = 600, machine_id = ids["ws-1"], dns_name = "ws-1.contoso.com",
                steps = { { 60, "Succeeded" } } }
end, roles = { "Machine.Read.All", "Machine.ReadWrite.All", "Machine.Isolate", "Machine.Scan",
  "Machine.CollectForensics", "Machine.LiveResponse", "Library.Manage" },
  launch_course = function() return { { 0.01, "Succeeded" } } end }]]

-- A command as a line of a script that notes its exit status. One that asks is run at a terminal.
local function script_line(command)
  local text = command.text
  if text:find "^mde watch" then text = text .. " --once" end
  if command.comment:find "asks" then
    text = ("%s 100 '[y/N] ' y^M -- sh -c %s"):format(program.pty(), program.quote(text))
  end
  return ("{ %s; }\necho \"STATUS $? %s\" >&2"):format(text, (command.text:gsub('["$`\\]', "\\%0")))
end

-- Runs the commands of a block in an incident of their own. -> array of { status, command }
local function run_block(list, prelude)
  local script = { prelude }
  for i, command in ipairs(list) do script[i + 1] = script_line(command) end
  local run = program.rehearse(WORLD, table.concat(script, "\n"))
  local ended = {}
  for shown, status, text in run.err:gmatch "(.-)STATUS (%d+) ([^\n]*)" do
    ended[#ended + 1] = { status = status, text = text, shown = shown }
  end
  assert.equal(#list, #ended, run.err)
  return ended
end

-- Command lines that end with another status than 0; this hash is not that of the policies.
local OTHERWISE = {
  ["mde watch policies/*.lua --approve 9f2c41d0a8b36e17c5d2 --metrics mde.prom"] = "3",
  ["mde cancel --type LiveResponse -m Stuck --yes --max 5"] = "3",
}

local function policy_of(path)
  return ("cat >misfired.lua <<'LUA'\n%s\nLUA\n"):format(
    read(path):match "```lua\n(return {.-\n})\n```")
end

describe("each command of", function()
  local preludes = {
    ["README.md"] = policy_of "README.md",
    ["doc/cancelling.md"] = "mde cancel --type LiveResponse -m x --yes --max 99"
      .. " --batch 2026-11-25.1 >/dev/null 2>&1",
    ["doc/policies.md"] = policy_of "doc/policies.md" .. "mkdir policies\n"
      .. "cp misfired.lua policies\n",
  }
  for path, prelude in pairs(preludes) do
    it(path .. " runs", function()
      for _, body in ipairs(blocks(path, "sh", "console")) do
        local list = commands(body)
        for _, each in ipairs(list[1] and run_block(list, prelude) or {}) do
          assert.equal(OTHERWISE[each.text] or "0", each.status, each.text .. each.shown)
        end
      end
    end)
  end
end)

describe("doc/sign-in.md", function()
  it("has commands for profiles that run", function()
    local count, script = 0, { "set -e" }
    for _, body in ipairs(blocks("doc/sign-in.md", "sh")) do
      for line in body:gmatch "[^\n]+" do
        if line:find "^mde %-" or line:find "^mde profiles" then
          count, script[#script + 1] = count + 1, line
        end
      end
    end
    local run = program.with_tenants("{ contoso = { actions = 1 }, ['emea-fabrikam'] = {} }",
      table.concat(script, "\n"))
    assert.same({ 4, 0 }, { count, run.status }, run.err)
  end)

  it("has a configuration that is accepted", function()
    local run = program.sh(("mkdir -p $XDG_CONFIG_HOME/mde\ncat >$XDG_CONFIG_HOME/mde/config.lua"
      .. " <<'LUA'\n%sLUA\nmde profiles"):format(blocks("doc/sign-in.md", "lua")[1]))
    assert.equal(0, run.status, run.err)
    for _, name in ipairs { "contoso", "emea-fabrikam", "emea-tailspin" } do
      assert(run.out:find(name, 1, true), run.out)
    end
  end)
end)

describe("the Lua of", function()
  local HEAD = [[
    local mde = require "mde"
    local secret, ids_or_iterator = os.getenv "AZURE_CLIENT_SECRET", {}
    local id = "5382f7ea-7557-4ab7-9782-d50480024a4e"
  ]]
  for path, count in pairs { ["README.md"] = 1, ["doc/embedding.md"] = 2 } do
    it(path .. " runs", function()
      local script = {}
      for _, body in ipairs(blocks(path, "lua")) do
        local is_for_others = body:find "vim%." or body:find "Listener"  -- see document_spec.lua
        if not (body:find "^return" or is_for_others) then
          script[#script + 1] = body:gsub('"contoso.com"', 'os.getenv "AZURE_TENANT_ID"')
        end
      end
      assert.equal(count, #script)
      local run = program.rehearse(WORLD, ("cat >x.lua <<'LUA'\n%s%sLUA\nexec mde run x.lua")
        :format(HEAD, table.concat(script, "\n")))
      assert.equal(0, run.status, run.err)
    end)
  end
end)
