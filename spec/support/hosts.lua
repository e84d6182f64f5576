-- Runs commands as if on several hosts that share a PostgreSQL server.
--
-- Each host has a name and a state folder of its own.

local program = require "spec.support.program"

local hosts = {}

-- Text for a shell script: the function `on NAME COMMAND ARG...`. Its status folder is
-- $PWD/NAME, which is not made. Another host name needs a namespace; without one only the
-- folder differs.
hosts.shell = [[
space=
if unshare -u true 2>/dev/null; then space="unshare -u"
elif unshare -Uru true 2>/dev/null; then space="unshare -Uru"; fi
on() {
  name=$1; shift
  if [ -n "$space" ]; then
    XDG_STATE_HOME=$PWD/$name $space sh -c 'hostname "$0"; exec "$@"' "$name" "$@"
  else
    XDG_STATE_HOME=$PWD/$name "$@"
  fi
}
]]

-- A script against an incident, with the store at `url`. -> see program.rehearse
function hosts.rehearse(url, options, script)
  return program.rehearse(options, ("export MDE_STORE=%s\n"):format(program.quote(url))
    .. hosts.shell .. script)
end

return hosts
