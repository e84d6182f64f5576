-- A call, driven by hand: made-up answers, a made-up clock, no engine.

local calls = require "mde.call.call"
local judge = require "mde.call.cancel"
local quotas = require "mde.call.quota"

local ID = "5382f7ea-7557-4ab7-9782-d50480024a4e"

-- A stand-in for the secret in an Authorization header.
local function secret(text)
  return { reveal = function() return text end }
end

-- A client of which only what calls use is there.
local function new_client(limits)
  local client = { timeout = 60, headers = { secret "first", secret "second", secret "third" },
                   refusals = 0 }
  client.clock = { wall = function() return 1769198400 end }
  client.random = function() return 0 end
  client.read = function(fields) return fields end
  client.quota = quotas.new(limits or function() return 100, 1500 end)
  -- Who verifies is asked, and here answers nothing: the call reads for itself.
  client.notify_wait = function() end
  client.service_clock = { read = function() end, wall = function() return 0 end }
  client.readback = { ask = function(_, call, moment)
    client.asked = { id = call.asked_id, moment = moment, done = moment <= client.patience }
    return client.asked
  end }
  client.patience = math.huge
  client.token = {
    current = function() return client.headers[client.refusals + 1], client.fetch end,
    refuse = function()
      client.refusals = client.refusals + 1
      return true
    end,
  }
  function client.to_service(_, encoded, header)
    return { method = encoded.method, path = encoded.path, body = encoded.body,
             header = header:reveal() }
  end
  return client
end

local function new_cancel(client)
  return assert(calls.new(client, "cancel", { id = ID, comment = "x" }, judge.cancel,
    { cancel = judge.cancel_fields() }))
end

