-- Simulates nginx's shared dictionary for the store, under a given clock.

local Dictionary = {}
Dictionary.__index = Dictionary

-- The key's entry, if it has not expired.
function Dictionary:entry(key)
  local entry = self.entries[key]
  if entry and entry.expires <= self.clock.monotonic() then self.entries[key], entry = nil, nil end
  return entry
end

function Dictionary:get(key)
  local entry = self:entry(key)
  if entry then return entry.value end
end

-- Expired entries take room until they are flushed.
function Dictionary:has_no_room(key)
  if self.entries[key] then return false end
  local count = 0
  for _ in pairs(self.entries) do count = count + 1 end
  return count >= self.room
end

function Dictionary:flush_expired()
  for key in pairs(self.entries) do self:entry(key) end
end

function Dictionary:safe_set(key, value, seconds)
  if self:has_no_room(key) then return nil, "no memory" end
  self.entries[key] = { value = value,
                        expires = seconds and self.clock.monotonic() + seconds or math.huge }
  return true
end

function Dictionary:safe_add(key, value, seconds)
  if self.before_add then self.before_add(key) end
  if self:entry(key) then return false, "exists" end
  return self:safe_set(key, value, seconds)
end

function Dictionary:delete(key) self.entries[key] = nil end

-- `before_add`, if it is set, is called before each add: as what others do meanwhile. There
-- is room for `room` entries.
return function(clock)
  return setmetatable({ entries = {}, clock = clock, room = math.huge }, Dictionary)
end
