-- A shared dictionary of nginx, as far as the store uses it, under a given clock.

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

function Dictionary:safe_set(key, value, seconds)
  if self.is_full and not self.entries[key] then return nil, "no memory" end
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

-- `before_add`, if it is set, is called before each add: as what others do meanwhile.
return function(clock)
  return setmetatable({ entries = {}, clock = clock, is_full = false }, Dictionary)
end