local function answer(status, fields, headers)
  local parts = {}
  for name, value in pairs(fields or {}) do
    parts[#parts + 1] = ('"%s":"%s"'):format(name, value)
  end
  return { status = status, headers = headers or {}, body = "{" .. table.concat(parts, ",") .. "}" }
end

local CANCELLED = answer(200, { id = ID, status = "Cancelled", cancellationComment = "x" })
local PENDING = answer(200, { id = ID, status = "Pending" })

-- Results of step: "start" and method and path's end, or "wait" and how long.
local function seen(what, detail, now)
  if what == "start" then return what, detail.method .. " " .. detail.path:match "[^/]+$" end
  return what, detail and detail - now
end

describe("a call", function()
  it("starts, waits for its answer, and is done", function()
    local call = new_cancel(new_client())
    local what, request = call:step(10)
    assert.equal("start", what)
    assert.same({ "POST", "/api/machineactions/" .. ID .. "/cancel", '{"Comment":"x"}', "first" },
      { request.method, request.path, request.body, request.header })
    assert.same({ "wait" }, { call:step(11) })
    assert.same({ "done" }, { call:step(12, CANCELLED) })
    assert.same({ "done" }, { call:step(13) })
    assert.same({ "cancelled", "Cancelled" }, { call.verdict, call.value.status })
  end)

  it("is refused before it starts when an argument is malformed", function()
    local call, err = calls.new(new_client(), "cancel", { id = "x", comment = "x" }, judge.cancel)
    assert.same({ nil, "invalid_argument" }, { call, err.code })
  end)

  it("waits for a slot of the quota, until the moment at which there is one", function()
    local client = new_client(function() return 1 end)
    local first, second = new_cancel(client), new_cancel(client)
    first:step(0)
    assert.same({ "wait" }, { second:step(0) })  -- only the first's answer can tell
    first:step(5, CANCELLED)
    assert.same({ "wait", 5 + 61 }, { second:step(5) })
    assert.same({ "wait", 5 + 61 }, { second:step(65.9) })
    assert.equal("start", (second:step(66)))
  end)

  it("waits for the token, and ends as its fetch does", function()
    local client = new_client()
    client.headers, client.fetch = {}, {}
    local call = new_cancel(client)
    assert.same({ "wait" }, { call:step(0) })
    assert.equal(0, client.quota:bucket("cancel").out)  -- others may use the slot meanwhile
    client.fetch.done, client.fetch.err = true, { code = "sign_in", message = "no" }
    assert.same({ "done" }, { call:step(1) })
    assert.same({ "sign_in", "unsent", ID }, { call.err.code, call.verdict, call.err.id })
    assert.is_nil(client.fetch.err.id)
    assert.equal(0, client.quota:bucket("cancel").out)
  end)

  it("goes out again with a new token after a 401, three times", function()
    local client = new_client()
    local call = new_cancel(client)
    call:step(0)
    local what, request = call:step(1, answer(401))
    assert.same({ "start", "second" }, { what, request.header })
    client.headers[4] = secret "fourth"
    for i = 3, 4 do
      what, request = call:step(i - 1, answer(401))
      assert.same({ "start", client.headers[i]:reveal() }, { what, request.header })
    end
    assert.same({ "done" }, { call:step(4, answer(401)) })
    assert.same({ "error", "unauthorized", 401 }, { call.verdict, call.err.code, call.err.status })
  end)

  it("pauses everybody after a 429", function()
    local client = new_client()
    local call, other = new_cancel(client), new_cancel(client)
    call:step(0)
    assert.same({ "wait", 31 }, { call:step(1, answer(429, {}, { ["retry-after"] = "30" })) })
    assert.same({ "wait", 31 }, { other:step(2) })
    assert.equal("start", (other:step(31)))
    call:step(31)
    assert.same({ "wait", 32 + 60 }, { call:step(32, answer(429)) })  -- it does not say how long
    call:step(92)
    assert.same({ "wait", 93 + 3600 },
      { call:step(93, answer(429, {}, { ["retry-after"] = "99999999" })) })
  end)

  it("is tried again after growing pauses when it never left", function()
    local client = new_client()
    local call = new_cancel(client)
    local now, waits = 0, {}
    while true do
      assert.equal("start", (call:step(now)))
      local what = call:step(now, nil, { code = "connection", message = "no", sent = false })
      if what == "done" then break end
      waits[#waits + 1] = call.not_before - now
      assert.equal("wait", what)
      now = call.not_before
    end
    assert.same({ 0.5, 1, 2, 4 }, waits)
    assert.same({ "unsent", "connection", false }, { call.verdict, call.err.code, call.err.sent })
    assert.equal(0, client.quota:bucket("cancel").out)
    assert.equal(0, client.quota:bucket("cancel").last)  -- the service counted nothing
  end)

  it("is not tried again when the connection can't be trusted", function()
    local call = new_cancel(new_client())
    call:step(0)
    assert.same({ "done" },
      { call:step(1, nil, { code = "tls", message = "no", sent = false }) })
    assert.same({ "unsent", "tls" }, { call.verdict, call.err.code })
  end)

  it("reads the action back after a lost answer, before it posts again", function()
    local client = new_client()
    client.patience = 0
    local call = new_cancel(client)
    call:step(0)
    local what = call:step(5, nil, { code = "lost", message = "lost", sent = true })
    assert.equal("wait", what)
    assert.equal(1, client.quota:bucket("cancel").last)  -- it may have been counted
    assert.is_true(client.asked.moment > 5)
    assert.equal(ID, client.asked.id)
    assert.same({ "wait" }, { call:step(6) })
    client.asked.done = true
    assert.same({ "start", "GET " .. ID }, { seen(call:step(7)) })
    assert.same({ "start", "POST cancel" }, { seen(call:step(8, PENDING)) })
    call:step(9, nil, { code = "timeout", message = "late", sent = true })
    client.asked.done, client.asked.action, client.asked.response =
      true, { id = ID, status = "Cancelled" }, CANCELLED
    assert.same({ "done" }, { call:step(10) })
    assert.equal("cancelled", call.verdict)
  end)

  it("reads the action back at once when the service refuses the cancel", function()
    local call = new_cancel(new_client())
    call:step(0)
    assert.same({ "start", "GET " .. ID }, { seen(call:step(1, answer(400))) })
    assert.same({ "done" }, { call:step(2, PENDING) })
    assert.same({ "refused", "bad_request" }, { call.verdict, call.err.code })
  end)

  it("does not believe an answer about another action", function()
    local call = new_cancel(new_client())
    call.client.patience = 0
    call:step(0)
    local other = answer(200, { id = ID:gsub("^5", "6"), status = "Cancelled" })
    assert.equal("wait", (call:step(1, other)))
    assert.is_nil(call.verdict)
  end)

  it("that is withdrawn tells whether it may have gone out", function()
    local client = new_client()
    local call = new_cancel(client)
    assert.is_true(call:withdraw())
    assert.same({ "unsent", true }, { call.verdict, call.done })
    call = new_cancel(client)
    call:step(0)
    assert.is_false(call:withdraw())  -- it is in flight
    client.patience = 0
    call:step(1, nil, { code = "lost", message = "lost", sent = true })
    assert.is_false(call:withdraw())  -- it is being read
    client.asked.done = true
    assert.same({ "start", "GET " .. ID }, { seen(call:step(2)) })
    assert.same({ "done" }, { call:step(3, PENDING) })
    assert.equal("unknown", call.verdict)
    call = new_cancel(client)
    call:step(0)
    call:step(1, answer(429, {}, { ["retry-after"] = "5" }))
    assert.is_true(call:withdraw())
    assert.equal("unsent", call.verdict)  -- the service did nothing
    assert.equal(0, client.quota:bucket("cancel").out)
  end)

  it("that is abandoned in the air counts against the quota until its timeout", function()
    local client = new_client(function() return 1 end)
    local call, other = new_cancel(client), new_cancel(client)
    call:step(0)
    call:abandon(10)
    assert.equal("unknown", call.verdict)
    assert.same({ "wait", 60 + 61 }, { other:step(10) })
  end)
end)
