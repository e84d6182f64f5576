-- A token whose credential answers as a spec chooses.

local clocks = require "mde.simulator.clock"
local core = require "mde.core"
local errors = require "mde.base.errors"
local memory = require "mde.store.memory"
local tokens = require "mde.auth.token"

local fetching = {}

fetching.request = { method = "POST", url = "https://login.microsoftonline.com/x" }

-- An answer that the credential below reads as a token, or as a refusal.
function fetching.granted(name, lifetime)
  return { status = 200, headers = {}, body = "", name = name, lifetime = lifetime or 3600 }
end

function fetching.refused(status, headers)
  return { status = status, headers = headers or {}, body = "" }
end

function fetching.failed(code)
  return { code = code or "timeout", message = "no answer in time", sent = true }
end

local credential = {}
fetching.credential = credential

function credential.request() return fetching.request end

function credential.read(response)
  if response.status == 200 then
    return { header = core.secret("Bearer " .. response.name), lifetime = response.lifetime }
  end
  return nil, errors.new { code = "sign_in", message = "refused", status = response.status }
end

local clock, token, fetches

-- Begins anew, with another credential if one is given. -> clock, token, what is fetched
function fetching.new(with)
  clock, fetches = clocks.new(), {}
  token = tokens.new(with or credential, {
    clock = clock, random = function() return 0 end, store = memory.new(),
  }, function(fetch) fetches[#fetches + 1] = fetch end)
  return clock, token, fetches
end

-- The header's text, or nil; the fetch to wait for.
function fetching.current()
  local header, fetch = token:current(clock.monotonic())
  return header and header:reveal(), fetch
end

-- Starts the last fetch, and lets it be answered after `seconds`.
function fetching.answer(response, err, seconds)
  local fetch = fetches[#fetches]
  local what, request = fetch:step(clock.monotonic())
  assert(what == "start" and request == fetching.request, what)
  clock.advance(seconds or 0)
  return fetch:step(clock.monotonic(), response, err)
end

return fetching
