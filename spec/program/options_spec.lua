-- Each option means the same in all commands that have it.

require "spec.support.policy"
local argparse = require "argparse"
local program = require "mde.program"
local systems = require "spec.support.system"

-- Options that commands describe in their own words: the patterns of which each description has one.
local MEANINGS = {
  ["--all"] = { "every running batch", "Also actions that have ended" },
  ["--approve"] = { " hash" }, ["--comment"] = { "[Ww]hy" }, ["--csv"] = { "CSV" },
  ["--deadline"] = { "[Gg]ive up ", "longest wait" }, ["--dry-run"] = { "Show .*send nothing" },
  ["--expires"] = { "[Hh]ow long the plan is valid" },
  ["--filter"] = { "match this OData filter, sent unchanged" }, ["--json"] = { "JSON" },
  ["--limit"] = { "at most N" }, ["--order"] = { "[Ww]hich .*first" },
  ["--output"] = { "to this file" }, ["--scope"] = { "Full" }, ["--wait"] = { "Wait for the end" },
}

-- -> name -> argparse's command
local function commands()
  local own = systems.new { HOME = "/", MDE_STORE = "memory" }
  program({ "help" }, own)
  local list = {}
  for name in own.stdout.text:gmatch "\n   (%l+) +%u" do
    local of = (name == "isolate" or name == "unisolate") and "launch"
    list[name] = argparse(name)
    require("mde.program.commands." .. (of or name)).define(list[name], of and name)
  end
  return list
end

-- Returns what an option takes, and how it is written.
local function form(option)
  local words = option.words and option.words() or option._choices
  return {
    names = table.concat(option._aliases, " "), value = option._argname,
    takes = { option._minargs, option._maxargs },
    times = { option._mincount, option._maxcount },
    words = words and table.concat(words, " "),
  }
end

local function has_meaning(option, name)
  for _, pattern in ipairs(MEANINGS[name] or {}) do
    if option._description:gsub("\n", " "):find(pattern) then return true end
  end
  return false
end

describe("an option", function()
  it("means the same in every pair of commands", function()
    local of, pairs_of_options = {}, 0
    for command, parser in pairs(commands()) do
      for _, option in ipairs(parser._options) do
        local name = option._aliases[#option._aliases]
        of[name] = of[name] or {}
        for other, known in pairs(of[name]) do
          local place = ("%s of %s and %s"):format(name, command, other)
          local expected = form(known)
          -- Isolation has other scopes than a scan, and the filter has all.
          if name == "--scope" then expected.words = form(option).words end
          assert.same(expected, form(option), place)
          local is_same = option._description == known._description
          assert.truthy(is_same or has_meaning(option, name) and has_meaning(known, name), place)
          pairs_of_options = pairs_of_options + 1
        end
        of[name][command] = option
      end
    end
    assert.truthy(pairs_of_options > 300, pairs_of_options)
  end)
end)
