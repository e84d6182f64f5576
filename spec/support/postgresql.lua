-- Starts a PostgreSQL server that ends with its spec: see postgresql.sh.
--
--   local server = postgresql.start()
--   DBI.Connect("PostgreSQL", server.url)
--   server:stop()

local quote = require "spec.support.program".quote

local postgresql = {}

local Server = {}
Server.__index = Server

-- A sanitizer that this process may have is not for others.
local function output(command)
  local pipe = assert(io.popen("unset LD_PRELOAD; " .. command))
  local text = pipe:read "a"
  return text, pipe:close()
end

-- Starts one, with an empty database. Not in $TMPDIR: a socket's path is 107 bytes at
-- most. With `namespace`, it is in this network namespace and listens on `address` too.
-- -> { url = as libpq takes it, folder = where its socket and its log are }
function postgresql.start(namespace, address)
  local folder = output [[
    folder=$(mktemp -d /tmp/mde-pg.XXXXXX) && mkfifo "$folder/ready" && echo "$folder"]]
    :match "%S+"
  local within = namespace and "ip netns exec " .. namespace or ""
  local holder = assert(io.popen(
    ("unset LD_PRELOAD; exec setsid %s spec/support/postgresql.sh %s %s"):format(within, folder,
      address or ""), "w"))
  local ready = assert(io.open(folder .. "/ready"))
  local text = ready:read "a"
  ready:close()
  local bin = text:match "^ready (.-)\n$"
  if not bin then
    holder:close()
    error("PostgreSQL did not start:\n" .. text)
  end
  return setmetatable({ url = ("postgresql:///mde?host=%s&user=mde"):format(folder),
                        folder = folder, bin = bin, holder = holder }, Server)
end

-- Runs statements one by one, and raises where one fails.
-- -> what they give: a line a row, with | between the columns
function Server:psql(statements)
  local text, done = output(("printf %%s %s | %s/psql -XqAt -v ON_ERROR_STOP=1 -d %s 2>&1")
    :format(quote(statements), quote(self.bin), quote(self.url)))
  if not done then error("psql: " .. text, 2) end
  return text
end

-- A shell command that stops the server or starts it again: "stop" or "start". It closes what
-- was inherited: a server that keeps the pipe to postgresql.sh open would never end.
function Server:control(action)
  local folder = quote(self.folder)
  local as = output "id -u" == "0\n" and "setpriv --reuid=$(stat -c %%u %s/data)"
    .. " --regid=$(stat -c %%g %s/data) --clear-groups " or ""
  return ("(exec 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-; %s%s/pg_ctl %s -w -m fast -D %s/data"
    .. " -l %s/server.log >>%s/log 2>&1 </dev/null)\n")
    :format(as:format(folder, folder), quote(self.bin), action, folder, folder, folder)
end

-- Ends the server and removes its folder. May be called again.
function Server:stop()
  if not self.holder then return end
  if self.connection then self.connection:close() end
  self.holder:close()
  self.holder = nil
end

Server.__close = Server.stop

-- Gives the server's schema `mde` a clock_timestamp() of its own, that says what
-- `clock` does: for sessions that begin later and in whose search_path mde is before
-- pg_catalog. It is kept in a sequence, whose value all see at once, whatever their
-- transactions are.
-- -> function(wall) that sets it to seconds since 1970
function postgresql.virtual_clock(server, clock)
  server:psql [[
    CREATE SCHEMA IF NOT EXISTS mde;
    CREATE SEQUENCE mde.virtual_time;
    CREATE FUNCTION mde.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE AS $$
      SELECT timestamptz 'epoch' + last_value * interval '1 microsecond' FROM mde.virtual_time
    $$]]
  local connection = assert(require "DBI".Connect("PostgreSQL", server.url))
  connection:autocommit(true)
  server.connection = connection
  local statement = assert(connection:prepare "SELECT setval('mde.virtual_time', $1::bigint)")
  local function set(wall)
    assert(connection)  -- a statement does not keep it, and uses it when it is collected
    assert(statement:execute(("%.0f"):format(wall * 1e6)))
  end
  set(clock.wall())
  return set
end

return postgresql
