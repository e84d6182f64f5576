-- The scenarios to rehearse, with the options of mde.simulator.incident for each.
--
-- An array of { name, about, options }, which also has each entry by its name.

local DAY = 86400

local scenarios = {
  { name = "misfire", options = {},
    about = "312 isolations, Pending, launched by a SOAR rule by mistake." },
  { name = "took-effect", options = { took_effect = 0.5 },
    about = "Half of 312 mistaken isolations are InProgress or Succeeded." },
  { name = "stuck",
    about = "60 isolations and all live responses wait for offline machines.",
    options = { mistaken = 60, mistaken_age = 2 * DAY, is_offline = true,
                oddities = { pending_sessions = true } } },
  { name = "outage",
    about = "After 40 changes the service answers 500 and 503 for a minute.",
    options = { oddities = {
      internal_error = { operation = "api", after = 40, lasts = 60, chance = 0.5 },
      unavailable = { operation = "api", after = 40, lasts = 60 } } } },
  { name = "forbidden",
    about = "403 for changes to half of the machines, and for all releases.",
    options = { oddities = {
      forbidden = { { operation = "changes", share = 0.5 }, { operation = "unisolate" } } } } },
  { name = "throttled",
    about = "One call in twenty gets 429: others share the quota.",
    options = { oddities = { throttled = { operation = "api", chance = 0.05 },
                             throttled_for = 5 } } },
  { name = "lossy",
    about = "One change in five gets no answer; half of these took effect.",
    options = { oddities = { lost_before = { operation = "changes", chance = 0.1 },
                             lost_after = { operation = "changes", chance = 0.11 } } } },
  { name = "lagging",
    about = "Reads lack what was launched or changed in the last 15 seconds.",
    options = { oddities = { reading_lags = 15, list_lags = 15 } } },
  { name = "other-admin",
    about = "A colleague releases and isolates the same machines meanwhile.",
    options = { took_effect = 0.5, colleague_every = 2 } },
  { name = "loopback",
    about = "misfire, with machines at 127.0.0.2 to 127.0.0.13, to scan with nmap.",
    options = { loopback = 12 } },
}
for _, scenario in ipairs(scenarios) do scenarios[scenario.name] = scenario end

return scenarios
