-- The documents name commands, options and files that exist, and their policy works as printed.

local program = require "spec.support.program"

local DOCUMENTS = { "README.md", "CONTRIBUTING.md", "SECURITY.md", "doc/sign-in.md",
                    "doc/cancelling.md", "doc/policies.md", "doc/embedding.md", "doc/guide.md",
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

    it("links to files that exist", function()
      local folder = path:match "^(.*/)" or ""
      for target in read(path):gmatch "%]%(([^)h#][^)#]*)" do
        assert(io.open(folder .. target), target):close()
      end
    end)

    it("has no line over 400 characters", function()
      if path == "doc/guide.md" then return end
      for line in read(path):gmatch "[^\n]+" do assert(#line <= 400, line) end
    end)
  end)
end

describe("the README", function()
  it("has at most 900 words", function()
    assert.is_true(select(2, read "README.md":gsub("%S+", "")) <= 900)
  end)

  it("has a policy that works in the simulator as printed", function()
    local policy = read "README.md":match "```lua\n(return {.-\n})\n```"
    local run = program.sh(("cat >misfired.lua <<'LUA'\n%s\nLUA\n"
      .. "exec $mde sim $mde plan misfired.lua -o plan.jsonl"):format(policy))
    assert.equal(0, run.status, run.err)
    local _, count = run.out:gsub("\ncancel +Isolate", "")
    assert.is_true(count > 300, run.out:sub(-500) .. run.err)
  end)
end)
