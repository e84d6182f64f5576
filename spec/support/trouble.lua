-- Makes a program fail at an exact instant: see trouble.c.
--
--   program.sh(trouble.environment "kill:7" .. " exec sqlite3 quota.db 'INSERT …'")

local program = require "spec.support.program"

local trouble = {}

local library = program.path:match "^(.*)/bin/mde$" .. "/spec/trouble.so"
local built = false

-- Anew if the source is newer, and at once, lest another process load a half of it.
local function build()
  assert(os.execute(([[
    library=%s source=%s/trouble.c
    [ -e "$library" ] && [ ! "$source" -nt "$library" ] && exit
    unset LD_PRELOAD
    mkdir -p "${library%%/*}" &&
      cc -std=c11 -D_GNU_SOURCE -Wall -Wextra -O2 -fPIC -fvisibility=hidden -shared \
        -o "$library.$$" "$source" -ldl && mv "$library.$$" "$library"]])
    :format(program.quote(library), program.quote(program.support))))
  built = true
end

-- The words in front of a command of the shell, such as `exec PROGRAM …`, so that it
-- has the trouble; what else it loads first stays. AddressSanitizer minds not to be
-- the very first.
function trouble.environment(what)
  if not built then build() end
  return ('LD_PRELOAD="${LD_PRELOAD:+$LD_PRELOAD:}"%s MDE_TROUBLE=%s '
    .. 'ASAN_OPTIONS="${ASAN_OPTIONS:+$ASAN_OPTIONS:}verify_asan_link_order=0"')
    :format(program.quote(library), program.quote(what))
end

return trouble
