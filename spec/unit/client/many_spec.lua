-- client:cancel_all, and how it carries out many calls.

local errors = require "mde.base.errors"
local world = require "spec.support.world"

local UNKNOWN = "5382f7ea-7557-4ab7-9782-d50480024a4e"

-- Runs a batch and gives its report and items by id.
local function run(client, targets, options)
  local items, count = {}, 0
  options = options or {}
  options.comment = options.comment or "x"
  options.on_item = options.on_item or function(item)
    assert(not items[item.id], "an item came twice")
    items[item.id], count = item, count + 1
  end
  local report, err = client:cancel_all(targets, options)
  return report, items, count, err
end

local function total(counts)
  local sum = 0
  for _, count in pairs(counts) do sum = sum + count end
  return sum
end

describe("client:cancel_all", function()
  it("gives each of an array one verdict, and a report", function()
    local client, service = world.new()
    local ids = world.add(service, 30)
    ids[31] = service:add { status = "Succeeded" }
    ids[32] = UNKNOWN
    local report, items, count = run(client, ids)
    assert.equal(32, count)
    assert.same({ cancelled = 30, already_final = 1, not_found = 1 }, report.counts)
    assert.equal(32, report.total)
    assert.is_true(report.seconds > 0)
    local good, missing = items[ids[1]], items[UNKNOWN]
    assert.same({ "cancelled", "Cancelled", good.action.computerDnsName },
      { good.verdict, good.status, good.machine })
    assert.same({ "not_found", "not_found" }, { missing.verdict, missing.error.code })
    assert.is_nil(missing.action)
    for _, id in ipairs(ids) do assert.is_true(service:posted(id) <= 1) end
  end)

  it("takes an iterator, of ids or of actions, no faster than it sends", function()
    local client, service = world.new()
    world.add(service, 40, function(i) return { age = i } end)
    local given, ended, most = 0, 0, 0
    local actions = client:actions { status = "Pending" }
    local report = run(client, function()
      given = given + 1
      most = math.max(most, given - ended)
      return actions()
    end, { parallel = 4, on_item = function() ended = ended + 1 end })
    assert.same({ cancelled = 40 }, report.counts)
    assert.is_true(most <= 5, most)
  end)

  it("keeps the wanted number of calls open, after ten have ended well", function()
    for parallel, seconds in pairs { [1] = 40, [4] = 10, [40] = 2 } do
      local client, service = world.new { latency = 0.9 }
      client:cancel(service:add {}, { comment = "x" })  -- signs in
      local report = run(client, world.add(service, 40), { parallel = parallel })
      assert.is_true(math.abs(report.seconds - seconds) < 0.01, report.seconds)
    end
  end)

  it("tells a malformed id as an item, and goes on", function()
    local client, service = world.new()
    local report, items = run(client, { "nonsense", service:add {}, {} })
    assert.same({ cancelled = 1, error = 2 }, report.counts)
    assert.equal("invalid_argument", items.nonsense.error.code)
  end)

  it("sends an id once that an array has twice", function()
    local client, service = world.new()
    local id = service:add {}
    assert.same({ cancelled = 1 }, run(client, { id, id:upper(), { id = id } }).counts)
    assert.equal(1, service:posted(id))
  end)

  it("raises on a value that is no list or function, before anything is sent", function()
    local client, service = world.new()
    local ids = world.add(service, 2)
    for _, wrong in ipairs { { ids[1], {} }, { { status = "Pending" }, {} }, { 5, {} },
                             { { ids[1], nil, ids[2] }, { comment = "x" } },
                             { ids, { on_item = "print" } }, { ids, { stop = true } },
                             { ids, "a comment" } } do
      local _, raised = pcall(function() client:cancel_all(wrong[1], wrong[2]) end)
      assert.is_truthy(raised:find "_spec.lua:%d+: cancel_all: ", raised)
    end
    assert.is_false(pcall(client.cancel_all, client, nil, { comment = "x" }))
    assert.equal(0, service:requests())
  end)

  it("needs a comment and a sensible number of calls", function()
    local client, service = world.new()
    local ids = world.add(service, 2)
    for _, options in ipairs { {}, { comment = " " }, { comment = "x", parallel = 0 },
                               { comment = "x", parallel = 1.5 },
                               { comment = "x", parallel = "4" } } do
      local report, err = client:cancel_all(ids, options)
      assert.is_nil(report)
      assert.equal("invalid_argument", err.code)
    end
    assert.equal(0, service:requests())
  end)

  it("keeps the quota to the last call, and loses none of its time", function()
    local client, service, clock = world.new { latency = 0.2 }
    local start = clock.monotonic()
    local report = run(client, world.add(service, 1700))
    assert.same({ cancelled = 1700 }, report.counts)
    assert.equal(0, service:requests("cancel", 429))
    local took, best = clock.monotonic() - start, 3600 + 60
    assert.is_true(took < best * 1.005, took)
  end)

  it("takes 5000 actions no longer than the limits do, with not one call refused", function()
    local client, service, clock = world.new()
    local start = clock.monotonic()
    local report = run(client, world.add(service, 5000))
    assert.same({ cancelled = 5000 }, report.counts)
    assert.equal(0, service:requests("cancel", 429))
    local took = clock.monotonic() - start
    assert.is_true(took < 11040 * 1.005, took)
    assert.is_true(service:requests "token" >= 3)  -- tokens live an hour
  end)

  it("waits as one when somebody else uses up the quota", function()
    local client, service = world.new { oddities = {
      throttled = { operation = "cancel", nth = { 3, 4 } }, throttled_for = 30 } }
    local report = run(client, world.add(service, 20), { parallel = 5 })
    assert.same({ cancelled = 20 }, report.counts)
    assert.is_true(service:requests("cancel", 429) <= 2)
    assert.is_true(report.seconds > 30 and report.seconds < 35, report.seconds)
  end)

  it("stops when the sign-in is refused", function()
    local client, service = world.new({}, { client_secret = "wrong" })
    local report, items = run(client, world.add(service, 50), { parallel = 3 })
    assert.same({ unsent = 3 }, report.counts)
    assert.equal(3, report.total)
    assert.equal(1, service:requests "token")
    for _, item in pairs(items) do assert.equal("sign_in", item.error.code) end
  end)

  it("survives every oddity at once, posting nothing twice that had taken effect", function()
    for seed = 1, 5 do
      local client, service = world.new { seed = seed, oddities = {
        lost_before = 0.03, lost_after = 0.03, internal_error = 0.03, bad_gateway = 0.03,
        late = 0.02, throttled = 0.02, cut_json = 0.03, revoked_token = 0.01, unreachable = 0.03,
        final_as = seed % 2 == 0 and 404 or 400 } }
      local ids = world.add(service, 120)
      local report, items, count = run(client, ids)
      assert.equal(120, count)
      assert.equal(120, total(report.counts))
      for _, id in ipairs(ids) do
        local _, effects = service:posted(id)
        local effective = 0
        for _, effect in ipairs(effects) do if effect then effective = effective + 1 end end
        assert.is_true(effective <= 1)
        local found = items[id].verdict
        if found == "cancelled" then assert.equal("Cancelled", service:status(id)) end
        if found == "unsent" then assert.equal(0, effective) end
      end
    end
  end)
end)

