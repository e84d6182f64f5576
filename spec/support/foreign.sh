#!/bin/sh
# Checks that the program loads no module from the current folder: foreign.sh MDE
#
# Runs the commands, traced, in a folder with modules named like mde's own, and prints each of these
# that the program tried to open. Exit status: 0 none, 3 no process can be traced here.

mde=$1
folder=$(mktemp -d) || exit 1
folder=$(realpath "$folder")
trap 'rm -rf "$folder"' EXIT
export HOME="$folder/home" XDG_STATE_HOME="$folder/home/state" XDG_CONFIG_HOME="$folder/home"
export LUA_PATH='./?.lua;./?/init.lua;;' LUA_CPATH='./?.so;;'
mkdir -p "$folder/home" "$folder/here" && cd "$folder/here" || exit 1
strace -o /dev/null true 2>/dev/null || exit 3

for file in cjson.lua cjson/safe.lua argparse.lua mde.lua mde/core.lua mde/program.lua mde/program/init.lua mde/init.lua \
  mde/simulator/server.lua mde/editor.lua DBI.lua dbd/sqlite3.lua mde/program/policy.lua; do
  mkdir -p "$(dirname $file)"
  echo "io.stderr:write[[foreign code: $file]] os.exit(66)" >$file
done
mkdir -p cjson dbd
touch core.so mde/core.so mde/file.so mde/httpd.so mde/editor.so cjson.so dbd/sqlite3.so loadall.so
mkdir own
cat >own/policy.lua <<'LUA'
return { comment = "tested", select = { type = "Isolate" }, decide = function() return keep "now" end }
LUA
echo 'return { word = "found beside the playbook" }' >beside.lua
cat >playbook.lua <<'LUA'
require "argparse"
assert(require "cjson".encode and require "mde.core".engine and mde == require "mde")
print(require "beside".word)
LUA

# Runs in the simulator, whose own process is traced too. The first prctl of each process would
# prevent strace from reading the names of its files.
strace -f -qq -e trace=%file -e inject=prctl:retval=0:when=1 -o "$folder/trace" \
  "$mde" sim sh -c '
    mde --version && mde list --limit 1 && mde test own/policy.lua &&
    mde plan own/policy.lua -o ../plan && mde run playbook.lua && echo "6 * 7" | mde repl &&
    mde status && mde completion bash >/dev/null' >"$folder/out" 2>&1 ||
  { cat "$folder/out"; exit 1; }
grep -q "^found beside the playbook" "$folder/out" && grep -q "^42" "$folder/out" &&
  grep -q '/plan"' "$folder/trace" || { cat "$folder/out"; exit 1; }
! grep -E "open(at)?\((AT_FDCWD, )?\"(\./|$folder/here/)?((mde|cjson|dbd)[/.]|(argparse|DBI|core|loadall)\.)" \
  "$folder/trace"
