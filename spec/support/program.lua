-- Runs the built program from a shell, or at a terminal (spec/support/pty.c).

local program = {}

local build = os.getenv "BUILD" or "build"

local function absolute(path)
  if path:find "^/" then return path end
  local pipe = assert(io.popen "pwd")
  local folder = pipe:read()
  pipe:close()
  return folder .. "/" .. path
end

program.path = absolute(build .. "/bin/mde")
program.support = absolute "spec/support"
program.examples = absolute "examples"

local pty = absolute(build .. "/spec/pty")
local pty_built = false

-- Text as one word of the shell.
function program.quote(text)
  return "'" .. text:gsub("'", "'\\''") .. "'"
end

local function words(list)
  local quoted = {}
  for i, word in ipairs(list) do quoted[i] = program.quote(word) end
  return table.concat(quoted, " ")
end

local function read(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read "a"
  file:close()
  return text
end

local function new_folder()
  local pipe = assert(io.popen "mktemp -d")
  local folder = pipe:read()
  pipe:close()
  return folder
end

-- Waits in a script until a condition holds, at most a minute or so: then the script ends.
local WAIT_UNTIL = [[
wait_until() {
  tries=0
  until eval "$1"; do
    tries=$((tries + 1))
    [ $tries -lt 6000 ] || { echo "waited in vain until $1" >&2; exit 99; }
    sleep 0.01
  done
}
]]

-- Runs a shell script, in an empty folder, in which $mde is the program, mde is in the
-- PATH, and `wait_until 'CONDITION'` waits; its store and its configuration are new ones. Its
-- standard input is `input` (text; default none), and it has no terminal.
-- -> { status, out, err }
function program.sh(script, input)
  local folder = new_folder()
  if input then
    local handle = assert(io.open(folder .. "/in", "wb"))
    handle:write(input)
    handle:close()
  end
  local _, how, code = os.execute(([[
    mde=%s; PATH=%s:$PATH; XDG_STATE_HOME=%s/state; XDG_CONFIG_HOME=%s/config
    export mde PATH XDG_STATE_HOME XDG_CONFIG_HOME; unset MDE_CONFIG MDE_PROFILE
    mkdir %s/empty; cd %s/empty
    umask 022; exec setsid -w sh -c %s <%s >../out 2>../err]]):format(program.quote(program.path),
      program.quote(program.path:match "^(.*)/"), folder, folder, folder, folder,
      program.quote(WAIT_UNTIL .. script),
      input and "../in" or "/dev/null"))
  local result = { status = how == "signal" and 128 + code or code,
                   out = read(folder .. "/out"), err = read(folder .. "/err") }
  os.execute("rm -rf " .. folder)
  return result
end

-- Runs the program with arguments. -> { status, out, err }
function program.run(...)
  return program.sh("exec " .. words { program.path, ... })
end

-- Other specs may build or run it at the same time.
local function build_pty()
  if pty_built then return end
  assert(os.execute(([[
    mkdir -p %s/spec && cc -D_GNU_SOURCE -o %s.$$ %s/pty.c -lutil && mv -f %s.$$ %s]])
    :format(program.quote(build), program.quote(pty), program.quote(program.support),
      program.quote(pty), program.quote(pty))))
  pty_built = true
end

-- The program of spec/support/pty.c.
function program.pty()
  build_pty()
  return program.quote(pty)
end

-- Runs a command at a terminal of so many columns. `dialogue` is a list of what to
-- wait for and what to type then. -> { status, out: all that was shown, err: of pty }
function program.at_terminal(columns, dialogue, ...)
  build_pty()
  local command = { pty, ("%d"):format(columns) }
  table.move(dialogue, 1, #dialogue, 3, command)
  command[#command + 1] = "--"
  return program.sh("TERM=xterm exec " .. words(command) .. " " .. words { ... })
end

-- Runs a shell script against an incident made with `options` (Lua text of a
-- table for mde.simulator.incident.service). -> { status, out, err, ledger: { posts,
-- requests: how many } }
function program.rehearse(options, script, input)
  local run = program.sh(("exec %s run %s/rehearse.lua %s sh -c %s"):format(
    program.quote(program.path), program.quote(program.support), program.quote(options),
    program.quote(WAIT_UNTIL .. script)), input)
  local err, report = run.err:match "^(.*)ledger: (%b{})\n$"
  run.err, run.ledger = err or run.err, report and load("return " .. report)()
  return run
end

-- Runs a shell script with a configuration file of several tenants, each with a simulated
-- service (see spec/support/tenants.lua). -> { status, out, err, asked: how many requests
-- each had }
function program.with_tenants(tenants, script, input)
  local run = program.sh(("exec %s run %s/tenants.lua %s sh -c %s"):format(
    program.quote(program.path), program.quote(program.support), program.quote(tenants),
    program.quote(script)), input)
  local err, report = run.err:match "^(.*)asked: (%b{})\n$"
  run.err, run.asked = err or run.err, report and load("return " .. report)()
  return run
end

return program
