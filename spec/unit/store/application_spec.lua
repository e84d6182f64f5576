-- One application in one tenant, however it is written and however it signs in, has one
-- quota: the one of the ids that its tokens name.

local clients = require "mde.client"
local clocks = require "mde.simulator.clock"
local core = require "mde.core"
local engines = require "mde.simulator.engine"
local participants = require "spec.support.participants"
local random_numbers = require "mde.simulator.random"
local services = require "mde.simulator.service"
local settings = require "mde.config.options"
local stores = require "spec.support.stores"
local world = require "spec.support.world"

local CLIENT = "3c9f4f0a-58d2-4b77-8f0e-b1a6c2d4e587"

local service

local function new_service(clock)
  service = services.new { clock = clock, sign_in = { domain = "contoso.com", identity = CLIENT },
                           client_id = CLIENT, quota = false }
end

-- The options of a client, by how the application is written.
local function configurations()
  local id, secret = service.client_id, service.client_secret
  return {
    { tenant = service.tenant, client_id = id, client_secret = secret },
    { tenant = "Contoso.com", client_id = id:upper(), client_secret = secret },
    { token = service:token() },
    { managed_identity = true },
  }
end

local function new_client(options, engine, store)
  return clients.new(assert(settings.read(options, function() end)), {
    engine = engine, clock = service.clock, host = require "mde.host.plain",
    random = random_numbers.new(7), store = store,
  })
end

local function cancel_sixty(client)
  local report = assert(client:cancel_all(world.add(service, 60), { comment = "x" }))
  assert.same({ cancelled = 60 }, report.counts)
end

local CANCELS = [[
local participant = require "spec.support.participant"
local given = ...
local store = require "mde.store.sql.sqlite".open(given.folder, participant.clock, participant.name)
participant.service = given.options
local client = participant.client({}, { store = store })
return client:cancel_all(given.ids, { comment = "x" }).counts]]

describe("one application that is written in four ways", function()
  after_each(stores.clean)

  it("has one quota for its processes, through SQLite", function()
    stores.prepare "sqlite"
    new_service(stores.clock)
    local run = participants.new(service, stores.clock)
    for i, options in ipairs(configurations()) do
      run:start("process " .. i, CANCELS, {
        folder = stores.folder, options = options, ids = world.add(service, 60) })
    end
    local results = run:go()
    run:close()
    for i = 1, 4 do assert.same({ cancelled = 60 }, results["process " .. i].value) end
    assert.equal(240, service:requests "cancel")
    assert.equal(100, service:most_within(60, "cancel"))
  end)

  for _, kind in ipairs { "memory", "nginx" } do
    it("has one quota for its clients, in " .. kind, function()
      local store = stores.portable(kind)
      if kind == "memory" then stores.clock = clocks.new() end
      new_service(stores.clock)
      local engine = engines.new(service, 0.1)
      for _, options in ipairs(configurations()) do
        cancel_sixty(new_client(options, engine, store))
      end
      assert.equal(100, service:most_within(60, "cancel"))
    end)
  end

  it("has one name, which a cached token gives too", function()
    stores.prepare "sqlite"
    new_service(stores.clock)
    local engine, key = engines.new(service, 0.1), service.tenant .. "/" .. service.client_id
    for i, options in ipairs(configurations()) do
      for _ = 1, 2 do
        local client = new_client(options, engine, stores.open("process " .. i))
        assert(client:sign_in())
        assert.equal(key, client.application)
      end
    end
    -- The second of each secret is the first; those of a managed identity are not kept.
    assert.equal(4, service:requests "token")
  end)
end)

describe("a token", function()
  local client

  before_each(function()
    stores.prepare "sqlite"
    new_service(stores.clock)
  end)
  after_each(stores.clean)

  -- A client with the configuration of a secret, whose tokens claim these too.
  local function claiming(claims)
    local issue = service.authority.issue
    function service.authority:issue(roles, delegated, changes)
      for name, value in pairs(claims) do changes[name] = value end
      return issue(self, roles, delegated, changes)
    end
    client = new_client({ tenant = "contoso.com", client_id = CLIENT,
                          client_secret = service.client_secret },
      engines.new(service, 0.1), stores.open "a")
  end

  it("without claims leaves the name as it was configured", function()
    claiming { tid = false, appid = false }
    assert(client:sign_in())
    assert.equal("contoso.com/" .. CLIENT, client.application)
    cancel_sixty(client)
  end)

  it("of another application than the one before it is refused", function()
    local claims = {}
    claiming(claims)
    assert(client:sign_in())
    claims.appid = core.random_guid()
    client.token:refuse(client.token.header)
    local signed_in, err = client:sign_in()
    assert.is_nil(signed_in)
    assert.equal("sign_in", err.code)
    assert.truthy(err.message:find(claims.appid, 1, true))
    assert.equal(service.tenant .. "/" .. CLIENT, client.application)
  end)
end)

for _, kind in ipairs { "memory", "sqlite", "postgresql" } do
  describe("the journal's names of an application, in " .. kind, function()
    before_each(function() stores.prepare(kind) end)
    after_each(stores.clean)

    it("are those that were configured, and that its tokens gave", function()
      local journal = stores.open "a".journal
      assert.is_true(journal:is_alias("t/a", "t/a"))
      assert.is_false(journal:is_alias("contoso.com/a", "t/a"))
      journal:note_alias("t/a", "t/a")
      for _ = 1, 2 do journal:note_alias("contoso.com/a", "t/a") end
      journal:note_alias("managed identity of this machine", "t/a")
      journal:note_alias("managed identity of this machine", "t/b")
      assert.is_true(journal:is_alias("contoso.com/a", "t/a"))
      assert.is_true(journal:is_alias("managed identity of this machine", "t/a"))
      assert.is_true(journal:is_alias("managed identity of this machine", "t/b"))
      assert.is_false(journal:is_alias("contoso.com/a", "t/b"))
    end)

    it("find undone actions under any of them", function()
      local store = stores.open "a"
      local batch, lock = store.journal:draft { who = "x", application = "contoso.com/a",
                                                comment = "x", order = "given" }
      batch:add_change { id = CLIENT, change = "undo" }
      batch:complete()
      batch:begin()
      lock:release()
      local item = batch:items(true)()
      batch:sent(item)
      batch:ended(item, { verdict = "undone" })
      store:commit()
      assert.same({}, store.journal:undone "t/a")
      store.journal:note_alias("contoso.com/a", "t/a")
      assert.same({ [CLIENT] = true }, store.journal:undone "t/a")
      assert.same({ [CLIENT] = true }, store.journal:undone "contoso.com/a")
    end)
  end)
end

teardown(stores.stop)
