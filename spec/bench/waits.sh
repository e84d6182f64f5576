# Measures with wrk what calls of 300 ms cost a host, and the longest wait of its other clients.
#
# Sourced by spec/bench/nginx.sh and haproxy.sh, which set there (a folder), seconds and rounds (of
# each measurement), url, and workers (a command that prints the host's process ids). A POST to
# $url/mde makes a call with mde, one to $url/own with an HTTP client of the host.

cat >"$there/calls.lua" <<'LUA'
-- Another id in each request.
local count, path = 0, nil
function init(arguments) path = arguments[1] end
function request()
  count = count + 1
  return wrk.format("POST", path, nil,
    ('{"id":"%08x-7557-4ab7-9782-d50480024a4e","comment":"bench"}'):format(count))
end
LUA

cat >"$there/others.lua" <<'LUA'
-- At most two hundred requests a second for each connection.
function delay() return 5 end
function done(_, latency) io.write(("longest %.1f\n"):format(latency.max / 1000)) end
LUA

# The CPU of the host so far, in nanoseconds.
cpu() {
  for pid in $($workers); do cat /proc/$pid/task/*/schedstat; done |
    awk '{ sum += $1 } END { printf "%.0f\n", sum }'
}

# The longest wait of other clients, in ms.
others() { wrk -t 1 -c 2 -d "${seconds}s" -s "$there/others.lua" "$url" | awk '/^longest/ { print $2 }'; }

# calls PATH COUNT: keeps COUNT calls in flight. -> CPU in % of a core, calls a second, failed
# calls, longest wait of others in ms. The first second is not measured.
calls() {
  wrk -t 1 -c "$2" -d "$((2 * seconds + 2))s" --timeout 60s -s "$there/calls.lua" "$url" "$1" \
    >"$there/calls" &
  sleep 1
  began=$(cpu); sleep "$seconds"; ended=$(cpu)
  longest=$(others)
  wait $!
  awk -v cpu=$((ended - began)) -v seconds="$seconds" -v longest="$longest" '
    /Requests.sec/ { rate = $2 }
    /Non-2xx/ { wrong = $NF }
    END { print cpu / seconds / 1e7, rate, wrong + 0, longest }' "$there/calls"
}

# compare HOST COUNT CLIENT: prints the medians and ranges of the rounds. Both clients and the host
# without calls are measured alternately, so that other load of the machine affects all.
compare() {
  for _ in $(seq "$rounds"); do
    echo "$(calls /mde "$2") $(calls /own "$2") $(others)"
  done | awk -v host="$1" -v count="$2" -v own="$3" '
    function middle(list, n, format,   i, j, held) {
      for (i = 2; i <= n; i++)
        for (j = i; j > 1 && list[j] < list[j - 1]; j--) {
          held = list[j]; list[j] = list[j - 1]; list[j - 1] = held
        }
      return sprintf(format " (" format " to " format ")", list[int((n + 1) / 2)], list[1], list[n])
    }
    { a[NR] = $1; b[NR] = $5; ratio[NR] = $1 / $5; each[NR] = ($1 / $2) / ($5 / $6)
      rate[NR] = $2; rate_own[NR] = $6; wait[NR] = $4; wait_own[NR] = $8; wait_none[NR] = $9
      more[NR] = $4 - $9; failed += $3 + $7 }
    END {
      printf "%s, %d calls of 300 ms in flight (median of %d, range; %d failed)\n", host, count, NR, failed
      printf "  CPU in %% of a core: mde %s, %s %s\n", middle(a, NR, "%.1f"), own, middle(b, NR, "%.1f")
      printf "  mde / %s: %s; for each call %s\n", own, middle(ratio, NR, "%.2f"), middle(each, NR, "%.2f")
      printf "  calls a second: mde %s, %s %s\n", middle(rate, NR, "%.0f"), own, middle(rate_own, NR, "%.0f")
      printf "  longest wait of others, in ms: %s with mde, %s with %s, %s without calls; mde adds %s\n",
        middle(wait, NR, "%.1f"), middle(wait_own, NR, "%.1f"), own, middle(wait_none, NR, "%.1f"),
        middle(more, NR, "%.1f")
    }'
}
