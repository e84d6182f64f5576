-- Cancelling: what answers mean, and when a cancel is repeated or read back.

local errors = require "mde.base.errors"
local verdict = require "mde.service.verdicts"
local world = require "spec.support.world"

local UNKNOWN = "5382f7ea-7557-4ab7-9782-d50480024a4e"

local function commands(count)
  local list = {}
  local params = { { key = "FileName", value = "x" } }
  for i = 1, count do list[i] = { type = "PutFile", params = params } end
  return list
end

describe("client:cancel", function()
  it("cancels an action once, with the comment, and gives it and the verdict", function()
    local client, service = world.new()
    local id = service:add {}
    local action, found = client:cancel(id, { comment = "by mistake" })
    assert.equal("cancelled", found)
    assert.same({ id, "Cancelled", "by mistake" },
      { action.id, action.status, action.cancellationComment })
    assert.is_true(action:is_final())
    assert.equal(1, service:posted(id))
    assert.equal(2, service:requests())  -- the token, the cancel
  end)

  it("takes an id in any case, and an action as lists give it", function()
    local client, service = world.new()
    local first, second = service:add {}, service:add { age = 10 }
    assert.equal("cancelled", select(2, client:cancel(first:upper(), { comment = "x" })))
    assert.equal("cancelled", select(2, client:cancel(client:list()[1], { comment = "x" })))
    assert.same({ 1, 1 }, { service:posted(first), (service:posted(second)) })
  end)

  it("sends nothing when something is malformed", function()
    local client, service = world.new()
    for _, id in ipairs { "", "x", UNKNOWN .. "0", "{" .. UNKNOWN:sub(3) .. "}", "../" .. UNKNOWN,
                          (UNKNOWN:gsub("-", "/")) } do
      local action, err, found = client:cancel(id, { comment = "x" })
      assert.is_nil(action)
      assert.same({ "invalid_argument", "error" }, { err.code, found })
      assert.is_truthy(err.message:find("'" .. id:sub(1, 60) .. "'", 1, true), err.message)
    end
    for _, options in ipairs { {}, { comment = "" }, { comment = " \n" }, { comment = "\255" },
                               { comment = 7 } } do
      local _, err = client:cancel(UNKNOWN, options)
      assert.equal("invalid_argument", err.code)
      assert.is_truthy(err.message:find("comment", 1, true))
    end
    assert.equal("invalid_argument", select(2, client:cancel(nil, { comment = "x" })).code)
    assert.equal("invalid_argument", select(2, client:action "x").code)
    assert.equal(0, service:requests())
  end)

  it("refuses a wait that is no number of seconds", function()
    local client, service = world.new()
    local action, err, found = client:cancel(service:add {}, { comment = "x", wait = "5m" })
    assert.is_nil(action)
    assert.same({ "invalid_argument", "error" }, { err.code, found })
  end)

  it("raises on an unknown option, at the caller", function()
    local client = world.new()
    for _, wrong in ipairs {
      function() client:cancel(UNKNOWN, { coment = "x" }) end,
      function() client:cancel_all({}, { coment = "x" }) end,
      function() client:list { coment = "x" } end,
      function() client:actions { coment = "x" } end,
    } do
      local _, raised = pcall(wrong)
      assert.is_truthy(raised:find "cancel_spec.lua:%d+: [%a_]+: unknown option 'coment' %(known: ",
        raised)
    end
  end)

  it("tells already_final in all three ways the service may put it", function()
    for _, as in ipairs { 400, 404, 200 } do
      for _, status in ipairs { "Succeeded", "Failed", "TimeOut" } do
        local client, service = world.new { oddities = { final_as = as } }
        local id = service:add { status = status }
        local action, found = client:cancel(id, { comment = "x" })
        assert.same({ "already_final", status }, { found, action and action.status }, as)
        assert.equal(1, service:posted(id))
      end
    end
  end)

  it("tells already_cancelled, by the comment or, if it is the same, by the time", function()
    for _, comment in ipairs { "mine", "other" } do
      for _, as in ipairs { 400, 404, 200 } do
        local client, service, clock = world.new { oddities = { final_as = as } }
        local id = service:add {}
        assert.equal("cancelled", select(2, client:cancel(id, { comment = "mine" })))
        clock.advance(10)
        clock.set(0)  -- this machine's clock must not matter
        assert.equal("already_cancelled", select(2, client:cancel(id, { comment = comment })))
      end
    end
  end)

  it("tells too_late when the commands had completed", function()
    local client, service = world.new { oddities = { commands_completed = true } }
    local id = service:add { type = "LiveResponse", commands = commands(2),
                             steps = { { 1, "InProgress" } } }
    assert.equal("too_late", select(2, client:cancel(id, { comment = "x" })))
  end)

  it("looks once more at what is accepted, and says so when it stays open", function()
    local client, service = world.new { oddities = { cancel_takes = 1 } }
    assert.equal("cancelled", select(2, client:cancel(service:add {}, { comment = "x" })))
    client, service = world.new { oddities = { cancel_takes = 600 } }
    local id = service:add {}
    local action, found = client:cancel(id, { comment = "x" })
    assert.same({ "accepted", "Pending", 1, 1 },
      { found, action.status, service:posted(id), service:requests "get" })
  end)

  it("tells not_found and forbidden, with what a person needs to know", function()
    local client = world.new()
    local action, err, found = client:cancel(UNKNOWN, { comment = "x" })
    assert.same({ nil, "not_found", "not_found", 404, UNKNOWN },
      { action, found, err.code, err.status, err.id })
    assert.is_truthy(err.request_id)
    local service
    client, service = world.new { roles = { "Machine.Read.All" } }
    action, err, found = client:cancel(service:add {}, { comment = "x" })
    assert.same({ nil, "forbidden", 403, "cancel", 7 },
      { action, found, err.status, err.operation, #err.permissions })
  end)

  it("settles a lost answer by reading, and posts again only what is still open", function()
    for oddity, posts in pairs { lost_after = 1, lost_before = 2, bad_gateway = 1,
                                 internal_error = 2, unavailable = 2, cut_json = 1 } do
      local client, service = world.new { oddities = {
        [oddity] = { operation = "cancel", nth = 1 } } }
      local id = service:add {}
      local action, found = client:cancel(id, { comment = "x" })
      assert.same({ "cancelled", "Cancelled" }, { found, action and action.status }, oddity)
      local times, effects = service:posted(id)
      local effective = 0
      for _, effect in ipairs(effects) do if effect then effective = effective + 1 end end
      assert.same({ posts, 1 }, { #effects, effective }, oddity .. " " .. times)
    end
  end)

  it("reads the action if a proxy has answered 403 in place of the service", function()
    local client, service = world.new()
    local id, answer = service:add {}, service.answer
    function service:answer(request)
      local given = answer(self, request)
      if not request.path:find "/cancel$" then return given end
      return { status = 403, headers = {}, body = "<html>Blocked</html>", delay = 0 }
    end
    assert.equal("cancelled", select(2, client:cancel(id, { comment = "x" })))
    assert.equal(1, #select(2, service:posted(id)))
  end)

  it("does not know the result if a refusal follows an unanswered request", function()
    local client, service = world.new { oddities = {
      lost_before = { operation = "cancel", nth = 1 } } }
    local id, answer, cancels = service:add {}, service.answer, 0
    function service:answer(request)
      cancels = cancels + (request.path:find "/cancel$" and 1 or 0)
      if cancels < 2 or not request.path:find "/cancel$" then return answer(self, request) end
      return { status = 403, headers = {}, delay = 0,
               body = '{"error":{"code":"Forbidden","message":"no access to this device"}}' }
    end
    local _, err, found = client:cancel(id, { comment = "x" })
    assert.same({ "unknown", "forbidden" }, { found, err.code })
  end)

  it("does not post again over a late answer", function()
    local client, service = world.new { oddities = { late = { operation = "cancel" } } }
    local id = service:add {}
    assert.equal("cancelled", select(2, client:cancel(id, { comment = "x" })))
    assert.equal(1, service:posted(id))
  end)

  it("gives up in the end, and reports the last known state", function()
    local client, service = world.new { oddities = { internal_error = { operation = "cancel" } } }
    local id = service:add {}
    local action, err, found = client:cancel(id, { comment = "x" })
    assert.same({ nil, "error", "service", 500, 5 },
      { action, found, err.code, err.status, (service:posted(id)) })
    client, service = world.new { oddities = {
      lost_after = { operation = "cancel" }, lost_before = { operation = "get" } } }
    id = service:add {}
    action, err, found = client:cancel(id, { comment = "x" })
    assert.same({ nil, "unknown", "lost", 1 }, { action, found, err.code, (service:posted(id)) })
    client, service = world.new { oddities = { unreachable = true } }
    action, err, found = client:cancel(service:add {}, { comment = "x" })
    assert.same({ nil, "unsent", "connection", 0 }, { action, found, err.code, service:requests() })
    client, service = world.new { oddities = { unreachable = { operation = "cancel" } } }
    action, err, found = client:cancel(service:add {}, { comment = "x" })
    assert.same({ nil, "unsent", "connection", false }, { action, found, err.code, err.sent })
  end)

  it("waits as long as a 429 says, in whatever way, and uses up no attempt", function()
    for _, bare in ipairs { false, true } do
      local client, service, clock = world.new { oddities = {
        throttled = { operation = "cancel", nth = { 1, 2, 3, 4, 5, 6, 7 } }, throttled_for = 20,
        no_retry_after = bare } }
      local start, id = clock.monotonic(), service:add {}
      assert.equal("cancelled", select(2, client:cancel(id, { comment = "x" })))
      local took = clock.monotonic() - start
      assert.is_true(took >= 140 and took < 150, took)
    end
  end)

  it("fetches a new token, three times at most, when the service refuses the one it has", function()
    local client, service = world.new { oddities = {
      revoked_token = { operation = "cancel", nth = 1 } } }
    assert.equal("cancelled", select(2, client:cancel(service:add {}, { comment = "x" })))
    assert.same({ 2, 2 }, { service:requests "token", service:requests "cancel" })
    client, service = world.new { oddities = { revoked_token = { operation = "cancel" } } }
    local _, err, found = client:cancel(service:add {}, { comment = "x" })
    assert.same({ "unauthorized", "error", 4 }, { err.code, found, service:requests "cancel" })
  end)

  it("says when a given token has expired", function()
    local client, service = world.new({}, { token = "x.eyJleHAiOjE3MDAwMDAwMDB9.x" })
    local _, err = client:cancel(service:add {}, { comment = "x" })
    assert.equal("unauthorized", err.code)
    assert.matches("the token expired at 2023%-11%-14T22:13:20Z$", err.message)
  end)

  it("uses a given token as it is", function()
    local client, service = world.new({}, { token = "x" })
    local _, err = client:cancel(service:add {}, { comment = "x" })
    assert.same({ "unauthorized", 401, 0 }, { err.code, err.status, service:requests "token" })
    local good = world.client(service, client.engine, { token = service:token() })
    assert.equal("cancelled", select(2, good:cancel(service:add {}, { comment = "x" })))
  end)

  it("tells a refused sign-in, without the secret", function()
    local client, service = world.new({}, { client_secret = "WRONG~SECRET" })
    local _, err, found = client:cancel(service:add {}, { comment = "x" })
    assert.same({ "sign_in", "unsent", 1 }, { err.code, found, service:requests() })
    assert.is_truthy(tostring(err):find("7000215", 1, true))
    assert.is_falsy(tostring(err):find("WRONG", 1, true))
  end)

  it("signs in once when that is refused", function()
    local client, service = world.new({}, { client_secret = "wrong" })
    client:cancel(service:add {}, { comment = "x" })
    assert.same({ 1, 0 }, { service:requests "token", #client.scheduler.tasks })
  end)

  it("takes a 403 of the login service for a refused sign-in, in each kind of call", function()
    local client, service = world.new()
    local answer = service.answer
    function service:answer(request)
      if request.path:find "/token" then
        return { status = 403, headers = {}, body = "<html>Blocked</html>", delay = 0 }
      end
      return answer(self, request)
    end
    local id, comment = service:add {}, { comment = "x" }
    for name, arguments in pairs {
      list = {}, action = { id }, wait = { id }, machine = { ("a"):rep(40) }, list_machines = {},
      isolate = { ("a"):rep(40), comment }, cancel = { id, comment },
      request = { "GET", "/api/alerts" },
    } do
      local value, err = client[name](client, (table.unpack or unpack)(arguments))
      assert.same({ nil, "sign_in", 403, nil }, { value, err.code, err.status, err.permissions },
        name)
    end
  end)

  it("stops a batch whose token can't be renewed for a 403", function()
    local client, service = world.new { token_lifetime = 600 }
    local answer, tokens = service.answer, 0
    function service:answer(request)
      if request.path:find "/token" then
        tokens = tokens + 1
        if tokens > 1 then
          return { status = 403, headers = {}, body = "<html>Blocked</html>", delay = 0 }
        end
      end
      return answer(self, request)
    end
    local ids, codes = world.add(service, 1200), {}
    local report = assert(client:cancel_all(ids, { comment = "x", on_item = function(item)
      if item.error then codes[item.error.code] = (codes[item.error.code] or 0) + 1 end
    end }))
    assert.is_true(report.counts.cancelled >= 900)
    assert.is_true((codes.sign_in or 0) >= 1)
    assert.same({}, { report.counts.error, report.counts.unknown })
  end)

  it("takes a login that is throttled or failing for a failure, not for a refusal", function()
    for _, oddity in ipairs { "internal_error", "unavailable" } do
      local client, service = world.new { oddities = { [oddity] = { operation = "token" } } }
      local _, err, found = client:cancel(service:add {}, { comment = "x" })
      assert.same({ "service", "unsent" }, { err.code, found })
    end
  end)

  it("does not wait for ever if every answer is 429", function()
    local client, service, clock = world.new { oddities = {
      throttled = { operation = "cancel" }, throttled_for = 600 } }
    local start, id = clock.monotonic(), service:add {}
    local action, err, found = client:cancel(id, { comment = "x" })
    assert.same({ nil, "too_many_requests", "error" }, { action, err.code, found })
    local took = clock.monotonic() - start
    assert.is_true(took > 7200 and took < 9000, took)
  end)

  it("does not fetch tokens without end that have ended before they come", function()
    local client, service = world.new { token_lifetime = 1, latency = 2 }
    local _, err = client:action(service:add {})
    assert.same({ "bad_answer", true }, { err.code, service:requests "token" < 10 })
  end)

  it("knows its comment again when the service has trimmed it", function()
    local client, service = world.new()
    local id, answer = service:add {}, service.answer
    function service.answer(self, request)
      local given = answer(self, request)
      if given.body then given.body = given.body:gsub('"  x "', '"x"') end
      return given
    end
    assert.equal("cancelled", select(2, client:cancel(id, { comment = "  x " })))
  end)

  it("gives each error to one caller alone", function()
    local client, service = world.new({}, { client_secret = "wrong" })
    local ids, seen = world.add(service, 2), {}
    client:cancel_all(ids, { comment = "x", on_item = function(item)
      seen[item.error] = item.id
    end })
    local count = 0
    for err, id in pairs(seen) do
      count = count + 1
      assert.equal(id, err.id)
    end
    assert.equal(2, count)
  end)

  it("ends with one of the verdicts whatever the network does", function()
    local known = {}
    for _, name in ipairs(verdict.names) do known[name] = true end
    for seed = 1, 40 do
      local client, service = world.new { seed = seed, oddities = {
        lost_before = 0.1, lost_after = 0.1, internal_error = 0.1, bad_gateway = 0.1, late = 0.05,
        throttled = 0.1, cut_json = 0.1, revoked_token = 0.05, unreachable = 0.1 } }
      local id = service:add {}
      local action, err, found = client:cancel(id, { comment = "x" })
      if action then found = err end
      assert.is_true(known[found], found)
      if found == "cancelled" then assert.equal("Cancelled", service:status(id)) end
      if found == "unsent" then assert.equal("Pending", service:status(id)) end
      if not action then assert.is_true(errors.is(err)) end
    end
  end)
end)
