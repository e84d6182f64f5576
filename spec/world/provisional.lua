-- A judge of few rules, until spec/world/model.lua exists.

local core = require "mde.core"

local provisional = {}

local SETTLED = {}
for name in ("cancelled already_cancelled already_final too_late launched existing succeeded failed"
    .. " undone done changed skipped not_found refused"):gmatch "%S+" do
  SETTLED[name] = true
end

local FAILED = { Failed = true, TimeOut = true, Cancelled = true }

local Judge = {}
Judge.__index = Judge

function Judge:add(rule, text, ...)
  table.insert(self.violations, { rule = rule, text = text, events = { ... } })
end

-- {{ Processes

function Judge:processes()
  for number, event in ipairs(self.events) do
    if event.kind == "defect" then self:add("defect", event.text, number) end
    if event.kind == "output" then
      if event.text:find "stack traceback" then self:add("traceback", event.text, number) end
      for _, secret in ipairs(self.observation.secrets) do
        if event.text:find(secret, 1, true) then self:add("secret", event.text, number) end
      end
    end
  end
  for name, process in pairs(self.observation.processes) do
    if not (process.crashed or process.status) then self:add("ends", name .. " does not end") end
  end
end

-- }}

-- {{ Requests

-- The limits, for the requests of each store in any window.
function Judge:windows()
  local times = {}
  for number, event in ipairs(self.events) do
    if event.kind == "request" and event.process and event.arrived and event.bucket then
      local key = self.observation.processes[event.process].store .. event.bucket
      local list = times[key] or {}
      times[key] = list
      list[#list + 1] = event.at
      for seconds, most in pairs { [60] = 100, [3600] = 1500 } do
        local first = list[#list - most]
        if first and first > event.at - seconds then
          self:add("window", ("more than %d %s in %d s"):format(most, event.bucket, seconds),
            number)
        end
      end
    end
  end
end

-- The batch of each request, by its number: the last that its process began or resumed before.
function Judge:batches()
  local current = {}
  self.batch_of = {}
  for number, event in ipairs(self.events) do
    if event.kind == "journal" and event.table == "events" and event.row.position == 0
       and (event.row.kind == "begun" or event.row.kind == "resumed") then
      current[event.process] = event.store .. " " .. event.row.batch
    elseif event.kind == "request" and event.process then
      self.batch_of[number] = current[event.process]
    end
  end
end

-- Items by "store batch target", with their rows.
function Judge:items()
  self.item_of = {}
  for name, store in pairs(self.observation.stores) do
    for _, item in ipairs(store.items) do
      local key = ("%s %d"):format(name, item.batch)
      self.item_of[key .. " " .. item.id:lower()] = item
      if item.decision == "undo" and item.machine then
        self.item_of[key .. " " .. item.machine] = item
      end
    end
  end
end

local function proves_nothing_done(outcome, status)
  return outcome == "refused" or outcome == "delivered"
         and (status == 401 or status == 403 or status == 429)
end

-- No second POST of an item without a read in between.
function Judge:posts()
  local open, launched, refused, status_of = {}, {}, {}, {}
  for number, event in ipairs(self.events) do
    local batch = self.batch_of[number]
    if event.kind == "request" and event.process and event.method == "POST"
       and event.operation ~= "sign_in" then
      local key = ("%s %s"):format(batch, event.target)
      if not batch or not self.item_of[key] then
        self:add("agreed", "a POST without an item", number)
      end
      local first = open[key]
      local is_later = first and self.events[first].sent <= event.sent  -- not one of a dead process
      if is_later and not self:was_read(batch, event.target, self.events[first].sent,
                                   event.sent) then
        self:add("second", "a second POST without a read", first, number)
      end
      open[key] = number
      if event.effect == "launched" then
        local before = launched[key]
        if before and not FAILED[status_of[self.events[before].action]] then
          self:add("twice", "launched twice", before, number)
        end
        launched[key] = number
      end
      if refused[event.process] then self:add("agreed", "sent without agreement", number) end
    elseif event.kind == "action" then
      status_of[event.id] = event.to
    elseif event.kind == "typed" then
      refused[event.process] = event.text == "n"
    elseif event.kind == "answer" then
      local request = self.events[event.request]
      local key = ("%s %s"):format(self.batch_of[event.request], request.target)
      if request.method == "POST" then
        if open[key] == event.request and proves_nothing_done(event.outcome, event.status) then
          open[key] = nil
        end
      elseif event.outcome == "delivered" and event.status < 300 or event.status == 404 then
        self:read(event.request, request, event.at)
      end
    end
  end
end

-- Notes what a batch has read.
function Judge:read(number, request, delivered)
  local batch = self.batch_of[number] or ""
  local reads = self.reads[batch] or {}
  self.reads[batch] = reads
  reads[#reads + 1] = { sent = request.sent, at = delivered, target = request.target,
                        text = request.query and request.query["$filter"] or "" }
end

-- Reports whether an item was read after a POST was sent, and before another one.
function Judge:was_read(batch, target, first, second)
  for _, read in ipairs(self.reads[batch] or {}) do
    if read.sent >= first and read.at <= second
       and (read.target == target or read.text:find(target, 1, true)) then
      return true
    end
  end
  return false
end

-- }}

-- {{ Guards

-- A batch that exceeds a guard is overridden, and nothing else sends its items.
function Judge:guards()
  local guards = self.observation.profile.guards or {}
  local overridden, posted = {}, {}
  for number, event in ipairs(self.events) do
    local row = event.kind == "journal" and event.table == "events" and event.row or {}
    if row.kind == "overridden" then overridden[event.store .. " " .. row.batch] = true end
    local batch = self.batch_of[number]
    if batch and event.method == "POST" and event.target and not overridden[batch] then
      self:guard(guards, event, number)
      local targets = posted[batch] or { count = 0 }
      if not targets[event.target] then
        targets[event.target], targets.count = true, targets.count + 1
      end
      posted[batch], targets.number = targets, number
    end
  end
  for batch, targets in pairs(posted) do
    if guards.max and targets.count > guards.max then
      self:add("guard", ("%s changes %d; max is %d"):format(batch, targets.count, guards.max),
        targets.number)
    end
  end
end

function Judge:guard(guards, event, number)
  if not (guards.protect_tags and event.target) then return end
  local action = self.observation.actions[event.target]
  local machine = self.observation.machines[action and action.machineId or event.target]
  for _, tag in ipairs(machine and machine.machineTags or {}) do
    if tag == guards.protect_tags[1] then
      self:add("guard", "a change of a protected machine", number)
    end
  end
end

-- }}

-- {{ The journal

function Judge:verdict(name, batch, item, last, number)
  local action = self.observation.actions[item.id:lower()]
  local verdict, status = last.verdict, action and action.status
  local is_wrong = verdict == "not_found" and action
    or (verdict == "cancelled" or verdict == "already_cancelled") and status ~= "Cancelled"
    or verdict == "already_final" and (status == "Cancelled" or status == "Pending"
                                       or status == "InProgress")
  if is_wrong then
    self:add("truth", ("%s: item %s of %s is %s: its action is %s"):format(name, item.id,
      batch.name, verdict, status), number)
  end
  local is_open = verdict == "accepted" or verdict == "undo_accepted"
  local open = self.observation.actions[last.launched or item.id:lower()]
  if verdict == "accepted" and not (open and open.silent or batch.closed) then
    self:add("ends", ("%s: item %s of %s stays accepted"):format(name, item.id, batch.name), number)
  end
  if not (SETTLED[verdict] or is_open or batch.closed) then
    self:add("ends", ("%s: item %s of %s ends %s"):format(name, item.id, batch.name,
      verdict), number)
  end
end

function Judge:store(name, store)
  local batches, last, settled = {}, {}, {}
  for _, batch in ipairs(store.batches) do batches[batch.number] = batch end
  for _, event in ipairs(store.events) do
    local key = event.batch .. " " .. event.position
    if event.position > 0 then
      if settled[key] then
        self:add("settled", ("%s: item %s was %s, and is %s"):format(name, key, settled[key],
          event.verdict or event.kind))
      end
      last[key] = event
      settled[key] = SETTLED[event.verdict] and event.verdict
    end
  end
  for _, item in ipairs(store.items) do
    local batch, key = batches[item.batch], item.batch .. " " .. item.position
    if batch and batch.size then
      if last[key] and last[key].kind == "ended" then
        self:verdict(name, batch, item, last[key])
      elseif not batch.closed then
        self:add("ends", ("%s: item %s of %s has no verdict"):format(name, item.id, batch.name))
      end
    end
  end
  self:audit(name, store, batches, last)
end

function Judge:audit(name, store, batches, last)
  local previous, found = ("0"):rep(64), {}
  local n = 0
  for line in store.audit_text:gmatch "([^\n]*)\n" do
    n = n + 1
    local entry = store.audit_lines[n]
    if not entry or entry.n ~= n or entry.previous ~= previous then
      return self:add("audit", ("%s: line %d does not follow"):format(name, n))
    end
    previous = core.sha256(line)
    if entry.id then
      local key = ("%s %s %s"):format(entry.batch, entry.id, entry.verdict)
      found[key] = (found[key] or 0) + 1
    end
  end
  for _, item in ipairs(store.items) do
    local batch, event = batches[item.batch], last[item.batch .. " " .. item.position]
    if batch and event and event.kind == "ended" and event.number > 1
       and SETTLED[event.verdict] then
      local key = ("%s %s %s"):format(batch.name, item.id, event.verdict)
      if found[key] ~= 1 then
        self:add("audit", ("%s: %d lines for %s"):format(name, found[key] or 0, key))
      end
    end
  end
end

-- }}

function provisional.judge(observation)
  local judge = setmetatable({ observation = observation, events = observation.events,
                               violations = {}, reads = {} }, Judge)
  judge:processes()
  judge:windows()
  judge:batches()
  judge:items()
  judge:posts()
  judge:guards()
  for name, store in pairs(observation.stores) do judge:store(name, store) end
  return judge.violations
end

return provisional
