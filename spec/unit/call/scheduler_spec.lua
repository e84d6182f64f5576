-- The scheduler: it visits calls that have something to do, and sends nothing unrecorded.

local errors = require "mde.base.errors"
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

describe("a store that fails", function()
  it("ends unsent calls, and sends nothing more", function()
    local client, service = world.new()
    local store, passes = client.store, 0
    function store.commit()
      passes = passes + 1
      if passes > 3 then error(errors.new { code = "store", message = "disk full" }, 0) end
    end
    local items = {}
    local report = cancel(client, world.add(service, 50), { parallel = 5, on_item = function(item)
      items[#items + 1] = item
    end })
    assert.is_true(report.total < 20, report.total)
    assert.equal(report.total, #items)
    local unsent = 0
    for _, item in ipairs(items) do
      if item.verdict == "unsent" then
        unsent = unsent + 1
        assert.equal("store", item.error.code)
        assert.equal(0, (service:posted(item.id)))
      end
    end
    assert.is_true(unsent > 0)
    assert.equal(0, #client.scheduler.tasks)
    store.commit = nil
    assert.equal("cancelled", select(2, client:cancel(service:add {}, { comment = "x" })))
  end)

  it("is not tried again and again while an answer is awaited", function()
    local client, service = world.new()
    local store, commits, posts, answer = client.store, 0, 0, service.answer
    function service:answer(request)
      local given = answer(self, request)
      if request.path:find "/cancel$" then
        posts = posts + 1
        given.delay = posts == 2 and 30 or 0
      end
      return given
    end
    function store.commit()
      commits = commits + 1
      assert(commits < 1000, "the store is tried again and again")
      if posts == 2 then error(errors.new { code = "store", message = "disk full" }, 0) end
    end
    cancel(client, world.add(service, 2))
    assert.is_true(commits < 400, commits)
  end)

  it("once, has what ended then written by the next pass", function()
    local client, service = world.new()
    local passes = 0
    function client.store.commit()
      passes = passes + 1
      if passes == 6 then error(errors.new { code = "store", message = "locked" }, 0) end
    end
    local ended = 0
    local record = { sent = function() end, ended = function() ended = ended + 1 end }
    local report = cancel(client, world.add(service, 30), { parallel = 1, record = record })
    assert.is_true(report.total < 30)                          -- it stops, to be resumed
    assert.is_true(ended >= report.counts.cancelled, ended)    -- what is reported is written
    assert.same({}, client.scheduler.unwritten)
  end)

  it("while a list is to be read, leaves nobody waiting", function()
    local client = new(40, { oddities = { bad_gateway = { operation = "cancel" } } })
    client.token.credential.read = function()
      return nil, errors.new { code = "sign_in", message = "refused" }
    end
    local service = client.engine.service
    client.token.header = require "mde.core".secret("Bearer " .. service:token())
    local started = client.engine.start
    function client.engine.start(engine, request, owner)
      if request.url:find "/cancel$" then client.token.header = nil end
      return started(engine, request, owner)
    end
    local report = cancel(client, world.add(service, 6))
    assert.equal(6, report.total)
    for verdict in pairs(report.counts) do
      assert.truthy(verdict == "unknown" or verdict == "unsent", verdict)
    end
  end)

  it("raises an error that is not its own, and leaves the client in order", function()
    local client, service = world.new()
    function client.store.commit() error("a defect", 0) end
    local done, raised = pcall(client.cancel, client, service:add {}, { comment = "x" })
    assert.same({ false, "a defect" }, { done, raised })
    client.store.commit = nil
    assert.equal(0, service:requests "cancel")
    assert.equal("cancelled", select(2, client:cancel(service:add {}, { comment = "x" })))
  end)
end)

describe("the scheduler", function()
  it("does not visit calls that wait for a readback", function()
    local client, service = world.new()
    local ids = world.add(service, 200)
    local visits, seen = 0, {}
    function client.stop()
      for _, task in ipairs(client.scheduler.tasks) do
        if task.wait and not seen[task] then
          seen[task] = true
          local step = task.step
          function task.step(...)
            visits = visits + 1
            return step(...)
          end
        end
      end
    end
    client:wait(ids, { timeout = "5m" })
    assert.is_true(visits > 200 and visits < 200 * 15, visits)
  end)

  it("moves few calls in a pass, and fewer of many, where other work waits meanwhile", function()
    for count, expected in pairs { [40] = { 3, 20 }, [90] = { 4, 8 } } do  -- in which pass, how many
      local client, service, _, engine = world.new()
      local passes, started, commit, start = {}, 0, client.store.commit, engine.start
      client.host.is_shared = true
      function client.store.commit(...)
        if started > 0 then passes[#passes + 1], started = started, 0 end
        return commit(...)
      end
      function engine.start(...)
        started = started + 1
        return start(...)
      end
      local report = client:cancel_all(world.add(service, count), { comment = "x", parallel = 90 })
      assert.equal(count, report.counts.cancelled)
      assert.equal(expected[2], passes[expected[1]])
    end
  end)
end)