describe("a batch that is stopped", function()
  it("finishes requests in flight, and takes no more", function()
    local client, service = world.new()
    local ids, ended = world.add(service, 50), 0
    local report = run(client, ids, { parallel = 5, on_item = function() ended = ended + 1 end,
                                      stop = function() return ended >= 10 end })
    assert.is_true(report.total < 20, report.total)
    assert.equal(report.total, total(report.counts))
    assert.equal(report.counts.cancelled, service:requests "cancel")
  end)

  it("gives calls that wait for the quota as unsent", function()
    local client, service, clock = world.new { quota = { per_minute = 5 } }
    client.quota = require "mde.call.quota".new(function() return 5 end)
    local start = clock.monotonic()
    local report = run(client, world.add(service, 20), { parallel = 8, stop = function()
      return clock.monotonic() - start > 10
    end })
    assert.same({ cancelled = 5, unsent = 8 }, report.counts)
    assert.equal(5, service:requests "cancel")
  end)

  it("posts nothing again, though lost items are still read", function()
    local client, service = world.new { oddities = {
      lost_before = { operation = "cancel" } }, latency = 3 }
    local posts
    local report = run(client, world.add(service, 1), { stop = function()
      if service:requests "get" > 0 then posts = posts or service:requests "cancel" end
      return posts ~= nil
    end })
    assert.same({ unknown = 1 }, report.counts)
    assert.same({ 1, 1 }, { posts, service:requests "cancel" })
  end)

  it("tells of what the service had accepted", function()
    local client, service = world.new { oddities = { cancel_takes = 60 } }
    local report, items = run(client, world.add(service, 1), { stop = function()
      local call = client.scheduler.tasks[1]
      return service:requests "cancel" > 0 and call and not call.in_flight
    end })
    assert.same({ accepted = 1 }, report.counts)
    assert.equal("Pending", select(2, next(items)).status)
  end)

  it("at once leaves requests in flight as unknown, and counts them against the quota", function()
    local client, service, clock = world.new { latency = 20 }
    local start = clock.monotonic()
    local report = run(client, world.add(service, 20), { parallel = 4, stop = function()
      return service:requests "cancel" == 4 and "at once"
    end })
    assert.same({ unknown = 4 }, report.counts)
    assert.is_true(clock.monotonic() - start < 25)
    assert.equal(0, client.quota:bucket("cancel").out)
    assert.equal(4, client.quota:bucket("cancel").last)
    clock.advance(100)
    assert.equal(0, client.engine:step())
  end)

  it("at once leaves what is only read, and was never sent, as unsent", function()
    local client, service = world.new { latency = 20 }
    local items = {}
    for i, id in ipairs(world.add(service, 1)) do items[i] = { id = id, expected = "Pending" } end
    local report = run(client, items, { parallel = 4, stop = function()
      return service:requests "get" + service:requests "list" > 0 and "at once"
    end })
    assert.same({ unsent = 1 }, report.counts)
    assert.equal(0, service:requests "cancel")
  end)

  it("by an error of the iterator first ends the requests in flight", function()
    local client, service = world.new()
    local ids, i, seen = world.add(service, 10), 0, {}
    local failure = errors.new { code = "service", message = "a page failed" }
    local done, raised = pcall(client.cancel_all, client, function()
      i = i + 1
      if i > 6 then error(failure, 0) end
      return ids[i]
    end, { comment = "x", parallel = 3, on_item = function(item)
      seen[item.verdict] = (seen[item.verdict] or 0) + 1
    end })
    assert.is_false(done)
    assert.equal(failure, raised)
    assert.equal(6, seen.cancelled + (seen.unsent or 0))
    assert.equal(seen.cancelled, service:requests "cancel")
  end)

  it("by an error of stop or an observer sends nothing more, then or later", function()
    for _, where in ipairs { "stop", "on_request" } do
      local client, service, clock = world.new { quota = { per_minute = 5 } }
      client.quota = require "mde.call.quota".new(function() return 5 end)
      local ended = {}
      local function raise() if #ended == 5 then error("enough", 0) end end
      if where == "on_request" then client.on_request = raise end
      local done, raised = pcall(client.cancel_all, client, world.add(service, 20), {
        comment = "x", stop = where == "stop" and raise or nil,
        on_item = function(item) ended[#ended + 1] = item.verdict end })
      assert.same({ false, "enough" }, { done, raised })
      client.on_request = client.on_request and function() end
      local posts = service:requests "cancel"
      clock.advance(100)
      client:list { limit = 1 }
      client:list { limit = 1 }
      assert.equal(posts, service:requests "cancel", where)
      assert.equal(0, #client.scheduler.tasks)
      assert.is_true(#ended > 5)  -- those that were stopped had their verdict too
    end
  end)

  it("by the client's end hands out what it knows, and returns an error", function()
    local client, service = world.new()
    local seen = 0
    local report, err = client:cancel_all(world.add(service, 20), {
      comment = "x", parallel = 4, on_item = function()
        seen = seen + 1
        if seen == 3 then client:close() end
      end })
    assert.same({ nil, "interrupted" }, { report, err.code })
    assert.is_true(seen >= 4 and seen < 20, seen)
  end)

  it("by an error of on_item sends nothing more", function()
    local client, service = world.new()
    local done, raised = pcall(client.cancel_all, client, world.add(service, 30), {
      comment = "x", parallel = 3, on_item = function() error("full disk", 0) end })
    assert.same({ false, "full disk" }, { done, raised })
    assert.is_true(service:requests "cancel" <= 3)
    assert.equal("cancelled", select(2, client:cancel(service:add {}, { comment = "x" })))
  end)
end)
