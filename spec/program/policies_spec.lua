-- Results of the hostile policies in spec/program/policies. The first line of a
-- file says what: the code of the error and a pattern of it, or the decision.

local program = require "spec.support.program"
local sanitized = require "spec.support.worker".sanitized

local folder = "spec/program/policies/"

describe("a hostile policy", function()
  local names, outcome = {}, {}
  local pipe = assert(io.popen("ls " .. folder))
  for name in pipe:lines() do names[#names + 1] = name end
  pipe:close()

  setup(function()
    local there = program.support:gsub("support$", "program/policies")
    local result = program.sh(("exec $mde run %s/policies.lua %s/*.lua"):format(
      program.quote(program.support), program.quote(there)))
    assert.equal("", result.err)
    for name, what, seconds in result.out:gmatch "([%w_]+%.lua)\t([^\n]*)\t([%d.]+)\n" do
      outcome[name] = { what = what, seconds = tonumber(seconds) }
    end
    outcome.left = result.out:match "left\t([^\n]*)\n$"
  end)

  for _, name in ipairs(names) do
    local file = assert(io.open(folder .. name))
    local kind, rest = file:read():match "^%-%- (%w+) ?(.*)$"
    file:close()
    it(("%s: %s %s"):format(name:gsub("%.lua$", ""), kind, rest), function()
      local got = assert(outcome[name], "no outcome")
      assert.equal(kind, got.what:match "^%w+", got.what)
      if not (sanitized and kind == "worker") then
        assert.truthy(rest == "" or got.what:find(rest), got.what)
      end
      assert.is_true(got.seconds < 60)
    end)
  end

  it("leaves no descriptor and no child behind", function()
    assert.equal("0\t", outcome.left)
  end)
end)
