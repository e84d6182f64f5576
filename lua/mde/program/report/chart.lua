-- Draws a batch's timeline as SVG: calls per minute and hour, and events.

local date = require "mde.base.date"
local markup = require "mde.program.report.markup"
local outcomes = require "mde.program.report.outcome"

local chart = {}

-- Geometry, in units of the drawing

local WIDTH, LEFT, RIGHT = 960, 60, 920
local LANE, LANES, GLYPH = 16, 3, 7.2  -- events' labels: height, how many, a letter's width
local PANEL, GAP, HEAD = 118, 40, 24
local MOST_EVENTS = 100

-- Returns a scale: `at(moment)` -> x.
local function scale(from, to)
  local unit = (RIGHT - LEFT) / (to - from)
  return function(moment) return LEFT + (moment - from) * unit end
end

-- Axis of time

local STEPS = { 10, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400,
                172800, 604800 }
local MOST_TICKS = 9
local MONTHS = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov",
                 "Dec" }

local function tick_step(seconds)
  for _, step in ipairs(STEPS) do
    if seconds / step <= MOST_TICKS then return step end
  end
  return 604800 * math.ceil(seconds / 604800 / MOST_TICKS)
end

-- Returns the label of a tick and its day, to be passed as `before` for the next tick. The label
-- is a time, with the day if it is not `before`; or a day and the year.
local function tick_labels(moment, step, before)
  local year, month, day, time = date.text(moment):match "^(%d+)%-(%d%d)%-(%d%d)T(%d%d:%d%d:%d%d)"
  local short = ("%d %s"):format(tonumber(day), MONTHS[tonumber(month)])
  if step >= 86400 then return short, year ~= before and year or nil, year end
  local long = short .. " " .. year
  return step < 60 and time or time:sub(1, 5), long ~= before and long or nil, long
end

