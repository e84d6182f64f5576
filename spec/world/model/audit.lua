-- Checks the audit log: its chain, and the lines of the items.
--
-- An item that was posted has one line for each verdict that it ended with. A line whose verdict
-- claims an effect needs an item that was about to be sent.

local sha256 = require "spec.world.model.sha256"

local ZEROS = ("0"):rep(64)
local CLAIMS = {
  launched = true, succeeded = true, failed = true, cancelled = true,
  done = true, refused = true,
}

-- A power failure may leave a part of the last line, which does not count.
local function split(text)
  local lines = {}
  for line in (text or ""):gmatch("([^\n]+)\n") do lines[#lines + 1] = line end
  return lines
end

local function check_chain(name, store, report)
  local texts, numbers, previous = split(store.audit_text), {}, {}
  for i, line in ipairs(store.audit_lines or {}) do
    local log = line.log or name
    local number, hash = (numbers[log] or 0) + 1, previous[log] or ZEROS
    if line.n ~= number then
      report("audit chain", {}, "line %d of the log of %s has the number %s", i, name,
        tostring(line.n))
      return
    end
    if line.previous ~= hash then
      report("audit chain", {}, "line %d of the log of %s does not continue the one before",
        i, name)
      return
    end
    numbers[log] = number
    previous[log] = texts[i] and sha256(texts[i])
  end
  if store.audit_text and #texts ~= #(store.audit_lines or {}) then
    report("audit chain", {}, "the log of %s has %d lines, and %d can be read", name, #texts,
      #store.audit_lines)
  end
end

local function belongs(line, item, name)
  return line.batch == name and line.verdict ~= nil and line.id ~= nil
    and (line.id == item.id or line.id == item.row.machine)
end

local function lines_of(store, item)
  local exact, loose = {}, {}
  for _, line in ipairs(store.audit_lines or {}) do
    if belongs(line, item, item.batch.row.name) then
      table.insert(line.id == item.id and exact or loose, line)
    end
  end
  return #exact > 0 and exact or loose
end

-- The log may lack lines only of a process that died, if no later one resumed the batch.
local function is_complete(world, item)
  local process = world.verdict_of(item).process
  local seen = world.observation.processes[process]
  if seen and not seen.crashed and seen.ended then return true end
  local found = false
  for _, entry in ipairs(item.batch.rows) do
    local other = world.observation.processes[entry.process]
    if entry.row.kind == "resumed" and entry.process ~= process
      and entry.n > world.verdict_of(item).n and other and other.ended and not other.crashed then
      found = true
    end
  end
  return found
end

local function events_of(item)
  local events = {}
  for _, entry in ipairs(item.rows) do events[#events + 1] = entry.n end
  return events
end

local function count(lines, verdict)
  local number = 0
  for _, line in ipairs(lines) do
    if line.verdict == verdict then number = number + 1 end
  end
  return number
end

local function was_sent(item)
  for _, entry in ipairs(item.rows) do
    if entry.row.kind == "sent" then return true end
  end
  return false
end

local function ended_rows(item)
  local number = 0
  for _, entry in ipairs(item.rows) do
    if entry.row.kind == "ended" then number = number + 1 end
  end
  return number
end

-- A process that crashed between its line and its commit leaves one more line.
local function crashes(world, item)
  local number, seen = 0, {}
  for _, rows in ipairs { item.rows, item.batch.rows } do
    for _, entry in ipairs(rows) do
      local process = world.observation.processes[entry.process]
      if process and process.crashed and not seen[process] then
        seen[process], number = true, number + 1
      end
    end
  end
  return number
end

-- A settled line of a process that crashed before its commit stands if later ones only fail to read.
local function stands(world, item, line, verdict)
  return world.SETTLED[line.verdict] and not world.SETTLED[verdict] and crashes(world, item) > 0
end

local function check_item(world, store, item, report)
  local last = world.verdict_of(item)
  if not last or not was_sent(item) or not is_complete(world, item) then return end
  local lines, verdict = lines_of(store, item), last.row.verdict
  if #lines == 0 then
    report("audit line", events_of(item), "%s was sent and ended %s, but has no line",
      item.id, verdict)
  elseif lines[#lines].verdict ~= verdict and not stands(world, item, lines[#lines], verdict) then
    report("audit line", events_of(item), "%s ended %s, but its last line says %s",
      item.id, verdict, lines[#lines].verdict)
  elseif world.SETTLED[verdict] and count(lines, verdict) > 1 then
    report("audit line", events_of(item), "%s has %d lines that say %s", item.id,
      count(lines, verdict), verdict)
  elseif #lines > ended_rows(item) + crashes(world, item) then
    report("audit line", events_of(item), "%s ended %d times, but has %d lines", item.id,
      ended_rows(item), #lines)
  end
end

-- A process that was killed after it recorded an item may have sent it.
local function may_be_posted(world, line)
  for _, item in ipairs(world.items) do
    if belongs(line, item, item.batch.row.name) and was_sent(item) then return true end
  end
  return false
end

local function check_claims(world, name, store, report)
  for _, line in ipairs(store.audit_lines or {}) do
    if line.id and line.batch and CLAIMS[line.verdict] and not may_be_posted(world, line) then
      report("audit claim", {}, "line %s of the log of %s says that %s is %s, but nothing was sent",
        tostring(line.n), name, line.id, line.verdict)
    end
  end
end

return function(world, report)
  for _, name in ipairs(world.store_names) do
    local store = world.observation.stores[name]
    check_chain(name, store, report)
    check_claims(world, name, store, report)
  end
  for _, item in ipairs(world.items) do
    check_item(world, world.observation.stores[item.batch.store], item, report)
  end
end
