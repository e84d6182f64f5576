# TAP functions for shell tests: source it, call `check`, and end with `plan`.

count=0 wrong=0

# check NAME COMMAND...: ok if the command succeeds; otherwise prints its output.
check() {
  name=$1; shift
  count=$((count + 1))
  if output=$("$@" 2>&1); then
    echo "ok $count - $name"
  else
    wrong=$((wrong + 1))
    echo "not ok $count - $name"
    printf '%s\n' "$output" | sed 's/^/# /'
  fi
}

# nowhere NAME PATTERN FILE...: ok if grep -E finds the pattern in no line.
nowhere() {
  name=$1; shift
  check "$name" lacks "$@"
}

lacks() {
  grep -nE -e "$@" /dev/null
  [ $? -eq 1 ]
}

plan() {
  echo "1..$count"
  [ $wrong -eq 0 ]
}
