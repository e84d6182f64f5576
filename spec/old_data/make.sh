#!/bin/sh
# Makes the data of a release: spec/old_data/make.sh FOLDER [TREE]
#
# TREE is the tree of the release, built (default: this one). FOLDER, such as spec/old_data/0.1,
# receives what the release wrote: a configuration, a store with a batch that ended, a batch that was
# killed and an undo that was killed, an audit log, two plans, and the tokens of a user.
set -eu

mkdir -p "$1"
folder=$(cd "$1" && pwd)
tree=$(cd "${2:-.}" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cat >"$folder/config.lua" <<'CONFIG'
-- Profiles with each kind of option.
return {
  defaults = { client_id = "3c9f4f0a-58d2-4b77-8f0e-b1a6c2d4e587", cloud = "gov" },
  profiles = {
    contoso = {
      tenant = "contoso.com", secret_file = "contoso.secret", timeout = 20,
      quota = { per_minute = 50, per_hour = 700 },
      guard = { max = 40, max_share = 0.2, max_per_machine = 2, protect_tags = { "crown-jewel" },
                hours = "Mon-Fri 08:00-18:00 +01:00" },
    },
    ["emea-fabrikam"] = { tenant = "fabrikam.com", secret_command = { "pass", "mde/fabrikam" } },
    northwind = { tenant = "northwind.example", client_certificate = "northwind.pem",
                  proxy = false, managed_identity = nil },
    tailspin = { tenant = "tailspin.example", managed_identity = true },
  },
}
CONFIG

cat >"$work/policy.lua" <<'POLICY'
return {
  comment = "Stuck for a quarter of an hour",
  select = { status = "Pending", type = "Isolate", older_than = "15m" },
  decide = function() return "cancel" end,
}
POLICY

cat >"$work/script.sh" <<'SCRIPT'
# Kills mde with these arguments once so many requests like PATTERN have arrived.
killed() {
  pattern=$1 count=$(($(grep -c "$1" "$REQUESTS" || :) + $2)); shift 2
  mde "$@" >killed.txt 2>&1 & pid=$!
  until [ "$(grep -c "$pattern" "$REQUESTS")" -ge "$count" ]; do
    kill -0 $pid || { cat killed.txt >&2; exit 1; }
    sleep 0.01
  done
  kill -9 $pid
  wait $pid || :
}
dana='--requestor dana.reyes@contoso.com --type Isolate --after 2020-01-01T00:00:00Z'
mde list --requestor soar@contoso.com --ids >mistaken.ids
head -n 4 mistaken.ids | mde cancel - -m "Misfired rule" --yes --max 4 --batch ended
killed '/cancel$' 2 cancel $(sed -n 5,8p mistaken.ids) -m "Misfired rule" --yes --max 4 \
  --batch killed --parallel 1
mde plan policy.lua -o cancels.jsonl
mde undo $dana --max 400 -m "Wrong machines" -o undo.jsonl
killed '/unisolate$' 2 apply undo.jsonl \
  --approve $(sed -n '$s/.*:"\(.*\)"}/\1/p' undo.jsonl) --batch undo --parallel 1
(unset AZURE_CLIENT_SECRET; mde login)
echo "$AZURE_AUTHORITY_HOST" >authority
SCRIPT

cd "$work"
date +%s >"$folder/made"
PATH=$tree/build/bin:$PATH XDG_STATE_HOME=$work/state XDG_CONFIG_HOME=$work \
  MDE_CONFIG= LUA_PATH="$tree/lua/?.lua;$tree/lua/?/init.lua;;" \
  "$tree/build/bin/mde" run "$tree/spec/support/rehearse.lua" \
  '{ mistaken = 12, history = 300, latency = 0.2, sign_in = { device_interval = 1 } }' \
  sh -euc '. ./script.sh'
# The write-ahead log, which a kill leaves, is written into its database.
lua5.4 -e 'local connection = require("DBI").Connect("SQLite3", "state/mde/mde.db")
  connection:prepare("PRAGMA wal_checkpoint(TRUNCATE)"):execute(); connection:close()'
cp state/mde/audit.jsonl state/mde/audit.id state/mde/tokens.db state/mde/mde.db \
  cancels.jsonl undo.jsonl authority "$folder"
ls -l "$folder"
