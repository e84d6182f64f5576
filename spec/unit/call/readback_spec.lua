-- Reading back open cancels, many by one list.

local world = require "spec.support.world"

-- A client of a service that answers 400 to a list whose filter names more than `most`
-- ids; `asked` gets how many each list named.
local function new(most, options)
  local client, service, clock = world.new(options or {})
  local asked, answer = {}, service.answer
  function service:answer(request)
    if request.method == "GET" and request.path:find("filter", 1, true) then
      local _, count = request.path:gsub("%x%x%x%x%x%x%x%x%-%x%x%x%x%-", "")
      asked[#asked + 1] = count
      if count > most then
        return { status = 400, headers = {}, body = '{"error":{"code":"","message":"no"}}',
                 delay = 0 }
      end
    end
    return answer(self, request)
  end
  return client, service, asked, clock
end

local function cancel(client, ids, options)
  options = options or {}
  options.comment, options.parallel = "x", options.parallel or 100
  return assert(client:cancel_all(ids, options))
end

describe("what a cancel leaves open", function()
  it("is read by one list call for forty actions", function()
    for _, as in ipairs { 400, 404, 200 } do
      local client, service, asked = new(40, { oddities = { final_as = as } })
      local ids = world.add(service, 100, function() return { status = "Succeeded" } end)
      local report = cancel(client, ids)
      assert.same({ already_final = 100 }, report.counts)
      if as == 200 then
        assert.same({}, asked)  -- the answer says it
      else
        assert.is_true(#asked <= 4, #asked)
        assert.is_true(service:requests "get" <= 1)
      end
    end
  end)

  it("is read in halves if the service refuses the filter", function()
    local client, service, asked = new(10)
    local ids = world.add(service, 80, function() return { status = "Failed" } end)
    local report = cancel(client, ids)
    assert.same({ already_final = 80 }, report.counts)
    assert.equal(0, service:requests "get")
    local refused = 0
    for _, count in ipairs(asked) do
      if count > 10 then refused = refused + 1 end
    end
    assert.is_true(refused >= 1 and refused <= 4, refused)
  end)

  it("is read one by one if the service takes no filter at all", function()
    local client, service, asked = new(0)
    local ids = world.add(service, 60, function() return { status = "TimeOut" } end)
    assert.same({ already_final = 60 }, cancel(client, ids).counts)
    assert.equal(60, service:requests "get")
    local lists = #asked
    assert.is_true(lists < 20, lists)
    cancel(client, ids)
    assert.equal(lists, #asked)  -- it is not tried again
  end)

  it("is read by as many calls at once as the batch has, whose 429 stops them", function()
    for _, parallel in ipairs { 1, 10, 25 } do
      local client, service, _, clock = new(0)
      local answer, refused_at, after, under_way, most = service.answer, nil, 0, 0, 0
      function service:answer(request)
        local is_read = request.path:find "/machineactions/[^/]+$"
        local given = answer(self, request)
        if not is_read then return given end
        if refused_at and clock.monotonic() < refused_at + 30 then after = after + 1 end
        given.delay = 1
        under_way = under_way + 1
        most = math.max(most, under_way)
        clock.at(clock.monotonic() + 1, function() under_way = under_way - 1 end)
        if service:requests "get" < 50 or refused_at and after > 100 then return given end
        if refused_at and clock.monotonic() > refused_at + 30 then return given end
        refused_at = refused_at or clock.monotonic()
        return { status = 429, headers = { ["retry-after"] = "30" }, body = "", delay = 1 }
      end
      local ids = world.add(service, 150, function() return { status = "Failed" } end)
      assert.same({ already_final = 150 }, cancel(client, ids, { parallel = parallel }).counts)
      assert.is_true(refused_at ~= nil and after <= parallel, after)
      assert.equal(parallel, most)
    end
  end)

  it("is read alone if no other call asks, or the list lacks it", function()
    local client, service, asked = new(40)
    client:cancel(service:add { status = "Failed" }, { comment = "x" })
    assert.same({ 0, 1 }, { #asked, service:requests "get" })
    client, service, asked = new(40)
    local ids = world.add(service, 9, function() return { status = "Failed" } end)
    ids[10] = "5382f7ea-7557-4ab7-9782-d50480024a4e"
    assert.same({ already_final = 9, not_found = 1 }, cancel(client, ids).counts)
    assert.same({ 1, 1 }, { #asked, service:requests "get" })
  end)

  it("is waited for on request, and is accepted at the deadline", function()
    local client, service, _, clock = new(40, { oddities = { cancel_takes = 45 } })
    local ids = world.add(service, 100)
    local start = clock.monotonic()
    assert.same({ cancelled = 100 }, cancel(client, ids, { wait = 600, parallel = 10 }).counts)
    assert.is_true(clock.monotonic() - start < 100)
    assert.equal(100, service:requests "cancel")
    assert.is_true(service:requests "list" < 40, service:requests "list")
    ids = world.add(service, 5)
    start = clock.monotonic()
    assert.same({ accepted = 5 }, cancel(client, ids, { wait = 20 }).counts)
    assert.is_true(clock.monotonic() - start >= 20 and clock.monotonic() - start < 100)
    local _, found = client:cancel(service:add {}, { comment = "x", wait = 600 })
    assert.equal("cancelled", found)
  end)

  it("does not delay requests", function()
    local client, service = new(40, { oddities = { cancel_takes = 30 } })
    local report = cancel(client, world.add(service, 60), { wait = 100, parallel = 2 })
    assert.same({ cancelled = 60 }, report.counts)
    assert.is_true(report.seconds < 75, report.seconds)
  end)

  it("was sent before by somebody, is read first and sent only if it is open", function()
    local client, service = new(40)
    local ids = world.add(service, 30)
    for i = 1, 10 do service.by_id[ids[i]]:cancel(service:now(), 0, "a", "x") end
    local items = {}
    for i, id in ipairs(ids) do
      items[i] = { id = id, read_first = true, sends = { 1 }, sent_ago = 60 }
    end
    assert.same({ cancelled = 30 }, cancel(client, items).counts)
    assert.equal(20, service:requests "cancel")
    for i = 1, 10 do assert.equal(0, (service:posted(ids[i]))) end
  end)

  it("was cancelled by another where every cancel of ours was refused", function()
    for _, has_date in ipairs { true, false } do
      local client, service = new(40)
      local take = client.engine.take
      function client.engine:take(id)
        local response, err = take(self, id)
        if response and not has_date then response.headers.date = nil end
        return response, err
      end
      local ids = world.add(service, 3)
      for _, id in ipairs(ids) do service.by_id[id]:cancel(service:now() - 0.5, 0, "a", "x") end
      assert.same({ already_cancelled = 3 }, cancel(client, ids).counts)
    end
  end)

  it("was cancelled by us where the first answer was lost and the next refuses", function()
    local lost = { nth = 1, operation = "cancel" }
    local client, service = new(40, { oddities = { lost_after = lost } })
    local id = service:add {}
    assert.same({ cancelled = 1 }, cancel(client, { id }).counts)
  end)

  it("is ours by its comment if the time of sending is unknown", function()
    local client, service = new(40)
    local id = service:add {}
    service.by_id[id]:cancel(service:now() - 7200, 0, "a", "x")
    assert.same({ cancelled = 1 },
      cancel(client, { { id = id, read_first = true, sends = { 1 } } }).counts)
    assert.same({ already_cancelled = 1 },
      cancel(client, { { id = id, read_first = true, sends = { 1 }, sent_ago = 60 } }).counts)
  end)

  it("is not sent again if another cancel was accepted and has no effect yet", function()
    local client, service = new(40, { oddities = { cancel_takes = 900 } })
    local id = service:add {}
    service.by_id[id]:cancel(service:now(), 900, "a", "x")
    local report = cancel(client, { { id = id, read_first = true, sends = {} } })
    assert.same({ accepted = 1 }, report.counts)
    assert.equal(0, service:requests "cancel")
  end)
end)
