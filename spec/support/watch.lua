-- Runs `mde watch` from a shell, with policies in files, against the simulator.
--
-- Scripts wait for events, never for a time.

local cjson = require "cjson"
local program = require "spec.support.program"

local watch = {}

-- A script has p.lua and these functions: `hash FILE…` prints a policy's hash; `start ARG…`
-- watches in the background, with its events in `out`; `await TEXT [COUNT]` waits until COUNT lines
-- have TEXT; `finish` waits for the end, and prints the events and "was STATUS".
local PRELUDE = [[
  cat >p.lua <<'END'
return { comment = "Misfired rule", select = { requestor = "soar@contoso.com" },
  decide = "cancel", guard = { max = 20 } }
END
  hash() { mde test "$@" 2>&1 >/dev/null | sed -n 's/.*approve: //p'; }
  start() { : >out; mde watch "$@" --metrics m.prom >out 2>err & pid=$!; }
  await() {
    for _ in $(seq 3000); do
      [ "$(grep -c -- "$1" out)" -ge "${2:-1}" ] && return
      kill -0 $pid 2>/dev/null || break
      sleep 0.02
    done
    [ "$(grep -c -- "$1" out)" -ge "${2:-1}" ] || { echo "no $1" >&2; cat err >&2; }
  }
  finish() { wait $pid; status=$?; cat out; cat err >&2; echo "was $status"; }
]]

-- Adds to a run's result `events` (array) and `of` { kind -> array of events }.
local function read(run)
  run.events, run.of = {}, setmetatable({}, { __index = function(list, kind)
    list[kind] = {}
    return list[kind]
  end })
  for line in run.out:gmatch "[^\n]+" do
    if line:find "^{" then
      local event = cjson.decode(line)
      if event.event then
        run.events[#run.events + 1] = event
        table.insert(run.of[event.event], event)
      end
    end
  end
  return run
end

-- Runs a script against an incident (see program.rehearse).
function watch.rehearse(script, options)
  return read(program.rehearse(options or "{ mistaken = 12, history = 0 }", PRELUDE .. script))
end

-- Runs a script by itself.
function watch.sh(script)
  return read(program.sh(PRELUDE .. script))
end

return watch
