-- Lists that the server cuts, and that change while they are read.

local quota = require "mde.call.quota"
local world = require "spec.support.world"

-- A client without a quota, of a service that cuts its pages to ten rows.
local function new(oddities)
  oddities.cut_pages = oddities.cut_pages or 10
  local client, service, clock = world.new { quota = false, oddities = oddities }
  client.quota = quota.new(function() end)
  return client, service, clock
end

-- Each of `ids` is among `entities`, and none twice.
local function assert_whole(ids, entities, label)
  local seen = {}
  for _, entity in ipairs(entities) do
    assert.is_nil(seen[entity.id], label)
    seen[entity.id] = true
  end
  for _, id in ipairs(ids) do assert.is_true(seen[id], label) end
end

local LINKS = { false, "endless", "malformed", "other_host", "empty", "null" }

describe("a list that the server cuts", function()
  it("is read completely, with any kind of link", function()
    for _, link in ipairs(LINKS) do
      for _, count in ipairs { 0, 1, 9, 10, 11, 20, 95 } do
        for _, order in ipairs { "newest", "oldest" } do
          local client, service = new { next_link = link }
          local ids = world.add(service, count, function(i) return { age = i } end)
          assert_whole(ids, assert(client:list { order = order }), link)
        end
      end
    end
  end)

  it("is read completely if its rows have few dates", function()
    for _, link in ipairs(LINKS) do
      local client, service = new { next_link = link }
      local now = service:now()
      local ids = world.add(service, 95, function(i)
        return { created = now - 60 - math.floor(i / 25) }
      end)
      local actions = assert(client:list())
      assert_whole(ids, actions, link)
      assert.equal(95, #actions)
    end
  end)

  it("of machines is read completely too", function()
    for _, link in ipairs(LINKS) do
      for _, count in ipairs { 0, 1, 9, 10, 11, 20, 95 } do
        local client, service = new { next_link = link }
        local ids = {}
        for i = 1, count do ids[i] = service:add_machine {} end
        local machines = assert(client:list_machines())
        assert_whole(ids, machines, link)
        assert.equal(count, #machines)
      end
    end
  end)

  it("stops at a limit", function()
    local client, service = new {}
    world.add(service, 95, function(i) return { age = i } end)
    assert.equal(25, #assert(client:list { limit = 25 }))
  end)

  it("is complete after one page without a link", function()
    local client, service = new { cut_pages = 1000 }
    world.add(service, 5)
    assert.equal(5, #assert(client:list()))
    assert.equal(1, service:requests "list")
  end)

  it("is not read forever if the server ignores $skip", function()
    local client, service = new { next_link = "endless" }
    world.add(service, 5)
    for i = 1, 5 do service:add_machine { id = ("%040d"):format(i) } end
    local answer = service.answer
    function service:answer(request)
      request.path = request.path:gsub("&%$skip=%d+", "")
      return answer(self, request)
    end
    local list, err = client:list_machines()
    assert.same({ nil, "bad_answer", "machines" }, { list, err.code, err.operation })
    assert.is_true(service:requests "machines" <= 7)
  end)

  it("of machines with a tag is an error if it has a link", function()
    for link, is_whole in pairs { other_host = false, null = true, empty = true } do
      local client, service = new { next_link = link }
      for _ = 1, 5 do service:add_machine { machineTags = { "VIP" } } end
      local answer = service.answer
      function service:answer(request)
        local given = answer(self, request)
        if link ~= "other_host" or given.body:find "nextLink" then return given end
        given.body = given.body:gsub("}$", ',"@odata.nextLink":"https://x.example/?=1"}')
        return given
      end
      local list, err = client:list_machines { tag = "VIP" }
      if is_whole then assert.equal(5, #list) else assert.equal("bad_answer", err.code) end
    end
  end)
end)

describe("a list whose rows leave during reading", function()
  -- Reads the pending actions of one timestamp while `leave(request number)` of those that were
  -- read and of those that were not are cancelled. Whatever stays must be in the list.
  local function read(count, cut, leave)
    local client, service = new { cut_pages = cut }
    local created = service:now() - 60
    local ids = world.add(service, count, function() return { created = created } end)
    local answer, pages, position = service.answer, 0, 0
    function service:answer(request)
      local given = answer(self, request)
      if not request.path:find "machineactions" then return given end
      pages = pages + 1
      for _ = 1, leave(pages) do
        position = position % count + 1
        local action = service.by_id[ids[position]]
        if not action:is_final(service:now()) then
          action:cancel(service:now(), 0, "someone", "else")
        end
      end
      return given
    end
    local list = assert(client:list { status = "Pending" })
    local stayed = {}
    for _, id in ipairs(ids) do
      if service:status(id) == "Pending" then stayed[#stayed + 1] = id end
    end
    assert_whole(stayed, list, ("%d rows, pages of %d"):format(count, cut))
    return #stayed, pages
  end

  it("misses none of the rows that stay, of 5000 with one timestamp", function()
    local stayed, pages = read(5000, 1000, function() return 300 end)
    assert.is_true(stayed > 0 and pages < 40, pages)
    stayed, pages = read(5000, 1000, function(page) return page == 4 and 4900 or 0 end)
    assert.is_true(stayed == 100 and pages < 20, pages)
    stayed = read(600, 10, function() return 1 end)
    assert.is_true(stayed > 0)
    stayed = read(600, 10, function(page) return page % 20 == 0 and 60 or 0 end)
    assert.is_true(stayed > 0)
  end)

  it("misses none of the rows that stay if pages have one row", function()
    for leaves = 1, 8 do
      assert.equal(5, (read(6, 1, function(page) return page == leaves and 1 or 0 end)))
    end
  end)

  it("is cancelled completely, page by page", function()
    for _, cut in ipairs { 1000, 10 } do
      local client, service = new { cut_pages = cut }
      local created, count = service:now() - 60, cut == 10 and 1000 or 5000
      world.add(service, count, function() return { created = created } end)
      local report = client:cancel_all(client:actions { status = "Pending" },
        { comment = "x", parallel = 50 })
      assert.same({ cancelled = count }, report.counts)
    end
  end)
end)