local function axis(from, to, x, top, bottom)
  local step, parts, before = tick_step(to - from), {}, nil
  for moment = math.ceil(from / step) * step, to, step do
    local first, second
    first, second, before = tick_labels(moment, step, before)
    local at = x(moment)
    parts[#parts + 1] = ('<line class="grid" x1="%.1f" x2="%.1f" y1="%d" y2="%d"/>'
      .. '<text class="tick" x="%.1f" y="%d">%s</text>')
      :format(at, at, top, bottom + 4, math.min(at, WIDTH - 26), bottom + 18, first)
    if second then
      parts[#parts + 1] = ('<text class="tick" x="%.1f" y="%d">%s</text>')
        :format(math.min(at, WIDTH - 34), bottom + 33, second)
    end
  end
  return table.concat(parts, "\n")
end

-- Panels

-- Draws a bar per bin, as high as bin[key].
local function bars(calls, key, limit, x, y, bottom)
  local parts = {}
  local gap = (x(calls.width) - x(0)) > 4 and key == "minute" and 1 or 0
  for _, bin in ipairs(calls.bins) do
    local value = bin[key]
    if value > 0 then
      local left, right = x(bin.at), x(bin.at + calls.width)
      local top = y(value)
      parts[#parts + 1] = ('<rect class="%s" x="%.2f" y="%.1f" width="%.2f" height="%.1f">'
        .. "<title>%s UTC: %s</title></rect>"):format(limit and value > limit and "over" or key,
        left, top, right - left - gap, bottom - top, markup.clock(bin.at), markup.number(value))
    end
  end
  return table.concat(parts, "\n")
end

-- Draws one panel. `window` is { key =, most =, limit = (optional) }.
local function panel(calls, window, x, top)
  local bottom = top + PANEL
  local most = math.max(window.most, window.limit or 0)
  local function y(value) return bottom - value * (PANEL - 8) / most end
  local marks = {}
  local function mark(value, class)
    marks[#marks + 1] = ('<line class="%s" x1="%d" x2="%d" y1="%.1f" y2="%.1f"/>'
      .. '<text class="scale" x="%d" y="%.1f">%s</text>'):format(class, LEFT, RIGHT, y(value),
      y(value), LEFT - 7, y(value) + 4, markup.number(value))
  end
  mark(0, "base")
  if window.limit then mark(window.limit, "limit") end
  if not window.limit or window.most > window.limit then mark(window.most, "grid") end
  return bars(calls, window.key, window.limit, x, y, bottom) .. "\n" .. table.concat(marks, "\n")
end

local function title(text, top)
  return ('<text class="panel" x="%d" y="%d">%s</text>'):format(LEFT, top - 8, text)
end

-- Events

-- Sets each event's `lane` to the first one with room for its label, or nil if none has.
local function lay_out(history, x)
  local ends, list = {}, {}
  for i, event in ipairs(history) do
    if i > MOST_EVENTS then break end
    local at, width = x(event.at), #event.kind * GLYPH + 10
    local is_left = at + width > RIGHT
    local from, to = is_left and at - width or at, is_left and at or at + width
    local lane
    for candidate = 1, LANES do
      if not lane and (ends[candidate] or 0) <= from then lane = candidate end
    end
    if lane then ends[lane] = to end
    list[i] = { event = event, x = at, lane = lane, is_left = is_left }
  end
  return list
end

local function events(list, lanes, bottom)
  local parts = {}
  for i, placed in ipairs(list) do
    local top = ((placed.lane or lanes) - 1) * LANE + 4
    local label = placed.lane and ('<text class="event%s" x="%.1f" y="%d">%s</text>'):format(
      placed.is_left and " left" or "", placed.x + (placed.is_left and -5 or 5), top + 10,
      markup.text(placed.event.kind)) or ""
    parts[i] = ('<g><title>%s %s UTC</title><line class="event" x1="%.1f" x2="%.1f" y1="%d"'
      .. ' y2="%d"/>%s</g>'):format(markup.text(placed.event.kind), markup.clock(placed.event.at),
      placed.x, placed.x, top, bottom, label)
  end
  return table.concat(parts, "\n")
end

-- Whole pictures

local function describe(calls, limits)
  local function window(name, of, limit)
    return ("at most %d calls in any %s%s, from %s UTC on"):format(of.most, name,
      limit and (" (the service allows %d)"):format(limit) or "",
      markup.clock(of.since))
  end
  return ("%d calls from %s to %s UTC: %s; %s."):format(calls.count, markup.clock(calls.first),
    markup.clock(calls.last), window("60 s", calls.minute, limits.per_minute),
    window("3600 s", calls.hour, limits.per_hour))
end

-- Returns the timeline. `calls` (see calls.lua) has at least one call; `history` is the batch's,
-- `limits` the service's.
function chart.timeline(calls, history, limits)
  local from, to = calls.bins[1].at, calls.bins[#calls.bins].at + calls.width
  for _, event in ipairs(history) do from, to = math.min(from, event.at), math.max(to, event.at) end
  local x = scale(from, to)
  local placed, lanes = lay_out(history, x), 1
  for _, one in ipairs(placed) do lanes = math.max(lanes, one.lane or LANES) end
  local minute_top = lanes * LANE + HEAD + 4
  local hour_top = minute_top + PANEL + GAP
  local bottom = hour_top + PANEL
  return markup.fill([[
<svg viewBox="0 0 {width} {height}" role="img" aria-labelledby="timeline-title timeline-desc">
<title id="timeline-title">Calls against the service's limits</title>
<desc id="timeline-desc">{desc}</desc>
{axis}
{minute}
{hour}
{events}
{titles}
</svg>
]], {
    width = ("%d"):format(WIDTH), height = ("%d"):format(bottom + 38),
    desc = markup.text(describe(calls, limits)),
    axis = axis(from, to, x, minute_top, bottom),
    minute = panel(calls, { key = "minute", most = calls.minute.most, limit = limits.per_minute },
      x, minute_top),
    hour = panel(calls, { key = "hour", most = calls.hour.most, limit = limits.per_hour },
      x, hour_top),
    titles = title("Calls in the trailing minute", minute_top)
      .. title("Calls in the trailing hour", hour_top),
    events = events(placed, lanes, bottom),
  })
end

-- Returns a bar divided by kind of verdict.
function chart.shares(kinds, total)
  local parts, x = {}, 0
  for _, kind in ipairs(outcomes.kinds) do
    if kinds[kind] > 0 then
      -- Keep the smallest share visible.
      local width = math.max(kinds[kind] / total * WIDTH, 4)
      parts[#parts + 1] = ('<rect class="%s" x="%.1f" y="0" width="%.1f" height="14"/>')
        :format(kind, x, width)
      x = x + width
    end
  end
  return ('<svg class="shares" viewBox="0 0 %.1f 14" preserveAspectRatio="none"'
    .. ' aria-hidden="true">%s</svg>\n'):format(x, table.concat(parts))
end

return chart
