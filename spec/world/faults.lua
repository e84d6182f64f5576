-- Faults, and what other people do: each entry of a plan happens at its moment.

local faults = {}

-- name of an entry -> function(world, entry)
local DO = {}
faults.happen = DO

function DO.run(self, entry) self:start(entry) end

-- Sets a value now, and another one at entry.ends.
local function between(self, entry, set, unset)
  if self.faults_ended then return end
  set()
  table.insert(self.unsets, unset)
  self:note { kind = "fault", what = entry.fault, ["until"] = self.began + entry.ends,
              host = entry.host, store = entry.store, seconds = entry.seconds }
  self.agenda:at(self.began + entry.ends, unset)
end

function DO.lag(self, entry)
  local lag = self.service.lag
  between(self, entry, function()
    lag.list, lag.get, lag.cancel = entry.seconds, entry.seconds * entry.get,
                                    entry.seconds * entry.cancel
  end, function() lag.list, lag.get, lag.cancel = 0, 0, 0 end)
end

function DO.outage(self, entry)
  between(self, entry, function() self.outage = entry.fate end,
    function() self.outage = nil end)
end

function DO.full(self, entry)
  local disk = self.hosts[entry.host].disk
  local part = entry.part or "all"
  between(self, entry, function() disk.full = part end, function() disk.full = false end)
end

function DO.busy(self, entry)
  local function lock(count)
    return function() self.busy[entry.store] = (self.busy[entry.store] or 0) + count end
  end
  between(self, entry, lock(1), lock(-1))
end

function DO.clock(self, entry)
  self.hosts[entry.host].offset = entry.offset
  self:note { kind = "fault", what = "clock", host = entry.host, offset = entry.offset }
end

function DO.revoke(self)
  self.service:revoke()
  self:note { kind = "fault", what = "tokens revoked" }
end

function DO.freeze(self, entry)
  local process = self.process_by_name[entry.process]
  if not process or process.ended then return end
  process:freeze()
  self.agenda:at(self.began + entry.ends, function() process:thaw() end)
end

function DO.signal(self, entry)
  local process = self.process_by_name[entry.process]
  if process then process:interrupt() end
end

function DO.reboot(self, entry)
  local host = self.hosts[entry.host]
  self:note { kind = "reboot", host = entry.host }
  for _, process in ipairs(self.processes) do
    if process.host == host then process:kill "power failed" end
  end
  host.disk:lose_power(entry.share)
  host.booted, host.boot = self.agenda.now, host.boot .. "'"
end

function DO.stranger(self, entry)
  local count = self.service:use(entry.bucket, entry.count)
  for _ = 1, count do
    self:note { kind = "request", stranger = "script", arrived = true, admitted = true,
                operation = entry.bucket, bucket = entry.bucket, method = "GET", status = 200 }
  end
end

function DO.guards(self, entry)
  self:configure(entry.guards)
  self:note { kind = "guards", guards = entry.guards }
end

function DO.admin_cancel(self, entry)
  self.service:cancel(entry.id, entry.cause, entry.by, entry.comment)
end

function DO.admin_launch(self, entry)
  if self.service:open_action(entry.machine, entry.type) then return end
  self.service:add({ type = entry.type, machine = entry.machine, by = entry.by,
                     comment = entry.comment }, entry.course, entry.cause)
end

return faults
