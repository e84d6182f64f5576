-- Tokens and sign-ins in each store.

local core = require "mde.core"
local stores = require "spec.support.stores"

describe("tokens", function()
  before_each(function() stores.prepare "sqlite" end)
  after_each(stores.clean)

  for _, kind in ipairs { "memory", "sqlite", "nginx" } do
    it("are kept until they are forgotten, in " .. kind, function()
      local store = stores.portable(kind)
      local tokens, header = store.tokens, core.secret "Bearer x"
      local expires = stores.clock.wall() + 100
      assert.is_nil((tokens:get "me"))
      tokens:put("me", header, expires)
      assert.same({ header, expires }, { tokens:get "me" })
      assert.is_nil((tokens:get "you"))
      tokens:forget("me", core.secret "Bearer y")
      assert.is_truthy((tokens:get "me"))
      tokens:forget("me", header)
      assert.is_nil((tokens:get "me"))
    end)
  end

  for _, kind in ipairs { "memory", "sqlite", "nginx" } do
    it("that renew a sign-in are kept, replaced and forgotten, in " .. kind, function()
      local store = stores.portable(kind)
      local sessions = store.sessions
      assert.is_nil(sessions:get "a/b")
      sessions:put("a/b", core.secret "one")
      sessions:put("a/c", core.secret "other")
      sessions:put("a/b", core.secret "two")
      assert.equal(core.secret "two", sessions:get "a/b")
      assert.equal("<secret>", tostring(sessions:get "a/b"))
      sessions:forget "a/b"
      assert.is_nil(sessions:get "a/b")
      assert.equal(core.secret "other", sessions:get "a/c")
      sessions:forget "a/b"
    end)
  end

  for _, kind in ipairs { "memory", "sqlite" } do
    it("expire when they should, however the wall clock steps, in " .. kind, function()
      local clock, step = stores.clock, 0
      local wall = clock.wall
      function clock.wall() return wall() + step end
      local store, header = stores.portable(kind), core.secret "Bearer x"
      local function new()
        return require "mde.auth.token".new({ identity = "me" }, { clock = clock, store = store },
          function() end)
      end
      local began = clock.monotonic()
      new():fetched({ started = began }, began, { header = header, lifetime = 3600 })
      for _, stepped in ipairs { -86400, 0, 86400 } do
        step = stepped
        assert.equal(header, (new():current(clock.monotonic())))
      end
      step = -86400
      clock.advance(3700)
      assert.is_nil((new():current(clock.monotonic())))
    end)
  end

  it("are kept for the next process, and not used when others can read them", function()
    local store = stores.open "a"
    store.sessions:put("a/b", core.secret "sesame")
    stores.close(store)
    store = stores.open "b"
    assert.equal(core.secret "sesame", store.sessions:get "a/b")
    stores.close(store)
    local path = stores.folder .. "/tokens.db"
    for _, mode in ipairs { "640", "604", "620" } do
      os.execute("chmod " .. mode .. " " .. path)
      local ok, err = pcall(stores.open, "c")
      assert.is_false(ok)
      assert.equal("store", err.code)
      assert.is_truthy(err.message:find(path, 1, true))
      assert.is_truthy(err.message:find("mode " .. mode, 1, true), err.message)
    end
    os.execute("chmod 600 " .. path)
    assert.equal(core.secret "sesame", stores.open "d".sessions:get "a/b")
  end)

  it("that renew a sign-in say what hinders them", function()
    os.execute(("mkdir -p -m 700 %s && echo nonsense >%s/tokens.db && chmod 600 %s/tokens.db")
      :format(stores.folder, stores.folder, stores.folder))
    local store = stores.open "a"
    assert.is_nil((store.tokens:get "me"))
    for _, act in ipairs { function() store.sessions:get "x" end,
                           function() store.sessions:put("x", core.secret "sesame") end } do
      local ok, err = pcall(act)
      assert.is_false(ok)
      assert.equal("store", err.code)
      assert.is_truthy(tostring(err):find("tokens.db", 1, true))
      assert.is_nil(tostring(err):find("sesame", 1, true))
    end
  end)

  it("are in a file of their own, and never in PostgreSQL", function()
    local store = stores.open "a"
    store.tokens:put("me", core.secret "Bearer sesame", stores.clock.wall() + 100)
    stores.close(store)
    local function has(name)
      local done = os.execute(("cat %s/%s* | grep -q sesame"):format(stores.folder, name))
      return done == true or done == 0
    end
    assert.same({ false, true }, { has "mde.db", has "tokens.db" })
    stores.clean()
    stores.prepare "postgresql"
    assert.is_nil(stores.open "a".tokens)
    assert.is_nil(stores.open "b".sessions)
  end)
end)
