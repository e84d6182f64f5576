-- Options that commands share.

local options = require "mde.program.input.options"

describe("a value on the command line", function()
  it("may be a count, seconds or a percentage", function()
    assert.same({ 7, 0.5, 90 }, { options.count "7", options.seconds "0.5", options.percent "90" })
    for name, wrong in pairs { count = "0", seconds = "0", percent = "91" } do
      local value, problem = options[name](wrong)
      assert.is_nil(value)
      assert.is_truthy(problem:find("'" .. wrong .. "'", 1, true), problem)
    end
    assert.is_nil((options.count "1.5"))
    assert.is_nil((options.count "-1"))
    assert.is_nil((options.count "1e3"))
  end)

  it("may be a duration", function()
    assert.equal(5400, options.duration "1h30m")
    assert.is_nil((options.duration "soon"))
  end)

  it("may be one of some words, whatever the case", function()
    local convert = options.word("a fruit", function() return { "Apple", "Pear" } end)
    assert.equal("Pear", convert "pEAR")
    local value, problem = convert "plum"
    assert.is_nil(value)
    assert.equal("'plum' is not a fruit: Apple, Pear", problem)
  end)

  it("may be newest or oldest", function()
    assert.equal("oldest", options.order "oldest")
    assert.is_nil((options.order "old"))
  end)
end)

describe("filters", function()
  it("become criteria, without those that are absent", function()
    local criteria, any = options.criteria { type = { "Isolate" }, status = {}, machine = "m",
                                             older_than = "4h", unrelated = 1 }
    assert.is_true(any)
    assert.same({ type = { "Isolate" }, machine = "m", older_than = "4h" }, criteria)
    assert.is_false(select(2, options.criteria {}))
  end)
end)
