# Measures with wrk the longest wait of other clients; sourced by spec/bench/*.sh.

# others URL SECONDS: requests per second, and the longest wait.
others() {
  wrk -t 1 -c 4 -d "${2}s" "$1" | awk '/Latency/ { longest = $4 } /Requests.sec/ { print $2, longest }'
}

# compare NAME URL SECONDS FOLDER: without, and while FOLDER/cancel.lua keeps twenty cancels in
# flight.
compare() {
  idle=$(others "$2" "$3")
  wrk -t 1 -c 20 -d "$(($3 + 1))s" -s "$4/cancel.lua" "$2" >"$4/cancels" &
  busy=$(others "$2" "$3")
  wait $!
  awk -v name="$1" -v idle="$idle" -v busy="$busy" '
    / requests in / { done = $1 }
    /Non-2xx/ { wrong = $NF }
    END {
      split(idle, i); split(busy, b)
      printf "%s: other clients wait %s at worst while 20 cancels of 300 ms are in flight (%d in" \
        " all, %d failed), %s without; %d and %d requests a second\n",
        name, b[2], done, wrong, i[2], b[1], i[1]
    }' "$4/cancels"
}
