-- Tests lists over many pages, and criteria of a list.

local errors = require "mde.base.errors"
local world = require "spec.support.world"

local function ids_of(actions)
  local ids = {}
  for i, action in ipairs(actions) do ids[i] = action.id end
  return ids
end

-- Every id of `ids` is listed, and none twice.
local function assert_whole(ids, actions)
  local seen = {}
  for _, action in ipairs(actions) do
    assert.is_nil(seen[action.id], "an action came twice")
    seen[action.id] = true
  end
  assert.equal(#ids, #actions)
  for _, id in ipairs(ids) do assert.is_true(seen[id]) end
end

describe("client:list", function()
  it("returns the newest first, completely, over many pages", function()
    local client, service = world.new()
    local ids = world.add(service, 2500, function(i) return { age = 3000 - i } end)
    local actions = assert(client:list())
    assert_whole(ids, actions)
    for i = 2, #actions do
      assert.is_true(actions[i - 1].creationDateTimeUtc >= actions[i].creationDateTimeUtc)
    end
    assert.equal(3, service:requests "list")
  end)

  it("is complete if thousands have one timestamp, and at the edges of pages", function()
    for _, count in ipairs { 0, 1, 999, 1000, 1001, 2000, 3500 } do
      local client, service = world.new()
      local same = service:now() - 60
      local ids = world.add(service, count, function() return { created = same } end)
      assert_whole(ids, assert(client:list()))
    end
    local client, service = world.new()
    local same = service:now() - 600
    local ids = world.add(service, 2600, function(i)
      return { created = i % 3 == 0 and same + i / 1000 or same }
    end)
    assert_whole(ids, assert(client:list()))
  end)

  it("misses no row that leaves the list during reading", function()
    local client, service = world.new { quota = false }
    client.quota = require "mde.call.quota".new(function() end)
    local ids = world.add(service, 2300, function(i) return { age = 60 + i } end)
    local report = client:cancel_all(client:actions { status = "Pending" }, { comment = "x" })
    assert.same({ cancelled = #ids }, report.counts)
  end)

  it("does not follow links to any place", function()
    for _, link in ipairs { "endless", "malformed", "other_host" } do
      local client, service = world.new { oddities = { next_link = link } }
      local hosts = {}
      client.on_request = function(record) hosts[record.host] = true end
      local ids = world.add(service, 1500, function(i) return { age = i } end)
      assert_whole(ids, assert(client:list()))
      assert.same({ ["api.security.microsoft.com"] = true, ["login.microsoftonline.com"] = true },
        hosts)
    end
  end)

  it("does not read forever if the service repeats a page", function()
    local client, service = world.new()
    world.add(service, 1000, function(i) return { age = i } end)
    local page = assert(client:list())
    client.page = function() return page end
    local list, err = client:list()
    assert.same({ nil, "bad_answer" }, { list, err.code })
  end)

  it("returns the oldest first on request, over many pages", function()
    local client, service = world.new()
    local ids = world.add(service, 2500, function(i) return { age = math.floor(i / 7) } end)
    local actions = assert(client:list { order = "oldest" })
    assert_whole(ids, actions)
    for i = 2, #actions do
      assert.is_true(actions[i - 1].creationDateTimeUtc <= actions[i].creationDateTimeUtc)
    end
  end)

  it("does not read forever if the service alternates two pages", function()
    local client, service = world.new()
    world.add(service, 2000, function(i) return { age = i } end)
    local list = assert(client:list())
    local count, halves = 0, { {}, {} }
    for i, action in ipairs(list) do halves[i <= 1000 and 1 or 2][(i - 1) % 1000 + 1] = action end
    function client.page()
      count = count + 1
      return halves[(count - 1) % 2 + 1]
    end
    local again, err = client:list()
    assert.same({ nil, "bad_answer" }, { again, err.code })
  end)

  it("remembers no more than a page or two of a long list", function()
    local client = world.new()
    local date = require "mde.base.date"
    local first, served = 1769198400, 0
    function client.page()
      local rows = {}
      for i = 1, 1000 do
        served = served + 1
        rows[i] = { id = "x" .. served, creationDateTimeUtc = date.text(first - served) }
      end
      return rows
    end
    local function memory()
      collectgarbage()
      collectgarbage()
      return collectgarbage "count"
    end
    local next_action, before = client:actions(), nil
    for i = 1, 100000 do
      assert.is_truthy(next_action())
      if i == 5000 then before = memory() end
    end
    assert.is_true(memory() < before + 1000)
  end)

  it("stops at a limit, and requests no more rows than that", function()
    local client, service = world.new()
    world.add(service, 1200, function(i) return { age = i } end)
    for _, limit in ipairs { 1, 7, 1000, 1001, 1200, 5000 } do
      assert.equal(math.min(limit, 1200), #assert(client:list { limit = limit }))
    end
  end)

  it("returns an error, never a part", function()
    local client, service = world.new { oddities = {
      internal_error = { operation = "list", nth = { 2, 3, 4, 5, 6 } } } }
    world.add(service, 1500, function(i) return { age = i } end)
    local list, err = client:list()
    assert.is_nil(list)
    assert.same({ "service", 500, "list" }, { err.code, err.status, err.operation })
    local count = 0
    client, service = world.new { oddities = {
      internal_error = { operation = "list", nth = { 2, 3, 4, 5, 6 } } } }
    world.add(service, 1500, function(i) return { age = i } end)
    local done, raised = pcall(function()
      for _ in client:actions() do count = count + 1 end
    end)
    assert.same({ false, true, 1000 }, { done, errors.is(raised), count })
  end)

  it("refuses an answer that is not a list", function()
    for _, body in ipairs { "", "<html>", "[]", '{"value":{}}', '{"value":[1]}', "{}", "null",
                            '{"value":[{"id":null}]}', '{"value":"x"}' } do
      local client, service = world.new()
      local answer = service.answer
      function service.answer(self, request)
        local given = answer(self, request)
        if request.path:find "machineactions" then given.body = body end
        return given
      end
      local list, err = client:list()
      if body == '{"value":{}}' then
        assert.same({}, list)
      else
        assert.same({ nil, "bad_answer" }, { list, err and err.code }, body)
      end
    end
  end)
end)

describe("criteria", function()
  local client, service, clock
  local made = {}

  before_each(function()
    client, service, clock = world.new()
    made = {
      old = service:add { age = 5 * 3600, requestor = "sara.o'brien@contoso.com" },
      new = service:add { age = 60, type = "LiveResponse", machine_id = ("a"):rep(40),
                          dns_name = "Web1.contoso.com" },
      done = service:add { age = 7200, status = "Succeeded", type = "RunAntiVirusScan",
                           dns_name = false, machine_id = false },
    }
  end)

  local function assert_lists(expected, wanted)
    local list, err = client:list(wanted)
    assert(list, err and err.message)
    local ids = {}
    for i, name in ipairs(expected) do ids[i] = made[name] end
    assert.same(ids, ids_of(list))
  end

  it("select by status, type and requestor, quoted", function()
    assert_lists({ "new", "done", "old" }, {})
    assert_lists({ "new", "old" }, { status = "Pending" })
    assert_lists({ "new", "done", "old" }, { status = { "Pending", "Succeeded" } })
    assert_lists({ "new" }, { status = "Pending", type = "LiveResponse" })
    assert_lists({ "old" }, { requestor = "sara.o'brien@contoso.com" })
    assert_lists({}, { requestor = "' or status eq 'Pending" })
  end)

  it("select by machine: at the service by id, here by whole name", function()
    assert_lists({ "new" }, { machine = ("A"):rep(40) })
    assert_lists({ "new" }, { machine = "web1.CONTOSO.com" })
    assert_lists({}, { machine = "web1" })
    assert_lists({ "new" }, { machine = "web1.contoso.com", limit = 1 })
  end)

  it("select by age and by date", function()
    assert_lists({ "old" }, { older_than = "4h" })
    assert_lists({ "new", "done" }, { newer_than = "4h" })
    assert_lists({ "done" }, { older_than = 3600, newer_than = "3h" })
    local moment = require "mde.base.date".text(clock.wall() - 3600)
    assert_lists({ "new" }, { after = moment })
    local exact = assert(client:action(made.new)).creationDateTimeUtc
    assert_lists({}, { after = exact })
    assert_lists({ "done", "old" }, { before = exact })
    assert_lists({ "done", "old" }, { before = clock.wall() - 3600 })
    assert_lists({ "new" }, { after = (moment:gsub("T(%d%d)", function(hour)
      return ("T%02d"):format((hour + 2) % 24)
    end):gsub("Z", "+02:00")) })
  end)

  it("select by OData, combined with the others", function()
    assert_lists({ "new" }, { filter = "type eq 'LiveResponse' or type eq 'Offboard'",
                              status = "Pending" })
    local list, err = client:list { filter = "nonsense eq 1" }
    assert.same({ nil, "bad_request", 400 }, { list, err.code, err.status })
    assert.is_truthy(err.message:find "nonsense")
  end)

  it("are refused by name and value before anything is sent", function()
    local before = service:requests()
    for key, values in pairs {
      status = { "pending", "Canceled", {}, 7, { "Pending", "x" } }, type = { "isolate", "" },
      requestor = { "", 7 }, machine = { " ", {} }, older_than = { "4 hours", -1, "h", {} },
      newer_than = { "" }, after = { "2026-01-23T20:10:40", "yesterday", "" },
      before = { "2026-13-01T00:00:00Z" }, filter = { "" }, limit = { 0, 1.5, "3", -1 },
    } do
      for _, value in ipairs(values) do
        local list, err = client:list { [key] = value }
        assert.same({ nil, "invalid_argument" }, { list, err and err.code }, key)
        assert.is_truthy(err.message:find("^" .. key .. ": "), err.message)
        local _, raised = pcall(client.actions, client, { [key] = value })
        assert.equal("invalid_argument", raised.code)
      end
    end
    assert.equal(before, service:requests())
  end)
end)
