-- Collects an investigation package from each machine, waits for it, and downloads it:
--
--   mde run packages.lua INC0048211 srv-1.contoso.com srv-2.contoso.com
--
-- Writes MACHINE.zip in the current folder, and prints SHA-256, name and size of each, as
-- sha256sum does. Requires Machine.Read.All and Machine.CollectForensics. Ends with 1 if a package
-- is missing.

local mde = mde or require "mde"

local comment = table.remove(arg, 1)
if not comment or not arg[1] then
  io.stderr:write("usage: packages.lua COMMENT MACHINE...\n")
  os.exit(2)
end

local client = assert(mde.client())
local missing, launched, names = 0, {}, {}

local function fail(name, err)
  io.stderr:write(name, ": ", tostring(err), "\n")
  missing = missing + 1
end

for _, name in ipairs(arg) do
  local action, err = client:collect(name, { comment = comment })
  if action then
    launched[#launched + 1], names[action.id] = action, name
  else
    fail(name, err)
  end
end

-- Waits for all together, which takes few calls.
for _, result in ipairs(launched[1] and assert(client:wait(launched, { timeout = "2h" })) or {}) do
  local name, action = names[result.id], result.action
  local file, err
  if result.error then err = result.error
  elseif action.status ~= "Succeeded" then err = "the package is " .. action.status
  else file, err = client:download(action, name .. ".zip") end
  if file then print(("%s  %s  (%d bytes)"):format(file.sha256, file.path, file.size))
  else fail(name, err) end
end
os.exit(missing == 0 and 0 or 1)
