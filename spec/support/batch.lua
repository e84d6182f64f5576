-- Makes invented batches for the report's specs, in the form of the store.

local batches = {}

local Batch = {}
Batch.__index = Batch

function Batch:history() return self.events end

function Batch:rows()
  local i = 0
  self.readings = (self.readings or 0) + 1
  return function()
    i = i + 1
    return self.items[i]
  end
end

local BEGUN = 1769199040.25  -- 2026-01-23T20:10:40Z

-- A batch with these items; `fields` go before what it has anyway.
function batches.of(items, fields)
  local batch = setmetatable({
    name = "misfire", created = BEGUN, who = "dana@soc1", order = "given", items = items,
    tenant = "7d0b3b4e-6e1f-4c43-9d5a-2f8d4a1c9b60", count = #items, comment = "by mistake",
    application = "3c9f4f0a-58d2-4b77-8f0e-b1a6c2d4e587",
    events = { { at = BEGUN, kind = "begun", who = "dana@soc1" } },
  }, Batch)
  for key, value in pairs(fields or {}) do batch[key] = value end
  for i, item in ipairs(items) do
    item.position = item.position or i
    item.id = item.id or ("%08x-7557-4ab7-9782-d50480024a4e"):format(i)
    item.sends = item.sends or {}
  end
  return batch
end

-- The incident: 3000 isolations by a SOAR rule, cancelled in 2.1 hours

-- Calls under the windows: `per_minute` of 61 s, `per_hour` of 3601 s.
local function next_free(calls, now, per_minute, per_hour)
  local minute, hour = calls[#calls - per_minute + 1], calls[#calls - per_hour + 1]
  return math.max(now, minute and minute + 61 or now, hour and hour + 3601 or now)
end

local SITES = { "ber", "lon", "nyc", "sgp", "par", "syd" }
local KINDS = { "lt", "lt", "lt", "ws", "ws", "srv" }
local DOMAINS = { "corp.contoso.com", "corp.contoso.com", "corp.contoso.com", "emea.contoso.com",
                  "emea.contoso.com", "apac.contoso.com", "factory.contoso.com",
                  "lab.fabrikam.net" }

local function pick(list) return list[math.random(#list)] end

local function new_item(i)
  local hex = function(digits)
    return (("x"):rep(digits):gsub("x", function() return ("%x"):format(math.random(0, 15)) end))
  end
  return {
    position = i, machine_id = hex(40), type = "Isolate", requestor = "soar@contoso.com",
    id = ("%s-%s-4%s-9%s-%s"):format(hex(8), hex(4), hex(3), hex(3), hex(12)), sends = {},
    machine = math.random(150) > 1
      and ("%s-%s-%04d.%s"):format(pick(SITES), pick(KINDS), 1000 + i * 3, pick(DOMAINS)) or nil,
    verdict = "cancelled", status = "Cancelled", http = 201,
  }
end

-- Other ends of an item than the requested one: chances in a thousand.
local ODD = {
  { 7, { verdict = "already_cancelled" } },
  { 5, { verdict = "already_final", status = "Succeeded", http = 400, error = "bad_request",
         message = "the service refused the request: BadRequest: Action is already finalized" } },
  { 2, { verdict = "already_final", status = "TimeOut", http = 400 } },
  { 1, { verdict = "too_late", http = 400 } },
  { 2, { verdict = "error", status = "Pending", http = 400, error = "bad_request",
         message = "the service refused the request: ActiveRequestAlreadyExists: Action is already"
           .. " in progress, active action id: 82996549-41d7-4c1f-8a53-0c9a54f7d3b1" } },
  { 1, { verdict = "not_found", http = 404, error = "not_found",
         message = "the service knows no such action: ResourceNotFound" } },
}

local function finish(item)
  local chance = math.random() * 1000
  for _, odd in ipairs(ODD) do
    chance = chance - odd[1]
    if chance < 0 then
      for key, value in pairs(odd[2]) do item[key] = value end
      break
    end
  end
  if item.error then item.request_id = item.id:gsub("^%x%x", "1f") end
end

-- `count` items (default 3000), some of them still open with `stop` (seconds after the
-- begin): then the batch was stopped for good.
function batches.incident(count, stop)
  math.randomseed(4711)
  local items, calls, now = {}, {}, BEGUN + 0.8
  local pause, resume = BEGUN + 70 * 60, BEGUN + 84 * 60
  for i = 1, count or 3000 do
    local item = new_item(i)
    items[i] = item
    local late = now >= pause
    if late and now < resume then now = resume end
    now = next_free(calls, now, late and 100 or 80, late and 1500 or 1200)
    if stop and now > BEGUN + stop then
      item.verdict, item.status, item.http = nil, nil, nil
      item.in_flight = #items - 4 < #calls
      if item.in_flight then item.sends[1] = BEGUN + stop - 1 end
    else
      now = now + 0.03 + math.random() * 0.05
      calls[#calls + 1], item.sends[1] = now, now
      item.ended_at = now + 0.12 + math.random() ^ 4 * 3
      finish(item)
    end
  end
  local last = calls[#calls]
  for i = math.max(1, #items - 4), #items do
    if not stop then
      items[i].verdict, items[i].status, items[i].http = "unknown", nil, nil
      items[i].error, items[i].message = "timeout", "no answer within 60 s"
      items[i].sends[2], items[i].ended_at = last + 1 + i / 1000, last + 62
    end
  end
  return batches.of(items, {
    name = "soar-misfire-4711", comment = "SOAR misfire, CHG-4711", order = "newest",
    command = 'mde cancel --requestor soar@contoso.com --type Isolate -m "SOAR misfire, CHG-4711"'
      .. " --yes --max 3000",
    events = stop and {
      { at = BEGUN, kind = "begun", who = "dana@soc1" },
      { at = BEGUN + stop, kind = "stopped", who = "dana@soc1", detail = "interrupted" },
    } or {
      { at = BEGUN, kind = "begun", who = "dana@soc1", detail = "3000 items, 20 % in reserve" },
      { at = pause, kind = "stopped", who = "dana@soc1", detail = "interrupted" },
      { at = resume, kind = "resumed", who = "m.okafor@soc2" },
      { at = last + 63, kind = "stopped", who = "m.okafor@soc2" },
    },
  })
end

return batches
