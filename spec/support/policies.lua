-- Runs policies under short limits: mde run policies.lua FILE...
--
-- Prints per line a policy's name, its result and the seconds it took; at last the number of
-- descriptors and children left behind.

local now = require "mde.core".monotonic
local workers = require "mde.program.policy.worker"

local function read(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read "a"
  file:close()
  return text
end

local function decide(worker)
  local decisions = {}
  for i = 1, 30 do
    local decision, _, err = worker:decide({ id = "action" .. i, age = i, status = "Pending" })
    if err then return nil, err end
    decisions[decision or "nothing"] = true
  end
  local ok, err = worker:close()
  if not ok then return nil, err end
  return (next(decisions))
end

-- Sanitizers take their time.
local patient = (os.getenv "BUILD" or ""):find "asan" and 4 or 1

-- Short limits of time for a policy that is to exceed one; for others, none that a busy
-- machine comes to.
local TIMES = { load = { load_seconds = 0.5 * patient }, longest = { longest_seconds = 0.2 },
                average = { average_seconds = 0.02, longest_seconds = 0.2 } }

local function limits_of(text)
  local limits = { load_seconds = 60, average_seconds = 60, longest_seconds = 60,
                   memory = 16 * 2^20, output = 4096 }
  local exceeded = text:match "^%-%- limit (%w+)"
  for name, seconds in pairs(TIMES[exceeded] or {}) do limits[name] = seconds end
  return limits
end

local function try(path)
  local text = read(path)
  local worker = assert(workers.start(limits_of(text)))
  local form, err = worker:load(path:match "[^/]*$", text)
  local decision
  if form then decision, err = decide(worker) end
  assert(not err or worker:close() == nil)
  if decision then return decision end
  return ("%s %s"):format(err.code, err.limit or err.signal and "signal " .. err.signal
                          or err.message)
end

-- The number of open descriptors below 256. The process counts them itself, because it lets no
-- other process inspect it.
local function count()
  local found = 0
  for number = 0, 255 do
    local file = io.open("/proc/self/fdinfo/" .. number)
    if file then
      file:close()
      found = found + 1
    end
  end
  return found
end

local before = count()
for _, path in ipairs(arg) do
  local began = now()
  print(path:match "[^/]*$", try(path), ("%.2f"):format(now() - began))
end
collectgarbage()
collectgarbage()
local left = count() - before
local children = io.open(("/proc/self/task/%d/children"):format(require "mde.process".pid()))
print("left", left, children and children:read "a" or "")
