-- Draws what people do: the entries { what = "run" } of a plan.

local sha256 = require "mde.core".sha256

local people = {}

local TYPES = { "Isolate", "Isolate", "RunAntiVirusScan", "RestrictCodeExecution" }

-- Appends words to a command line.
local function say(entry, ...)
  for _, word in ipairs { ... } do table.insert(entry.argv, word) end
end

-- Adds options that any batch takes.
local function add_options(random, entry)
  if random:chance(0.15) then say(entry, "--parallel", tostring(random:integer(1, 30))) end
  if random:chance(0.1) then
    say(entry, "--canary", random:pick { "off", "1", "3" })
  end
  if random:chance(0.1) then say(entry, "--wait", "--deadline", random:pick { "30s", "10m" }) end
  if random:chance(0.1) then say(entry, "--give-up", random:pick { "30s", "5m" }) end
end

-- Agrees beforehand, and at times exceeds a guard.
local function add_agreement(random, self, entry, has_max)
  if entry.attended then return end
  say(entry, "--yes")
  if not (self.profile and random:chance(0.4)) then return end
  if not has_max then say(entry, "--max", "1000") end
  say(entry, "--override", random:pick { "max", "protect_tags" })
end

local function some_ids(random, self, most)
  local ids = {}
  for i = 1, math.min(most, #self.actions) do ids[i] = self.actions[i].id end
  if random:chance(0.05) then ids[#ids + 1] = random:guid() end
  return random:shuffle(ids)
end

-- Name of the n-th batch of the day.
local function batch_name(random)
  return ("2026-01-23.%d"):format(random:integer(1, 3))
end

-- Policies

local POLICY = 'return { comment = "stale", select = { %s }, decide = %s, guard = { max = %d } }\n'

local DECIDE = {
  cancel = '"cancel"', undo = '"undo"',
  keep = 'function(_, machine) if machine:tagged "crown-jewel" then return keep "ask first" end'
    .. ' return cancel "stale" end',
}

local function hash_of(text)
  return sha256(("policy\n%s\n"):format(sha256(("\n%d\n"):format(#text) .. text)))
end

-- Adds a policy, which is a file of each host. -> { path, hash, intent }
local function draw_policy(random, self, name)
  local does, kind = random:pick { "cancel", "cancel", "keep", "undo" }, random:pick(TYPES)
  local select = ("type = %q"):format(kind)
  if does == "undo" then select = select .. ', status = { "Pending", "Succeeded" }' end
  local max = random:chance(0.2) and random:integer(1, 5) or 1000
  local policy = { path = ("/policies/%s/policy.lua"):format(name),
                   text = POLICY:format(select, DECIDE[does], max) }
  self.policies = self.policies or {}
  table.insert(self.policies, policy)
  local intent = { filter = { type = kind }, guards = { max = max } }
  intent.undoes = does == "undo" and kind or nil
  return policy.path, hash_of(policy.text), intent
end

-- name -> function(random, plan, entry)
local DOES = {}

function DOES.cancel(random, self, entry)
  local ids = some_ids(random, self, random:chance(0.5) and #self.actions or 2)
  entry.argv = { "cancel" }
  entry.intent = { what = "cancel", ids = ids, comment = "misfire" }
  local is_listed = random:chance(0.2)
  if is_listed then
    entry.input = table.concat(ids, "\n") .. "\n"
    say(entry, "-", "--max", "1000")
  else
    say(entry, table.unpack(ids))
  end
  say(entry, "-m", "misfire")
  add_agreement(random, self, entry, is_listed)
  add_options(random, entry)
end

function DOES.filter(random, self, entry)
  local kind = random:pick(TYPES)
  entry.argv = { "cancel", "--type", kind, "-m", "misfire", "--max", "1000" }
  add_agreement(random, self, entry, true)
  entry.intent = { what = "cancel", filter = { type = kind }, comment = "misfire" }
  add_options(random, entry)
end

function DOES.launch(random, self, entry)
  local verb = random:pick { "isolate", "unisolate", "scan" }
  entry.argv, entry.intent = { verb }, { what = verb, machines = {}, comment = "case 4" }
  if verb == "scan" then entry.argv = { "launch", "scan" } end
  local is_large = #self.machines > 50 and random:chance(0.5)
  for i = 1, is_large and #self.machines or random:integer(1, math.min(4, #self.machines)) do
    say(entry, self.machines[i].id)
    entry.intent.machines[i] = self.machines[i].id
  end
  say(entry, "-m", "case 4")
  add_agreement(random, self, entry)
  add_options(random, entry)
end

function DOES.resume(random, _, entry)
  entry.argv, entry.intent = { "resume" }, { what = "resume" }
  if random:chance(0.4) then
    entry.intent.batch = batch_name(random)
    say(entry, entry.intent.batch)
  elseif not entry.attended then
    say(entry, "--join")
  end
  add_options(random, entry)
end

function DOES.stop(random, _, entry)
  local name = batch_name(random)
  entry.argv, entry.intent = { "batch", "stop", name, "-m", "wrong list" },
                             { what = "stop", batch = name }
end

function DOES.close(random, _, entry)
  local name = batch_name(random)
  entry.argv, entry.intent = { "batch", "close", name, "-m", "done by hand" },
                             { what = "close", batch = name }
end

-- Adds `mde apply` of a plan that `entry` writes. The world puts the plan's hash for @hash.
local function add_apply(random, self, entry, path, intent)
  local apply = { what = "run", name = entry.name .. "b", host = entry.host, user = entry.user,
                  at = entry.at + random:scaled(1, 4000), attended = true,
                  agrees = random:chance(0.9), argv = { "apply", path }, intent = intent }
  if random:chance(0.3) then
    apply.attended, apply.agrees = nil, nil
    say(apply, "--approve", "@hash")
  end
  add_options(random, apply)
  table.insert(self.entries, apply)
end

function DOES.plan(random, self, entry)
  local path, _, intent = draw_policy(random, self, entry.name)
  local output = "/plans/" .. entry.name .. ".jsonl"
  entry.argv, entry.intent = { "plan", path, "-o", output }, { what = "plan", path = output }
  intent.what, intent.path, intent.filter = "apply", output, nil
  add_apply(random, self, entry, output, intent)
end

function DOES.undo(random, self, entry)
  local path = "/plans/" .. entry.name .. ".jsonl"
  entry.argv, entry.intent = { "undo" }, { what = "undo", path = path }
  if random:chance(0.5) and entry.name ~= "p1" then
    entry.intent.batch = batch_name(random)
    say(entry, entry.intent.batch)
  else
    say(entry, "--requestor", "soar@contoso.com", "--after", "2026-01-20T00:00:00Z")
  end
  say(entry, "--max", "1000", "-m", "undo it", "-o", path)
  add_apply(random, self, entry, path, { what = "apply", path = path })
end

function DOES.watch(random, self, entry)
  local path, hash, intent = draw_policy(random, self, entry.name)
  entry.attended, entry.agrees = nil, nil
  entry.argv = { "watch", path, "--every", random:pick { "30s", "2m", "5m" } }
  entry.intent = intent
  intent.what, intent.is_approved = "watch", random:chance(0.8)
  if intent.is_approved then say(entry, "--approve", hash:sub(1, 24))
  elseif random:chance(0.5) then say(entry, "--approve", ("0"):rep(24)) end
  if random:chance(0.3) then say(entry, "--once") end
  if random:chance(0.3) then
    table.insert(self.entries, { what = "run", name = entry.name .. "s", host = entry.host,
      user = entry.user, at = entry.at + random:scaled(0.5, 20),
      argv = { "batch", "stop", "2026-01-23.1" },
      intent = { what = "stop", batch = "2026-01-23.1" } })
  end
end

function DOES.look(random, _, entry)
  entry.argv = random:pick { { "list" }, { "status" }, { "audit", "verify" }, { "batch", "list" },
                             { "batch", "show", batch_name(random) }, { "machines" } }
  entry.intent = { what = "look" }
end

local FIRST = { "cancel", "cancel", "cancel", "filter", "filter", "launch", "launch", "undo",
                "undo", "plan", "watch" }
local LATER = { "cancel", "filter", "launch", "resume", "resume", "look", "stop", "close", "undo",
                "plan", "watch" }

-- Adds entries to a plan.
function people.draw(random, self)
  for i = 1, random:integer(1, 4) do
    local host = random:pick(self.hosts)
    local entry = { what = "run", name = "p" .. i, host = host.name, user = host.user,
                    at = i == 1 and 0 or random:scaled(0.1, self.service.limits and 60 or 600),
                    attended = random:chance(0.4) or nil }
    if entry.attended then entry.agrees = random:chance(0.85) end
    DOES[random:pick(i == 1 and FIRST or LATER)](random, self, entry)
    table.insert(self.entries, entry)
  end
end

return people
