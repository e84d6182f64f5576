-- Orders an observation: batches, items, requests with their answers, histories of actions.
--
-- A *post* is a request that changes something, by one of our processes. It belongs to the item
-- for which its process committed a `sent` row last before it was sent.

local history = require "spec.world.model.history"

local SLACK = 1e-6

local SETTLED = {
  cancelled = true, already_cancelled = true, already_final = true, too_late = true,
  launched = true, existing = true, succeeded = true, failed = true, undone = true,
  done = true, changed = true, skipped = true, not_found = true, refused = true,
}

local VERDICTS = { accepted = true, undo_accepted = true, forbidden = true, error = true,
  unsent = true, unknown = true }
for verdict in pairs(SETTLED) do VERDICTS[verdict] = true end

local function is_post(event)
  return event.process ~= nil and event.operation ~= "sign_in" and event.method ~= "GET"
end

-- The answer proves to the process that the service did nothing.
local function proves_nothing_done(answer)
  if not answer then return false end
  if answer.outcome == "refused" then return true end
  local status = answer.status
  return answer.outcome == "delivered"
    and (status == 401 or status == 403 or status == 429)
end

local function add_store(world, name, store)
  local batches = {}
  world.batches[name] = batches
  for _, row in ipairs(store.batches or {}) do
    local batch = { store = name, row = row, number = row.number, items = {}, list = {}, rows = {} }
    batches[row.number] = batch
    world.all_batches[#world.all_batches + 1] = batch
  end
  for _, row in ipairs(store.items or {}) do
    local batch = batches[row.batch]
    if batch then
      local item = { batch = batch, row = row, id = row.id, posts = {}, rows = {} }
      batch.items[row.position] = item
      batch.list[#batch.list + 1] = item
      world.items[#world.items + 1] = item
    end
  end
end

local function sorted(map)
  local names = {}
  for name in pairs(map or {}) do names[#names + 1] = name end
  table.sort(names)
  return names
end

-- The targets that a POST for this item can have.
local function targets(item)
  local row = item.row
  if row.decision == "undo" then return { row.id, row.machine } end
  return { row.id }
end

local function note_sent(world, entry, item)
  local known = world.sent_rows[entry.process] or {}
  world.sent_rows[entry.process] = known
  for _, target in pairs(targets(item)) do
    known[target] = known[target] or {}
    table.insert(known[target], { at = entry.at, item = item, entry = entry })
  end
end

local function add_journal(world, n, event)
  local batch = (world.batches[event.store] or {})[event.row.batch or event.row.number]
  if not batch then return end
  local entry = { n = n, at = event.at, process = event.process, row = event.row }
  if event.table == "batches" then
    if event.op == "insert" then batch.creator, batch.inserted = event.process, entry end
    if event.row.closed and not batch.closed then batch.closed = entry end
    return
  end
  local item = batch.items[event.row.position]
  if item then
    table.insert(item.rows, entry)
    if event.row.kind == "sent" then note_sent(world, entry, item) end
  elseif event.row.position == 0 then
    table.insert(batch.rows, entry)
    if event.row.kind == "closed" and not batch.closed then batch.closed = entry end
  end
end

local function add_request(world, n, event)
  local process = world.observation.processes[event.process]
  local request = {
    n = n, event = event, at = event.at, sent = event.sent or event.at, process = event.process,
    store = process and process.store, is_post = is_post(event),
  }
  world.requests[#world.requests + 1], world.by_number[n] = request, request
end

local function add_answer(world, n, event)
  local request = world.by_number[event.request]
  if request then request.answer, request.answer_n = event, n end
end

local function add_typed(world, _, event)
  world.typed[event.process] = world.typed[event.process] or {}
  table.insert(world.typed[event.process], event)
end

local function add_plan(world, _, event) table.insert(world.plans, event) end

local function add_guards(world, _, event) table.insert(world.guards, event) end

local READERS = {
  typed = add_typed, plan = add_plan, guards = add_guards,
  journal = add_journal, request = add_request, answer = add_answer,
  action = history.add_action, machine = history.add_machine,
}

local function earlier(a, b)
  if a.sent ~= b.sent then return a.sent < b.sent end
  return a.n < b.n
end

local UNDONE = { ["launch:unisolate"] = "Isolate",
                 ["launch:unrestrictcodeexecution"] = "RestrictCodeExecution" }

-- A machine may have two items of an undo: its isolation and its restriction.
local function may_send(world, item, operation)
  local action, kind = world.observation.actions[item.id], UNDONE[operation]
  return not (item.row.decision == "undo" and action and kind) or action.type == kind
end

-- Finds the item of a POST: the last `sent` row of its process for its target.
local function item_of(world, request)
  local rows = (world.sent_rows[request.process] or {})[request.event.target]
  for i = #(rows or {}), 1, -1 do
    if rows[i].at <= request.sent + SLACK and rows[i].entry.n < request.n
      and may_send(world, rows[i].item, request.event.operation) then
      return rows[i].item, rows[i].entry
    end
  end
end

local function attribute(world)
  for _, request in ipairs(world.requests) do
    if request.is_post then
      request.proves_nothing_done = proves_nothing_done(request.answer)
      request.item, request.sent_row = item_of(world, request)
      table.insert(world.posts, request)
      if request.item then table.insert(request.item.posts, request) end
    elseif request.process and request.store then
      world.reads[request.store] = world.reads[request.store] or {}
      table.insert(world.reads[request.store], request)
    end
  end
  table.sort(world.posts, earlier)
  for _, item in ipairs(world.items) do table.sort(item.posts, earlier) end
end

-- The last `ended` row of an item, if no `sent` row follows it.
local function verdict_of(item)
  local last
  for _, entry in ipairs(item.rows) do
    if entry.row.kind == "ended" or entry.row.kind == "sent" then last = entry end
  end
  if last and last.row.kind == "ended" then return last end
end

return function(observation)
  local world = {
    observation = observation, batches = {}, all_batches = {}, items = {}, requests = {},
    by_number = {}, posts = {}, reads = {}, sent_rows = {}, histories = {}, tags = {},
    typed = {}, plans = {}, guards = {},
    SETTLED = SETTLED, VERDICTS = VERDICTS, verdict_of = verdict_of,
  }
  world.store_names, world.process_names = sorted(observation.stores), sorted(observation.processes)
  world.action_ids = sorted(observation.actions)
  for _, name in ipairs(world.store_names) do
    add_store(world, name, observation.stores[name])
  end
  for n, event in ipairs(observation.events) do
    local read = READERS[event.kind]
    if read then read(world, n, event) end
  end
  attribute(world)
  return world
end
