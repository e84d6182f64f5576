-- Signs in as the user of the Azure CLI: `az account get-access-token`.
--
-- This module does I/O itself: it runs the program and waits for it, at most a minute if the system
-- has `timeout`.

local json = require "mde.service.json"
local errors = require "mde.base.errors"
local system = require "mde.base.system"
local tokens = require "mde.auth.token"

local azure_cli = {}

local function absent(message)
  return nil, errors.new { code = "missing_credential", message = message }
end

-- Reports if a text has no characters that a shell interprets.
local function is_plain(text)
  return text:find "^[%w%.:/_][%w%.:/_%-]*$" ~= nil
end

local LONGEST = 60    -- seconds
local TIMED_OUT = 124  -- the exit status of `timeout`

-- -> the command's output, with its exit status as the last line | nil
local function run(command, longest)
  local started, pipe = pcall(system.popen, ([[t=; command -v timeout >/dev/null && t='timeout %g'
    $t %s 2>&1 </dev/null; echo "status $?"]]):format(longest, command))
  if not started or not pipe then return nil end
  local printed = pipe:read "*a"
  pipe:close()
  return printed
end

-- Seconds until the token expires. `az` prints seconds since 1970; older versions print local
-- time.
local function lifetime_of(answer, clock)
  local moment = tonumber(answer.expires_on)
  if not moment then
    local year, month, day, hour, minute, second =
      tostring(answer.expiresOn):match "^(%d+)-(%d+)-(%d+)[ T](%d+):(%d+):(%d+)"
    if not year then return nil end
    moment = system.time { year = tonumber(year), month = tonumber(month), day = tonumber(day),
                           hour = tonumber(hour), min = tonumber(minute), sec = tonumber(second) }
  end
  return moment - clock.wall()
end

local function read(printed, clock)
  local answer = json.decode(printed:match "%b{}" or "") or {}
  local header, lifetime = tokens.header(answer.accessToken), lifetime_of(answer, clock)
  if header and lifetime and lifetime > 0 then
    return { header = header, lifetime = lifetime, is_passing = true }
  end
  return nil, errors.new { code = "bad_answer",
                           message = "the Azure CLI's answer has no token with an expiry" }
end

local function refusal(printed, status, longest)
  if status == TIMED_OUT then
    return nil, errors.new { code = "sign_in",
      message = ("the Azure CLI returned no token within %g s"):format(longest) }
  end
  if status == 127 or printed:find "^[^\n]*not found" then
    return absent "the Azure CLI (az) is not installed"
  end
  if printed:find "az login" then
    return absent "no user is signed in to the Azure CLI: run `az login`"
  end
  return nil, errors.new {
    code = "sign_in",
    message = ("the Azure CLI returned no token: %s"):format(errors.line(printed, 200)),
  }
end

-- `settings`: scope, clock, tenant (nil: that of the Azure CLI), command (default "az"), longest
-- (seconds that it may take; default 60).
-- -> credential
function azure_cli.new(settings)
  local credential = {}

  -- -> token | nil, err
  function credential.obtain()
    local resource = settings.scope:gsub("/%.default$", "")
    local words = { settings.command or "az", "account get-access-token --output json --resource",
                    resource }
    if settings.tenant then words[#words + 1] = "--tenant " .. settings.tenant end
    if not is_plain(resource) or settings.tenant and not is_plain(settings.tenant) then
      return errors.invalid "tenant: the Azure CLI takes only letters, digits, . and -"
    end
    local longest = settings.longest or LONGEST
    local printed = run(table.concat(words, " "), longest)
    if not printed then return absent "this Lua cannot run the Azure CLI" end
    local status
    printed, status = printed:match "^(.-)status (%d+)%s*$"
    if status == "0" then return read(printed, settings.clock) end
    return refusal(printed or "", tonumber(status), longest)
  end

  function credential.request()
    local got, err = credential.obtain()
    return nil, err, got
  end

  return credential
end

return azure_cli
