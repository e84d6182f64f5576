-- "Did you mean": corrected command lines.

require "spec.support.policy"
local program = require "mde.program"
local suggestion = require "mde.program.input.suggestion"
local systems = require "spec.support.system"

local GUID = "5382f7ea-7557-4ab7-9782-d50480024a4e"

-- Runs a wrong command line of words without spaces. -> the corrected one or nil, all that is shown
local function corrected(line)
  local words = {}
  for word in line:gmatch "%S+" do words[#words + 1] = word end
  local own = systems.new {}
  assert.equal(2, program(words, own), line)
  return own.stderr.text:match "Did you mean:\n   mde ([^\n]*)\n", own.stderr.text
end

describe("a wrong command line", function()
  it("is corrected to the words that are most similar or have that meaning", function()
    for line, expected in pairs {
      ["lsit"] = "list",
      ["get actions"] = "list",
      ["ls --type isolation"] = "list --type Isolate",
      ["list --state pending"] = "list --status Pending",
      ["list --stat running,queued"] = "list --status InProgress,Pending",
      ["list --since 4h"] = "list --newer-than 4h",
      ["list --since 2026-11-30"] = "list --after 2026-11-30",
      ["list -o json"] = "list --json",
      ["list pending"] = "list --status Pending",
      ["list " .. GUID] = "show " .. GUID,
      ["kill " .. GUID .. " --reason x"] = "cancel " .. GUID .. " --comment x",
      ["cancel batch b1 -m x"] = "batch stop b1 -m x",
      ["machines --isolatd"] = "machines --isolated",
      ["--ids list"] = "list --ids",
      ["batch b1"] = "batch show b1",
      ["launch av srv-1 -m x"] = "launch scan srv-1 -m x",
      ["scan srv-1 -m x --timeout=soon"] = false,
    } do
      local found, text = corrected(line)
      assert.equal(expected or nil, found, line .. "\n" .. text)
    end
  end)

  it("has a note on each option that mde does not have", function()
    local found, text = corrected "list --no-color -o table --lim 3"
    assert.equal("list --limit 3", found, text)
    assert.truthy(text:find("NO_COLOR=1", 1, true), text)
    assert.truthy(text:find("A table is what mde prints", 1, true), text)
    found, text = corrected "apply plan --yes"
    assert.is_nil(found)
    assert.truthy(text:find("--yes requires --approve HASH", 1, true), text)
  end)

  it("has no correction if a word stays unknown", function()
    for _, line in ipairs { "xyzzy", "list --xyzzy", "list --status xyzzy9", "help xyzzy" } do
      local found, text = corrected(line)
      assert.is_nil(found, text)
    end
  end)
end)

describe("the nearest word", function()
  it("is the only longer one, or has few other letters, the first letter above all", function()
    for wanted, expected in pairs { st = "status", lst = "list", ["time"] = "timeout",
                                    kancel = "cancel", LIST = "list", zzzz = false, x = false } do
      assert.equal(expected or nil,
        suggestion.nearest(wanted, { "list", "status", "cancel", "timeout" }), wanted)
    end
    assert.equal("bat", suggestion.nearest("bit", { "fit", "bat" }))
  end)

  it("replaces a word of the line, alone, after = or between commas", function()
    local function replaced(...)
      return table.concat(suggestion.replaced({ ... }, "a", "b") or {}, " ")
    end
    assert.equal("-p b", replaced("-p", "a"))
    assert.equal("--profile=c,b", replaced "--profile=c,a")
    assert.equal("", replaced "aa")
  end)
end)
