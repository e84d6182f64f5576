#!/bin/sh
# A PostgreSQL server of its own for tests, as root or any user:
#
#   spec/support/postgresql.sh DIR [ADDRESS]
#
# DIR is an empty folder with a FIFO, `ready`, which gets one line: `ready BIN` (the folder of the
# programs), or the error. From then on the server listens on a socket in DIR (and on ADDRESS, for
# its network), and has a database and a superuser `mde`. It runs until standard input ends, also by
# the death of its caller; then DIR is removed.

dir=$1 address=$2
unset $(env | awk -F= '/^PG/ { print $1 }') NONE
cd "$dir" || exit 1
exec 3>ready

bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -t / -k 5,5n | tail -n 1)
[ -n "$bin" ] || bin=$(dirname "$(command -v pg_ctl)")

# The server refuses to run as root.
as=
if [ "$(id -u)" -eq 0 ]; then
  user=postgres
  id $user >/dev/null 2>&1 || user=nobody
  chown $user .
  as="setpriv --reuid=$(id -u $user) --regid=$(id -g $user) --clear-groups"
fi

stop() {
  $as "$bin/pg_ctl" stop -D data -m fast >>log 2>&1
  cd /
  rm -rf "$dir"
}

start() {
  $as "$bin/initdb" -D data -U mde --auth=trust --no-sync --encoding=UTF8 --locale=C &&
  $as tee -a data/postgresql.conf <<CONFIGURATION &&
listen_addresses = '$address'
unix_socket_directories = '$dir'
fsync = off
synchronous_commit = off
full_page_writes = off
shared_buffers = 16MB
max_connections = 50
timezone = UTC
CONFIGURATION
  echo "host all all samenet trust" | $as tee -a data/pg_hba.conf &&
  $as "$bin/pg_ctl" start -w -D data -l server.log &&
  $as "$bin/createdb" -h "$dir" -U mde mde
}

trap stop EXIT
trap 'exit 1' HUP INT TERM
if start >log 2>&1 3>&-; then
  echo "ready $bin" >&3
  exec 3>&-
  cat >/dev/null
else
  cat log server.log >&3 2>/dev/null
  exit 1
fi
