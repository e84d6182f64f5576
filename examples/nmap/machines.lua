-- Shared by mde-actions.nse and mde-cancel.nse: the client and machines of a scan.
--
-- Keep it beside the scripts. The scripts of many hosts run at the same time. A script that looks
-- up a machine waits until no other script is sending, and then sends the questions of all. For
-- 256 hosts in one group of nmap's this takes 14 calls, in its usual groups of sixteen 32; one by
-- one it would be 512 (the service allows 100 per minute).

local nmap = require "nmap"
local stdnse = require "stdnse"
local mde = require "mde"

local machines = {}

local MOST = 40     -- conditions in one filter, because it is part of a URL
local RESPITE = 60  -- seconds without new attempts after a lookup failed
local DAY = 86400   -- seconds after which a machine may have another address

-- Makes foreign text one line, of at most `most` bytes of whole UTF-8 characters.
function machines.one_line(text, most)
  text = text:gsub("%c+", " ")
  if #text <= most then return text end
  return (text:sub(1, most + 1):gsub("[^\128-\191][\128-\191]*$", ""))
end

-- Arguments

-- The name of an argument of ours that looks like a secret, in nested tables of arguments.
local function secret_in(arguments, is_ours)
  for name, value in pairs(arguments) do
    local text = tostring(type(name) == "number" and value or name):lower()
    local ours = is_ours or text:find "^mde" or text:find "^azure"
    for _, word in ipairs { "secret", "token", "password", "assertion", "private" } do
      if ours and text:find(word, 1, true) then return tostring(name) end
    end
    local within = type(value) == "table" and secret_in(value, ours)
    if within then return within end
  end
end

-- The arguments of each script, and of both: "value", or "flag" for those without a value.
local KNOWN = {
  ["mde"] = { profile = "value" },
  ["mde-actions"] = { latest = "value" },
  ["mde-cancel"] = { comment = "value", type = "value", ["older-than"] = "value", max = "value",
                     ["dry-run"] = "flag" },
}

local function is_ours(name)
  for _, known in pairs(KNOWN) do
    if known[name] then return true end
  end
  return false
end

