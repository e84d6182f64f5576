-- keep
assert(os.date("%Z %z", 0) == "UTC +0000" or os.date("%Z %z", 0) == "GMT +0000", os.date("%Z %z"))
assert(os.time { year = 2026, month = 1, day = 1, hour = 0 } == 1767225600)
assert(os.date("*t", 86400).day == 2 and os.date("!%c", 0) == os.date("%c", 0))
return { decide = "keep" }
