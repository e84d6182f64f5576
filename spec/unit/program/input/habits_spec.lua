-- Words of other programs: each means something that mde has.

local habits = require "mde.program.input.habits"
local kinds = require "mde.service.kinds"
local program = require "spec.support.program"

-- The help of all commands, by name.
local helps = setmetatable({}, { __index = function(self, name)
  local run = program.run("help", name)
  self[name] = run.status == 0 and run.out or false
  return self[name]
end })

local function is_in(help, option)
  return help:find("[ ,]" .. option:gsub("%-", "%%-") .. "[ ,\n]")
end

describe("a habit", function()
  it("names commands of mde, and none of its own", function()
    for habit, meaning in pairs(habits.commands) do
      local name, rest = meaning:match "^(%S+) ?(.*)$"
      if name ~= "--version" then assert.truthy(helps[name], habit .. " = " .. meaning) end
      if rest:find "^%-" then assert.truthy(is_in(helps[name], rest), habit) end
    end
    for _, name in ipairs { "list", "show", "cancel", "launch", "resume", "batch", "status" } do
      assert.is_nil(habits.commands[name])
    end
  end)

  it("names options that a command has", function()
    local text = ""
    for _, name in ipairs { "list", "machines", "cancel", "launch", "audit" } do
      text = text .. helps[name]
    end
    text = text .. helps.undo .. program.run("help").out
    for habit, meaning in pairs(habits.options) do
      for _, names in ipairs { meaning, meaning.duration or {}, meaning.date or {} } do
        for _, name in ipairs(names) do assert.truthy(is_in(text, name), habit .. " = " .. name) end
      end
      assert(meaning[1] or meaning.drop or meaning.takes or meaning.duration, habit)
    end
  end)

  it("has values that the service knows", function()
    local function known_as(list)
      local set = {}
      for _, name in ipairs(list) do set[name] = true end
      return set
    end
    local known = { ["--status"] = known_as(kinds.statuses), ["--type"] = known_as(kinds.types) }
    for option, set in pairs(known) do
      for habit, meaning in pairs(habits.values[option]) do
        assert.equal(habit:lower(), habit)
        for value in meaning:gmatch "[^,]+" do assert.truthy(set[value], value) end
      end
    end
  end)
end)
