-- Looks for secrets in everything that a process writes or sends, except to sign in.

local function search(value, secret)
  if type(value) == "string" then return value:find(secret, 1, true) ~= nil end
  if type(value) ~= "table" then return false end
  for key, part in pairs(value) do
    if search(key, secret) or search(part, secret) then return true end
  end
  return false
end

local WRITTEN = {
  output = function(event) return event.text end,
  asked = function(event) return event.text end,
  journal = function(event) return event.row end,
  audit = function(event) return { event.text, event.line } end,
  plan = function(event) return event.plan end,
  request = function(event)
    return event.process and event.operation ~= "sign_in"
      and { event.path, event.query, event.body } or nil
  end,
}

local function in_events(world, secret, report)
  for n, event in ipairs(world.observation.events) do
    local written = WRITTEN[event.kind]
    if written and search(written(event), secret) then
      report("secret", { n }, "a secret is in this %s of %s", event.kind, tostring(event.process))
    end
  end
end

local function at_the_end(world, secret, report)
  local observation = world.observation
  for _, name in ipairs(world.process_names) do
    local process = observation.processes[name]
    if search({ process.out or "", process.err or "" }, secret) then
      report("secret", {}, "a secret is in the output of %s", name)
    end
  end
  for _, name in ipairs(world.store_names) do
    if search(observation.stores[name], secret) then
      report("secret", {}, "a secret is in the store %s", name)
    end
  end
end

return function(world, report)
  for _, secret in ipairs(world.observation.secrets or {}) do
    if secret ~= "" then
      in_events(world, secret, report)
      at_the_end(world, secret, report)
    end
  end
end