-- The arguments of this scan: { { whole (the name as written), value, is_flag }, … }, and whether
-- an unqualified name is one of ours.
local function written()
  local list, is_short = {}, false
  for key, value in pairs(nmap.registry.args) do
    local is_flag = type(key) == "number"
    local whole = is_flag and value or key
    if type(whole) == "string" then
      list[#list + 1] = { whole = whole, value = is_flag or value, is_flag = is_flag }
      is_short = is_short or is_ours(whole)
    end
  end
  -- Qualified names come last, and take precedence.
  table.sort(list, function(a, b)
    local first, second = a.whole:find(".", 1, true) ~= nil, b.whole:find(".", 1, true) ~= nil
    if first ~= second then return second end
    return a.whole < b.whole
  end)
  return list, is_short
end

-- The arguments of `script`, written as script.NAME or NAME. nmap ignores unknown names, but a
-- misspelt limit would be none. So the script refuses unknown names of its own, and unqualified
-- ones if any unqualified name is ours. -> table | nil, message
function machines.arguments(script)
  local known, given, names = KNOWN[script], {}, {}
  for name in pairs(known) do names[#names + 1] = script .. "." .. name end
  table.sort(names)
  local list, is_short = written()
  for _, one in ipairs(list) do
    local whole, name = one.whole, nil
    if whole == script then name = ""
    elseif whole:sub(1, #script + 1) == script .. "." then name = whole:sub(#script + 2)
    elseif known[whole] or is_short and not (whole:find(".", 1, true) or is_ours(whole)) then
      name = whole
    end
    if name and not known[name] then
      return nil, ("'%s' is not one of %s"):format(machines.one_line(whole, 60),
        table.concat(names, ", "))
    elseif name and one.is_flag and known[name] ~= "flag" then
      return nil, ("%s has no value: write %s=…"):format(whole, whole)
    elseif name then
      given[name] = one.value
    end
  end
  return given
end

-- The client of this scan. -> client | nil, the error
function machines.client()
  local name = secret_in(nmap.registry.args)
  if name then
    return nil, ("'%s': others can see script arguments: give secrets in the environment"
      .. " (AZURE_CLIENT_SECRET, MDE_TOKEN) or in a profile (mde.profile)"):format(name)
  end
  local given, wrong = machines.arguments "mde"
  if not given then return nil, wrong end
  local shared = nmap.registry.mde
  if not shared then
    local client, err = mde.client { profile = given.profile }
    shared = { client = client, problem = err and tostring(err), queues = {}, most = MOST }
    nmap.registry.mde = shared
  end
  return shared.client, shared.problem
end

-- The machines that a host may be

-- A host's name in lower case, if it may be one in MDE | nil
local function name_of(text)
  local name = (text or ""):lower():gsub("%.$", "")
  if name:find "^[%w%-_%.]+$" and not name:find "^[%d%.]+$" then return name end
end

-- An OData condition. Names, addresses and ids have no quotes.
local function is(field, value) return ("%s eq '%s'"):format(field, value) end

-- The conditions (OData) that find the machines that a host may be.
local function conditions(question)
  local list = { is("lastIpAddress", question.ip) }
  for _, name in pairs { question.target, question.reverse ~= question.target
                         and question.reverse or nil } do
    list[#list + 1] = is("computerDnsName", name)
    if not name:find(".", 1, true) then
      list[#list + 1] = ("startswith(computerDnsName,'%s.')"):format(name)
    end
  end
  return list
end

-- Reports if a machine has a name; a name without a dot matches in any domain.
local function is_called(machine, name)
  local held = (machine.computerDnsName or ""):lower()
  return name ~= nil and (held == name
    or not name:find(".", 1, true) and held:match "^[^.]*" == name)
end

local function newest_first(a, b)
  local first, second = a.machine:seen() or math.huge, b.machine:seen() or math.huge
  if first ~= second then return first < second end
  return a.machine.id < b.machine.id
end

-- The machines of `list` that a host may be: those with its target's name; without one, those with
-- its reverse DNS name or its address.
local function choose(question, list)
  local targets, others = {}, {}
  for _, machine in ipairs(list) do
    local found = { machine = machine, has_address = machine.lastIpAddress == question.ip }
    if is_called(machine, question.target) then
      found.by = "name"
      targets[#targets + 1] = found
    elseif is_called(machine, question.reverse) or found.has_address then
      found.by = is_called(machine, question.reverse) and "reverse DNS name" or "address"
      others[#others + 1] = found
    end
  end
  question.found = targets[1] and targets or others
  table.sort(question.found, newest_first)
end

-- Calls of the service

-- The first questions of a queue that fit into one filter. -> questions, their conditions
local function first_of(queue, most)
  local asked, all = {}, {}
  for _, question in ipairs(queue) do
    local list = conditions(question)
    if asked[1] and #all + #list > most then break end
    asked[#asked + 1] = question
    for _, condition in ipairs(list) do all[#all + 1] = condition end
  end
  return asked, all
end

-- Reads the actions that match `criteria`, of the machines that were found. -> err | nil
local function read_actions(client, asked, criteria)
  local tests, of = {}, {}
  for _, question in ipairs(asked) do
    local found = question.found[1]
    local id = found and found.machine.id:lower()
    if id and not of[id] then tests[#tests + 1], of[id] = is("machineId", id), {} end
    question.actions = of[id]
  end
  if not tests[1] then return nil end
  local wanted = { filter = table.concat(tests, " or ") }
  for name, value in pairs(criteria) do wanted[name] = value end
  local list, err = client:list(wanted)
  for _, action in ipairs(list or {}) do
    local actions = of[(action.machineId or ""):lower()]
    if actions then actions[#actions + 1] = action end
  end
  return err
end

-- Ends the first questions of a queue, which were answered.
local function answered(queue, asked, problem)
  for _, question in ipairs(asked) do
    question.problem, question.done = problem, true
    table.remove(queue, 1)
  end
end

-- Sends the first questions of a queue. They stay in it until they are answered, so that a script
-- that is killed loses no other's question.
local function ask(shared, queue, criteria)
  local asked, all = first_of(queue, shared.most)
  if queue.failure and nmap.clock() < queue.failed_at + RESPITE then
    return answered(queue, asked, queue.failure)
  end
  local list, err = shared.client:list_machines { filter = table.concat(all, " or ") }
  if list then
    for _, question in ipairs(asked) do choose(question, list) end
    err = read_actions(shared.client, asked, criteria)
  end
  if err and err.code == "bad_request" and asked[2] then  -- too long for this service
    shared.most = math.ceil(#all / 2)
    return
  end
  if err then queue.failure, queue.failed_at = tostring(err), nmap.clock() end
  answered(queue, asked, err and tostring(err))
end

-- The machines that a host may be, the one seen last first, and the actions of that one. Each is
-- { machine, by = "name", "reverse DNS name" or "address", has_address = true if the host's address
-- is its latest }. `criteria` (mde.action_criteria) must be the same for all hosts of a script.
-- -> array, actions | nil, err
function machines.of(host, script, criteria)
  local shared = nmap.registry.mde
  local queue = shared.queues[script] or {}
  shared.queues[script] = queue
  local question = { ip = host.ip, target = name_of(host.targetname),
                     reverse = name_of(host.name) }
  table.insert(queue, question)
  stdnse.sleep(0.01)  -- lets the other hosts' scripts queue their questions
  local turn = nmap.mutex(queue)
  turn "lock"
  local ok, raised = pcall(function()
    while not question.done do ask(shared, queue, criteria) end
  end)
  turn "done"
  if not ok then error(raised, 0) end
  if question.problem then return nil, question.problem end
  return question.found, question.actions
end

-- Reports if the address by which a machine was found may belong to another by now.
function machines.is_stale(found)
  return found.by == "address" and (found.machine:seen() or math.huge) > DAY
end

-- "srv-1.contoso.com (id), found by its name, Active, risk High, seen 2h 10m ago"
function machines.line(found)
  local machine, seen = found.machine, found.machine:seen()
  local words = { ("%s (%s)"):format(machine.computerDnsName or "-", machine.id),
    "found by its " .. found.by, machine.healthStatus or "health unknown",
    "risk " .. (machine.riskScore or "unknown"),
    "seen " .. (seen and mde.duration(seen) .. " ago" or "never") }
  if not found.has_address then
    words[#words + 1] = "last at " .. (machine.lastIpAddress or "no address")
  end
  if machines.is_stale(found) then words[#words + 1] = "may have another address by now" end
  return machines.one_line(table.concat(words, ", "), 400)
end

-- The same as an output table.
function machines.row(found)
  local shown, machine = stdnse.output_table(), found.machine
  shown.id, shown.name, shown.found_by = machine.id, machine.computerDnsName, found.by
  shown.address, shown.health, shown.risk = machine.lastIpAddress, machine.healthStatus,
    machine.riskScore
  shown.last_seen = machine.lastSeen
  return shown
end

return machines
