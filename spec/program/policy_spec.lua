-- A policy's environment, results, modules and output.

local run = require "spec.support.worker".run

describe("the world of a policy", function()
  -- Everything that can be reached, as a path for each value that is no plain one.
  local WALK = [[
    local seen, found = {}, {}
    local function walk(value, path)
      local kind = type(value)
      local metatable = getmetatable(value)
      if metatable then walk(metatable, path .. "<metatable>") end
      if kind ~= "table" and kind ~= "function" and kind ~= "userdata" and kind ~= "thread" then
        found[#found + 1] = path
        return
      end
      if seen[value] then return end
      seen[value] = true
      found[#found + 1] = path
      if kind ~= "table" then return end
      for key, inner in next, value do
        assert(type(key) == "string" or math.type(key) == "integer")
        walk(inner, path .. "." .. tostring(key))
      end
    end
    walk(_ENV, "_G")
    walk("", "text")
    for _, path in ipairs(found) do print(path) end
    return { decide = function(action, machine)
      found = {}
      walk(action, "action")
      walk(machine, "machine")
      for _, path in ipairs(found) do print(path) end
    end }]]

  local EXPECTED = [[
    _G _G._VERSION _G.assert _G.cancel _G.collectgarbage _G.coroutine _G.coroutine.close
    _G.coroutine.create _G.coroutine.isyieldable _G.coroutine.resume _G.coroutine.running
    _G.coroutine.status _G.coroutine.wrap _G.coroutine.yield _G.error _G.getmetatable
    _G.ipairs _G.keep _G.math _G.math.abs _G.math.acos _G.math.asin _G.math.atan _G.math.ceil
    _G.math.cos _G.math.deg _G.math.exp _G.math.floor _G.math.fmod _G.math.huge _G.math.log
    _G.math.max _G.math.maxinteger _G.math.min _G.math.mininteger _G.math.modf _G.math.pi
    _G.math.rad _G.math.random _G.math.randomseed _G.math.sin _G.math.sqrt _G.math.tan
    _G.math.tointeger _G.math.type _G.math.ult _G.next _G.os _G.os.clock _G.os.date
    _G.os.difftime _G.os.time _G.pairs _G.pcall _G.print _G.rawequal _G.rawget _G.rawlen
    _G.rawset _G.require _G.select _G.setmetatable _G.string _G.string.byte _G.string.char
    _G.string.find _G.string.format _G.string.gmatch _G.string.gsub _G.string.len
    _G.string.lower _G.string.match _G.string.pack _G.string.packsize _G.string.rep
    _G.string.reverse _G.string.sub _G.string.unpack _G.string.upper _G.table _G.table.concat
    _G.table.insert _G.table.move _G.table.pack _G.table.remove _G.table.sort _G.table.unpack
    _G.tonumber _G.tostring _G.type _G.undo _G.utf8 _G.utf8.char _G.utf8.charpattern
    _G.utf8.codepoint _G.utf8.codes _G.utf8.len _G.utf8.offset _G.xpcall
    action action.age action.id action.is_open action.status
    machine machine.id machine.machineTags machine.machineTags.1 machine.tagged text]]

  it("has everything that is promised, and nothing else", function()
    local out = run(([==[
      local worker = assert(start([=[%s]=]))
      assert(worker:decide({ id = "a", age = 1, status = "Failed" },
        { id = "m", machineTags = { "x" } }) == nil)
      io.write(worker:output())]==]):format(WALK))
    local got, expected = {}, {}
    for path in out:gmatch "%S+" do got[#got + 1] = path end
    for path in EXPECTED:gmatch "%S+" do expected[#expected + 1] = path end
    table.sort(got)
    table.sort(expected)
    assert.same(expected, got)
  end)

  it("has globals that are its own, and texts whose methods are string's", function()
    run [=[
      local worker = assert(start [[
        assert(_G == _ENV and not getmetatable(_G) and getmetatable "" == false)
        function string.own() return 1 end
        assert((""):own() == 1)
        return { decide = "keep" }]])
      assert(worker:close())]=]
  end)

  it("gives action and machine their methods", function()
    run [=[
      local worker = assert(start [[
        return { decide = function(action, machine)
          assert(action:age() == 7 and action.is_open)
          assert(machine:tagged "vip" and machine:tagged "ViP" and not machine:tagged "VI")
          assert(machine.aadDeviceId == nil and machine.isAadJoined == false)
          assert(machine.rbacGroupId == 1 and math.type(machine.rbacGroupId) == "integer")
          assert(#machine.machineTags == 2 and action.commands[1].type == "x")
          return undo()
        end }]])
      local decision, reason, err = worker:decide(
        { id = "a", age = 7, status = "InProgress", commands = { { type = "x" } } },
        { machineTags = { "x", "Vip" }, isAadJoined = false, rbacGroupId = 1 })
      assert(decision == "undo" and reason == "" and not err, tostring(err))]=]
  end)

  it("takes nothing for the machine's tags but the machine's tags", function()
    run [=[
      local worker = assert(start [[
        return { decide = function(action, machine)
          for _, other in ipairs { 5, 1 << 40, "text", { "Vip" } } do
            assert(not machine:tagged("Vip", other))
          end
          return keep()
        end }]])
      local decision, _, err = worker:decide({ id = "a", status = "Pending" },
        { machineTags = { "x" } })
      assert(decision == "keep", tostring(err))]=]
  end)

  it("lasts from action to action without growing", function()
    run [=[
      local worker = assert(start [[
        local before
        return { decide = function(action)
          if action.id == "1000" then before = collectgarbage "count" end
          if action.id == "20000" then
            local grown = collectgarbage "count" - before
            return keep(grown < 200 and "no" or "it grew by " .. grown)
          end
          return cancel("x" .. action.id)
        end }]])
      local last
      for i = 1, 20000 do
        worker:send { id = tostring(i), requestorComment = ("x"):rep(500) .. i, commands = {} }
        if i > 500 then assert(worker:receive()) end
      end
      for _ = 1, 499 do assert(worker:receive()) end
      print(worker:receive())]=]
  end)
end)

describe("a policy", function()
  it("comes back as a plain copy, functions as where they are", function()
    run [=[
      local worker, _, form = assert(start("\xEF\xBB\xBF#!/usr/bin/mde\nreturn { comment = 'x\\0',"
        .. "guard = { max = 3, share = 0.5, on = true, tags = { 'a', 'b' } },\n"
        .. "decide = { 'keep', function(a, b)\n end } }"))
      local f = form.decide[2]
      assert(form.comment == "x\0" and form.guard.max == 3 and form.guard.share == 0.5)
      assert(form.guard.on == true and #form.guard.tags == 2 and form.decide[1] == "keep")
      assert(f["function"] == true and f.line == 3 and f.last == 4 and f.parameters == 2)
      assert(f.index == 2)]=]
  end)

  it("takes the first answer of a list, and abstains without one", function()
    run [=[
      local worker = assert(start [[return { decide = {
        function(action) if action.id == "1" then return keep "one" end end,
        function(action) if action.id == "2" then return "undo" end end,
        function(action) if action.id == "3" then return nil end return cancel() end } }]])
      local function is(id, ...)
        local got, expected = table.pack(worker:decide { id = id }), table.pack(...)
        for i = 1, 3 do assert(got[i] == expected[i], id) end
      end
      is("1", "keep", "one")
      is("2", "undo", "")
      is("3", nil, nil)
      is("4", "cancel", "")
      assert(worker:close())]=]
  end)

  it("requires modules that the program gives it, once each", function()
    run [=[
      local asked = {}
      local worker, err = start([[
        assert(require "a" == require "a" and require("a").b == "b")
        assert(require "nothing" == true)
        local ok, message = pcall(require, "absent")
        assert(not ok and message == "no absent", message)
        ok, message = pcall(require, "compiled")
        assert(not ok and message:find "is bytecode", message)
        ok, message = pcall(require, "self")
        assert(not ok and message:find "requires itself", message)
        return { decide = function() return keep(require("a").b) end }]], {}, function(name)
          asked[#asked + 1] = name
          if name == "a" then return "return { b = require 'b', n = ... }", "dir/a.lua" end
          if name == "b" then return "return 'b'", "dir/b.lua" end
          if name == "nothing" then return "" end
          if name == "self" then return "require 'self'" end
          if name == "compiled" then return string.dump(function() end) end
          return nil, "no " .. name
        end)
      assert(worker, tostring(err))
      assert(table.concat(asked, " ") == "a b nothing absent compiled self")
      assert(worker:decide { id = "x" } == "keep")]=]
  end)

  it("ends with the program's resolver, should that raise", function()
    run [=[
      local worker = workers.start()
      local ok, message = pcall(worker.load, worker, "p.lua", "require 'x'", function()
        error("on purpose", 0)
      end)
      assert(not ok and message == "on purpose")
      assert(worker:pid() == 0 and not worker:close())]=]
  end)

  it("is text of at most 256 KiB", function()
    run [=[
      local function fails(text, pattern)
        local worker, err = start(text)
        assert(not worker and err.code == "policy" and err.message:find(pattern), tostring(err))
      end
      fails(string.dump(function() end), "policy.lua is bytecode")
      fails("\xEF\xBB\xBF" .. string.dump(function() end), "is bytecode")
      fails("#!x\n" .. string.dump(function() end), "unexpected symbol")
      fails("return x" .. (" or x"):rep(180000), "policy.lua: has more than 256 KiB")
      fails("return {", "policy.lua:1:")
      fails("\n\0", "policy.lua:2:")
      fails("return { decide = 1 } or" .. (" x or"):rep(100), "unexpected symbol near <eof>")]=]
  end)

  it("may take all the time it has to be read", function()
    run [=[
      local worker, err = start("return x" .. (" or x"):rep(52000), { load_seconds = 0.3 })
      assert(not worker and (err.limit == "load" or err.code == "policy"), tostring(err))]=]
  end)

  it("shows which lines of decide were reached", function()
    local out = run [=[
      local worker = assert(start([[
        local function other()
          return 1
        end
        return { decide = { function(action)
          if action.id == "a" then
            return keep(other())
          end
          coroutine.wrap(function() other() end)()
          return cancel()
        end, "keep" } }]], { coverage = true }))
      local function show()
        local lines = assert(worker:lines())
        local text = {}
        for line = 1, 20 do
          if lines.active[line] then
            text[#text + 1] = line .. (lines.reached[line] and "+" or "-")
          end
        end
        print(table.concat(text, " "))
      end
      worker:decide { id = "a" }
      show()
      worker:decide { id = "b" }
      show()]=]
    assert.equal("5+ 6+ 8- 9-\n5+ 6+ 8+ 9+\n", out)
  end)

  it("prints lines that cannot be mistaken, and gives reasons of one line", function()
    local out = run [=[
      local worker = assert(start [[
        print("a\tb", nil, 1)
        print "\27[2Jx\ry\u{202e}\u{2028}\xff\0\u{85}"
        return { decide = function() return keep "a\nmde: \27[31m\xff\u{202e}" end }]])
      print(select(2, worker:decide { id = "x" }))
      io.write(worker:output())]=]
    assert.equal([[
a\nmde: \x1b[31m\xff\u{202e}
a  b  nil  1
\x1b[2Jx\ry\u{202e}\u{2028}\xff\x00\u{85}
]], out)
  end)

  it("raises for one action, answers for others, and has not ended well", function()
    run [=[
      local worker = assert(start [[return { decide = function(action)
        if action.id == "2\n" then error "on purpose" end
        return keep(action.id)
      end }]])
      for i = 1, 3 do worker:send { id = i == 2 and "2\n" or tostring(i) } end
      assert(worker:receive() == "keep")
      local decision, reason, err = worker:receive()
      assert(decision == nil and reason == nil and err.code == "policy" and err.id == "2\\n")
      assert(err.message == "policy.lua:2: on purpose (action 2\\n)")
      assert(worker:receive() == "keep")
      local ok, first = worker:close()
      assert(not ok and first == err and not worker:close())]=]
  end)
end)
