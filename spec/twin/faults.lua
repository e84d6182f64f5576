-- The faults of a twin: each happens at a request, or at an instant of its process.

local faults = {}

-- Entries that act at a request: name of an entry -> function(twin, entry)

local DO = {}

function DO.crash(self, entry)
  local process = self.by_name[entry.process]
  if process and process:signal "KILL" then process.killed = true end
end

function DO.signal(self, entry)
  local process = self.by_name[entry.process]
  if process and process:signal "INT" then
    self:note { kind = "signal", process = process.name, signal = "INT" }
  end
end

function DO.freeze(self, entry)
  local process = self.by_name[entry.process]
  if not process or process.frozen or not process:signal "STOP" then return end
  process.frozen = true
  self:note { kind = "frozen", process = process.name }
  self:after(entry.seconds, function()
    process.frozen = false
    if process:signal "CONT" then self:note { kind = "thawed", process = process.name } end
  end)
end

function DO.reboot(self, entry)
  self:note { kind = "fault", what = "all processes are killed", host = entry.host }
  for _, process in ipairs(self.processes) do
    if process.host == entry.host and process:signal "KILL" then process.killed = true end
  end
end

function DO.busy(self, entry)
  local store = self.stores[entry.store]
  if store.blocker then return end
  store:block()
  self:note { kind = "fault", what = "busy", store = entry.store,
              ["until"] = self:now() + entry.seconds }
  self:after(entry.seconds, function() store:release() end)
end

function DO.cut(self, entry)
  self.stores[entry.store]:cut()
  self:note { kind = "fault", what = "busy", detail = "the database ends all sessions",
              store = entry.store, ["until"] = self:now() + 1 }
end

function DO.guards(self, entry)
  self:configure(entry.guards)
  self:note { kind = "guards", guards = entry.guards }
end

function DO.lag(self, entry)
  local oddities = self.ledger.service.oddities
  oddities.list_lags, oddities.reading_lags = entry.seconds, entry.seconds * entry.get
  self:note { kind = "fault", what = "lag", seconds = entry.seconds }
end

function DO.revoke(self)
  self.ledger.service.authority.tokens = {}
  self:note { kind = "fault", what = "tokens revoked" }
end

function DO.admin_cancel(self, entry) self.ledger:admin_cancel(entry) end
function DO.admin_launch(self, entry) self.ledger:admin_launch(entry) end

local function end_lag(self)
  local oddities = self.ledger.service.oddities
  oddities.list_lags, oddities.reading_lags = 0, 0
end

-- A fault at an instant belongs to the process from its start.
local function at_instant(self, entry)
  for _, run in ipairs(self.waiting) do
    if run.name == entry.process then
      local what = entry.what == "full" and (entry.is_torn and "torn" or "full") or "kill"
      run.trouble = { what = what, instant = entry.instant }
    end
  end
end

-- Plans the entries.
function faults.plan(self)
  self.fates, self.at_request, self.spans, self.nth, self.answers = {}, {}, {}, {}, {}
  self.sign_ins, self.sign_in_fates = 0, {}
  for _, entry in ipairs(self.plan.entries) do
    if entry.what == "request" then
      self.fates[entry.at_request] = entry.fate
    elseif entry.what == "answers" then
      table.insert(self.answers, entry)
    elseif entry.what == "sign_in" then
      self.sign_in_fates[entry.number] = entry.fate
    elseif entry.instant then
      at_instant(self, entry)
    elseif entry.nth then
      table.insert(self.nth, entry)
    elseif entry.what ~= "run" then
      table.insert(self.at_request, entry)
      if entry.until_request then table.insert(self.spans, entry) end
    end
  end
end

local function happen(self, process)
  for _, entry in ipairs(self.at_request) do
    if entry.at_request == self.requests and DO[entry.what] then DO[entry.what](self, entry) end
    if entry.what == "lag" and entry.until_request == self.requests then end_lag(self) end
  end
  for _, entry in ipairs(self.nth) do
    if entry.process == process.name and entry.nth == process.requests then
      DO[entry.what](self, entry)
    end
  end
end

-- The fate of the next answers of one operation of a process | nil
local function of_process(self, process, operation)
  for _, entry in ipairs(self.answers) do
    if entry.process == process.name and entry.count > 0
      and operation:match "^[^:]*" == entry.operation then
      entry.count = entry.count - 1
      return entry.fate
    end
  end
end

-- The fate that the plan has for a request | nil
local function planned(self, process, event)
  if event.operation == "sign_in" then
    self.sign_ins = self.sign_ins + 1
    if self.sign_in_fates[self.sign_ins] then return self.sign_in_fates[self.sign_ins] end
  end
  for _, entry in ipairs(self.spans) do
    if entry.what == "outage" and self.requests >= entry.at_request
      and self.requests < entry.until_request then
      return entry.fate
    end
  end
  if event.operation == "sign_in" then return nil end
  return of_process(self, process, event.operation) or self.fates[self.requests]
end

-- The fate of a request that arrives now | nil
function faults.fate(self, process, event)
  self:poll_stores(event.at)
  if event.operation ~= "sign_in" then
    self.requests, process.requests = self.requests + 1, process.requests + 1
    if not self.are_over then happen(self, process) end
  end
  local fate = not self.are_over and planned(self, process, event) or nil
  local is_launch = event.operation:find "^launch:"
  return not (is_launch and fate and not self.plan.loses_launches) and fate or nil
end

-- No fault happens any more, and what is launched succeeds.
function faults.cease(self)
  self.are_over, self.ledger.is_ending = true, true
  end_lag(self)
  for _, timer in ipairs(self.timers) do timer.action() end
  self.timers = {}
end

return faults
