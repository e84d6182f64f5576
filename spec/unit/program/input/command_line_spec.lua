-- Command lines: for argparse, for a shell, and without secrets.

local command_line = require "mde.program.input.command_line"

local function words(text)
  local list = {}
  for word in text:gmatch "%S+" do list[#list + 1] = word end
  return list
end

local function joined(list) return table.concat(list, " ") end

describe("a command line", function()
  it("ends where the words of another program begin", function()
    for line, mine in pairs {
      ["list --json"] = "list --json", ["run x.lua --json"] = "run",
      ["--profile run run x.lua"] = "--profile run run", ["sim --quota off mde list"] =
      "sim --quota off", ["sim"] = "sim", ["cancel -- -x"] = "cancel",
      ["list run sim"] = "list run sim",
    } do
      local own, rest = command_line.split(words(line))
      assert.equal(mine, joined(own), line)
      assert.equal(line, joined(own) .. (rest[1] and " " or "") .. joined(rest))
    end
  end)

  it("is for argparse with -- before those, and values that may begin with - joined", function()
    for line, expected in pairs {
      ["run x.lua -v"] = "run -- x.lua -v", ["run -- x.lua"] = "run -- x.lua",
      ["repl --args -v"] = "repl --args=-v", ["list --sort -age"] = "list --sort=-age",
      ["run -- --args -v"] = "run -- --args -v", ["list"] = "list",
    } do
      assert.equal(expected, joined(command_line.for_parser(words(line))))
    end
  end)

  it("has one command, which is no value of an option", function()
    local commands = { list = true, cancel = true }
    assert.same({ "list", 3 }, { command_line.command({ "-p", "cancel", "list" }, commands) })
    assert.is_nil(command_line.command({ "-p", "cancel", "lsit" }, commands))
  end)

  it("is text for a shell", function()
    assert.equal("mde list -m 'it'\\''s' '' --after=2026-11-30T08:00:00",
      command_line.text { "list", "-m", "it's", "", "--after=2026-11-30T08:00:00" })
    for _, word in ipairs { "a b", "$HOME", "*", "x'y", "ü", "a;b", "~", "" } do
      local pipe = assert(io.popen("printf %s " .. command_line.quote(word)))
      assert.equal(word, pipe:read "a")
      pipe:close()
    end
  end)

  it("shows no password of a store", function()
    local secret = "postgresql://soc:pa55@db/mde"
    for _, line in ipairs { { "--store", secret, "list" }, { "--store=" .. secret, "list" } } do
      assert.equal("list", joined(command_line.without_store(line)))
    end
    for _, url in ipairs { secret, "postgres://soc:1@pa55@db/mde",
                            "postgres://db:5432/mde?password=1@pa55",
                            "postgres://soc@db/mde?x=1&password=pa55&y=2" } do
      local text = joined(command_line.masked { "list", "--store", url })
      assert.truthy(text:find "^list %-%-store postgres")
      assert.is_nil(text:find("pa55", 1, true), text)
    end
  end)
end)
