-- Draws the plan of a world from a seed: its tenant, what people do, and what goes wrong.
--
-- A plan is { seed, hosts, machines, actions, service, entries, … }, plain data. Each entry is one
-- thing that people do or that goes wrong; a shrunk plan has fewer of them.

local oddities = require "spec.world.oddities"
local people = require "spec.world.people"
local races = require "spec.world.races"
local random_numbers = require "spec.world.random"
local trouble = require "spec.world.trouble"

local plan = {}

local TYPES = { "Isolate", "Isolate", "RunAntiVirusScan", "RestrictCodeExecution" }
local PEOPLE = { "dana", "kim" }

-- The tenant

local function draw_machines(random, count)
  local list = {}
  for i = 1, count do
    list[i] = { id = random:hex(40), computerDnsName = ("pc-%d.contoso.com"):format(i),
                machineTags = { random:chance(0.05) and "crown-jewel" or nil },
                deviceValue = "Normal", isolated = false }
  end
  return list
end

local function draw_actions(random, machines, count)
  local list = {}
  local same = random:chance(0.2) and random:scaled(100, 10000)
  for i = 1, count do
    list[i] = {
      id = random:guid(), type = random:pick(TYPES), machine = machines[i].id,
      by = "soar@contoso.com", comment = "rule 17", age = same or random:scaled(60, 90000),
      status = random:chance(0.85) and "Pending" or random:pick { "InProgress", "Succeeded" },
      course = trouble.course(random),
    }
    if list[i].status == "Succeeded" then list[i].course = {} end
  end
  return list
end

local function size_of(random)
  local kind = random:number()
  if kind < 0.7 then return random:integer(1, 8) end
  if kind < 0.95 then return random:integer(9, 30) end
  return random:integer(51, 120)
end

-- A host with a store of its own; its clocks may be wrong.
local function draw_host(random, name)
  return { name = name, store = name, user = random:pick(PEOPLE), uptime = random:scaled(100, 1e6),
           offset = random:chance(0.3) and random:pick { -1, 1 } * random:scaled(0.1, 1e6) or 0,
           rate = random:chance(0.3) and 1 + 2e-4 * (random:number() - 0.5) or 1 }
end

local function draw_guards(random, count)
  return { max = random:chance(0.6) and random:integer(1, count + 1) or nil,
           protect_tags = random:chance(0.7) and { "crown-jewel" } or nil }
end

-- Small limits for a part of the worlds, so that their windows bind. The wait is then at times in
-- the text of 429 alone. -> limits, number of actions
local function draw_limits(seed, count)
  local random = random_numbers.new(seed, "limits")
  if not random:chance(0.2) then return nil, count end
  return { minute = random:integer(3, 5), is_silent = random:chance(0.3),
           hour = random:chance(0.5) and random:integer(10, 15) or 1500 }, random:integer(4, 14)
end

-- -> the plan of a seed
function plan.draw(seed)
  local random = random_numbers.new(seed, "plan")
  local limits, count = draw_limits(seed, size_of(random))
  local machines = draw_machines(random, count)
  local self = {
    seed = seed, tenant = random:guid(), application = random:guid(), entries = {},
    machines = machines, is_faulty = false,
    actions = draw_actions(random, machines, count),
    service = { final_as = random:pick { 200, 400, 404 },
                cancel_takes = random:chance(0.2) and random:scaled(1, 60) or 0,
                duplicate_as = random:pick { 201, 400 },
                page_size = random:chance(0.15) and random:integer(1, 20) or nil,
                limits = limits },
    hosts = { draw_host(random, "soc1") },
  }
  if random:chance(0.1) then self.hosts[2] = draw_host(random, "soc2") end
  if random:chance(0.25) then self.profile = { guards = draw_guards(random, count) } end
  people.draw(random, self)
  trouble.draw(random, self)
  oddities.draw(seed, self)
  races.draw(seed, self)
  return self
end

return plan
