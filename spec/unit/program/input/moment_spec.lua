-- Dates as people type them.

require "spec.support.policy"
local date = require "mde.base.date"
local failure = require "mde.program.exit"
local moment = require "mde.program.input.moment"
local system = require "mde.program.system"
local systems = require "spec.support.system"

local NOW = date.parse "2026-11-25T10:00:00Z"

-- A system two hours east of Greenwich, at NOW.
local function east()
  return systems.new({}, {
    clock = { wall = function() return NOW end },
    date = function(format, seconds)
      local text = os.date("!" .. format, seconds + 7200)
      return type(text) == "string" and text:gsub("GMT", "EET") or text
    end,
    time = function(fields)
      local text = ("%04d-%02d-01T00:00Z"):format(fields.year, fields.month)
      return date.parse(text) + (fields.day - 1) * 86400 + fields.hour * 3600 + fields.min * 60
             + fields.sec - 7200
    end,
  })
end

local function read(text)
  return system.run(east(), moment.option "--after", text)
end

describe("a date", function()
  it("with its zone is kept", function()
    for _, text in ipairs { "2026-01-23T20:10:40Z", "2026-01-23T20:10+01:00" } do
      assert.equal(text, read(text))
    end
  end)

  it("without a zone is local", function()
    for text, expected in pairs {
      ["2026-11-25"] = "2026-11-24T22:00:00Z", ["2026-11-25 10:30"] = "2026-11-25T08:30:00Z",
      ["2026-11-25T10:30:05"] = "2026-11-25T08:30:05Z", ["Today"] = "2026-11-24T22:00:00Z",
      ["yesterday 22:00"] = "2026-11-24T20:00:00Z", ["9:15"] = "2026-11-25T07:15:00Z",
    } do
      assert.equal(expected, (read(text)), text)
    end
  end)

  it("that does not exist is refused", function()
    for _, text in ipairs { "", "soon", "2026-13-01", "2026-02-30", "2026-11-25 24:00", "4h",
                            "today at noon", "25.11.2026", "tomorrow" } do
      local value, problem = read(text)
      assert.is_nil(value, text)
      assert.matches("yesterday 22:00", problem)
    end
  end)

  it("is shown with its zone, and needs one with --yes", function()
    local own = east()
    local spoken, raised = system.run(own, function()
      moment.option "--before" "today"
      moment.announce()
      return moment.spoken(), select(2, pcall(moment.require_zones))
    end)
    assert.equal("--before 'today' is 2026-11-25 00:00 EET (2026-11-24T22:00:00Z)\n",
      own.stderr.text)
    assert.equal(", before 2026-11-25 00:00 EET", spoken)
    assert.same({ 2, "today", "2026-11-24T22:00:00Z" },
      { failure.status(raised), raised.unknown, raised.instead })
  end)
end)
