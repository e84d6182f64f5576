-- What mde-actions.nse and mde-cancel.nse share: one client for a scan, and the machines that
-- its hosts are. It lies beside them.
--
-- The scripts of many hosts run at the same time. Who looks for a machine waits until nobody
-- else asks, and then asks for all that are waited for: a scan of 256 hosts takes some ten
-- calls and not 256 (the service allows 100 a minute).

local nmap = require "nmap"
local stdnse = require "stdnse"

local machines = {}

local AT_ONCE = 40  -- hosts in one call: their names and addresses are a part of a URL

-- Secrets have no place in script arguments, which are seen in `ps` and kept in reports.
local function secret_argument()
  for name in pairs(nmap.registry.args or {}) do
    local lower = tostring(name):lower()
    local is_secret = lower:find "secret" or lower:find "token" or lower:find "password"
    if is_secret and lower:find "^mde" then return name end
  end
end

-- The client of this scan. `mde` is the module. -> client | nil, what hinders it
function machines.client(mde)
  local name = secret_argument()
  if name then
    return nil, ("'%s': script arguments are seen by others: give secrets by the environment"
      .. " (AZURE_CLIENT_SECRET, MDE_TOKEN) or a profile (mde.profile)"):format(name)
  end
  local shared = nmap.registry.mde
  if not shared then
    local client, err = mde.client { profile = stdnse.get_script_args "mde.profile" }
    shared = { client = client, problem = err and tostring(err), wanted = {} }
    nmap.registry.mde = shared
  end
  return shared.client, shared.problem
end

-- {{ Looking for machines

local function text(value) return "'" .. value:gsub("'", "''") .. "'" end

-- The names that a host may have in MDE, in lower case.
local function names(host)
  local list = {}
  for _, name in ipairs { host.targetname or "", host.name or "" } do
    name = name:lower():gsub("%.$", "")
    if name:find "^[%w%-_%.]+$" and not name:find "^[%d%.]+$" then list[#list + 1] = name end
  end
  return list
end

-- The OData filter that finds what the hosts of `asked` may be.
local function filter(asked)
  local conditions = {}
  for _, question in ipairs(asked) do
    conditions[#conditions + 1] = "lastIpAddress eq " .. text(question.ip)
    for _, name in ipairs(question.names) do
      conditions[#conditions + 1] = name:find(".", 1, true)
        and "computerDnsName eq " .. text(name)
        or ("startswith(computerDnsName,%s)"):format(text(name))
    end
  end
  return table.concat(conditions, " or ")
end

-- Whether a machine has one of the names; one without a dot is a machine's in any domain.
local function is_called(machine, wanted)
  local held = (machine.computerDnsName or ""):lower()
  for _, name in ipairs(wanted) do
    if held == name or not name:find(".", 1, true) and held:match "^[^.]*" == name then
      return true
    end
  end
  return false
end

local function newest_first(a, b)
  return (a:seen() or math.huge) < (b:seen() or math.huge)
end

-- What of `list` a host is: those of its name, else those of its address.
local function choose(question, list)
  local named, addressed = {}, {}
  for _, machine in ipairs(list) do
    if is_called(machine, question.names) then named[#named + 1] = machine end
    if machine.lastIpAddress == question.ip then addressed[#addressed + 1] = machine end
  end
  question.by = named[1] and "name" or "address"
  question.found = named[1] and named or addressed
  table.sort(question.found, newest_first)
end

-- Asks for the first of those that are waited for.
local function ask(shared)
  local asked = {}
  while shared.wanted[1] and #asked < AT_ONCE do
    asked[#asked + 1] = table.remove(shared.wanted, 1)
  end
  local list, err = shared.client:list_machines { filter = filter(asked) }
  for _, question in ipairs(asked) do
    if list then choose(question, list) end
    question.problem = err and tostring(err)
    question.done = true
  end
end

-- The machines that a host may be, the one seen last first, and by what they were found
-- ("name" or "address"). -> array, by | nil, what hinders it
function machines.of(host)
  local shared = nmap.registry.mde
  local question = { ip = host.ip, names = names(host) }
  table.insert(shared.wanted, question)
  stdnse.sleep(0.01)  -- the other hosts' scripts begin now, too
  local turn = nmap.mutex "mde"
  turn "lock"
  local ok, raised = pcall(function()
    while not question.done do ask(shared) end
  end)
  turn "done"
  if not ok then error(raised, 0) end
  if question.problem then return nil, question.problem end
  return question.found, question.by
end

-- }}

-- "srv-1.contoso.com (id), found by its name, Active, seen 2h 10m ago"
function machines.line(machine, by)
  local duration = require "mde.duration"
  return ("%s (%s), found by its %s, %s, seen %s"):format(machine.computerDnsName or "-",
    machine.id, by, machine.healthStatus or "health unknown",
    machine:seen() and duration.text(machine:seen()) .. " ago" or "never")
end

return machines
