-- A client in event loops of others: the examples run, and the loop's other work goes on.

local program = require "spec.support.program"

local modules = ([[LUA_PATH="%s/../lua/?.lua;%s/../lua/?/init.lua;;"
  LUA_CPATH="%s/../lib/lua/5.4/?.so;;" ]]):format(program.examples, program.examples,
  program.path:match "^(.*)/")

local function run(name, options, ...)
  local script = ("%s exec lua5.4 %s/event_loops/cancel_%s.lua %s"):format(modules,
    program.examples, name, table.concat({ ... }, " "))
  return program.rehearse(options, script)
end

for _, name in ipairs { "cqueues", "luv" } do
  describe("a loop of " .. name, function()
    it("is found by Lua in the folder of the example", function()
      local pipe = assert(io.popen(([[cd %s/event_loops &&
        lua5.4 -e 'print(package.searchpath("%s", package.path) or "C")']])
        :format(program.examples, name)))
      assert.is_nil(pipe:read "a":find("./", 1, true))
      pipe:close()
    end)

    it("cancels many at once, and does other work meanwhile", function()
      local result = run(name, "{ mistaken = 5, latency = 0.05 }", 8, "'A test'")
      assert.equal(0, result.status, result.err)
      assert.equal(8, select(2, result.out:gsub("%x+%-[%x-]+\tcancelled\t\n", "")))
      assert.is_true(tonumber(result.out:match "(%d+) ticks meanwhile") > 10, result.out)
      local ledger = result.ledger
      assert.same({ 8, 0, 10 }, { ledger.posts, ledger.twice, ledger.requests })
    end)

    it("tells what could not be done", function()
      local result = run(name, "{ mistaken = 1, roles = { 'Machine.Read.All' } }", 3, "x")
      assert.equal(1, result.status, result.err)
      assert.equal(3, select(2, result.out:gsub("forbidden", "")), result.out)
      result = run(name, "{ mistaken = 1 }")
      assert.equal(2, result.status)
      assert.truthy(result.err:find("usage: cancel_" .. name .. ".lua COUNT COMMENT", 1, true))
    end)
  end)
end
