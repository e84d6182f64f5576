-- Draws devices that act while a plan is applied, refusals for many machines, lists that fail, and
-- batches that share small limits.
--
-- Its numbers are its own, so that it leaves the rest of each world as it was.

local entries = require "spec.world.entries"
local random_numbers = require "spec.world.random"

local races = {}

local DRAWS = {}  -- array of { chance, function(random, plan), is_always }

-- `is_always`: in worlds without faults, too.
local function draw(chance, does, is_always) DRAWS[#DRAWS + 1] = { chance, does, is_always } end

-- Adds a command that cancels the actions from the first to the last (default: all), `parallel` at
-- once. -> its entry
local function add_cancel(self, name, at, parallel, first, last)
  local ids = {}
  for i = first or 1, last or #self.actions do ids[#ids + 1] = self.actions[i].id end
  local entry = entries.run(self, name, at, { "cancel", "-", "-m", "misfire", "--yes",
    "--max", "1000", "--parallel", tostring(parallel) },
    { what = "cancel", ids = ids, comment = "misfire" })
  entry.input = table.concat(ids, "\n") .. "\n"
  return entry
end

-- The next answers to an operation of a command are this.
local function answers(self, name, operation, count, fate)
  table.insert(self.entries, { what = "answers", process = name, operation = operation,
                               count = count, fate = fate })
end

-- Devices begin open actions soon after a moment. Each ends `after` seconds later.
local function devices_act(random, self, moment, after)
  for _, action in ipairs(self.actions) do
    if action.status == "Pending" and random:chance(0.6) then
      local starts = moment + random:scaled(0.2, 30)
      action.course = { { starts, "InProgress" }, { starts + after, "Succeeded" } }
    end
  end
end

-- Devices begin actions while a plan is applied.
draw(0.15, function(random, self)
  local applies = {}
  for _, entry in ipairs(self.entries) do
    if entry.what == "run" and entry.argv[1] == "apply" then applies[#applies + 1] = entry end
  end
  if applies[1] then
    devices_act(random, self, random:pick(applies).at, random:scaled(10, 3000))
  end
end)

-- Devices carry actions out while the cancels of an undo get no answer.
draw(0.05, function(random, self)
  local at = random:scaled(0.05, 30)
  entries.run(self, "v", at, { "undo", "--requestor", "soar@contoso.com", "--after",
    "2026-01-20T00:00:00Z", "-m", "undo now", "--yes", "--max", "1000" }, { what = "undo" })
  devices_act(random, self, at, random:scaled(1, 30))
  answers(self, "v", "cancel", random:integer(1, 12),
    random:pick { { lost = "before", outcome = "timeout" }, { status = 503, retry_after = 20 } })
end)

-- The application may not act on many machines.
draw(0.06, function(random, self)
  if not self.actions[11] then return end
  add_cancel(self, "n", random:scaled(0.05, 30), random:integer(1, 3))
  answers(self, "n", "cancel", 1000, { status = 403, late = random:scaled(1, 5) })
end)

-- The service accepts cancels, and the lists that read their actions fail.
draw(0.02, function(random, self)
  if not self.actions[2] then return end
  self.service.cancel_takes = random:scaled(10, 60)
  table.insert(add_cancel(self, "x", random:scaled(0.05, 30), 10).argv, "--wait")
  answers(self, "x", "list", 1000, random:pick { { status = 500 }, { status = 403 } })
end)

-- Cancels get no answer, lists must wait, and a person presses Ctrl-C.
draw(0.02, function(random, self)
  if not self.actions[4] then return end
  local at = random:scaled(0.05, 30)
  add_cancel(self, "y", at, 10)
  answers(self, "y", "cancel", random:integer(4, 12), { lost = "after", outcome = "lost" })
  answers(self, "y", "list", 1000, { status = 503, retry_after = 30 })
  table.insert(self.entries, { what = "signal", process = "y", at = at + random:scaled(1.5, 30) })
end)

-- A small batch and a larger one share small limits, and nothing goes wrong.
draw(0.15, function(random, self)
  local count = #self.actions
  if not self.service.limits or count < 6 then return end
  self.entries, self.is_faulty, self.lasts, self.profile = {}, false, nil, nil
  add_cancel(self, "a", 0, random:integer(1, 10), 1, count - 2)
  add_cancel(self, "b", random:scaled(1, 50), random:integer(1, 10), count - 1)
end, true)

function races.draw(seed, self)
  local random = random_numbers.new(seed, "races")
  for _, row in ipairs(DRAWS) do
    local chance, does, is_always = row[1], row[2], row[3]
    if random:chance(chance) and (self.is_faulty or is_always) then does(random, self) end
  end
end

return races
