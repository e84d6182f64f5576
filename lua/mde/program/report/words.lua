-- Words and numbers that the text and the page of a report share.

local duration = require "mde.base.duration"

local words = {}

-- Seconds, as mde.base.duration writes them, but finer below ten: "303ms", "2.1s".
function words.seconds(seconds)
  if seconds < 0.9995 then return ("%.0fms"):format(seconds * 1000) end
  if seconds < 9.95 then return ("%.1fs"):format(seconds) end
  return duration.text(seconds)
end

-- "98.7 %": 0 and 100 only where that is exact.
function words.share(count, total)
  if total == 0 then return "" end
  if count == total then return "100 %" end
  if count == 0 then return "0 %" end
  local percent = 100 * count / total
  if percent < 0.1 then return "<0.1 %" end
  return ("%.1f %%"):format(math.min(percent, 99.9))
end

function words.counted(count, one, many)
  return ("%d %s"):format(count, count == 1 and one or many)
end

local ORDERS = { given = "in the order given", newest = "the newest first",
                 oldest = "the oldest first" }

function words.order(order)
  return ORDERS[order] or order
end

-- How long a batch took: see course.lua.
function words.took(course)
  if course.state == "not begun" then return "not begun" end
  if not course.seconds then return "not known: no end was written" end
  local text = duration.text(course.seconds)
  if course.state == "running" then text = text .. " so far" end
  if not course.working or course.seconds - course.working < 1 then return text end
  return ("%s, of which %s at work"):format(text, duration.text(course.working))
end

-- What has to be known about isolations: sentences, none without any. `number` writes
-- the numbers (default: their digits alone).
function words.isolations(isolations, number)
  number = number or tostring
  local list = {}
  if isolations.cancelled > 0 then
    list[#list + 1] = ("Isolations among the cancelled: %s. Cancelling is not un-isolating: one"
      .. " that was already InProgress may have taken effect; its machine then has to be"
      .. " released."):format(number(isolations.cancelled))
  end
  if isolations.in_effect > 0 then
    list[#list + 1] = ("Isolations that had completed before they could be cancelled: %s. Their"
      .. " machines are isolated until they are released."):format(number(isolations.in_effect))
  end
  return list
end

-- A name as a word of the shell.
function words.shell_word(text)
  if text:find "^[%w_./@:+][%w_./@:+-]*$" then return text end
  return "'" .. text:gsub("'", "'\\''") .. "'"
end

-- What to do next: array of { command, why }.
function words.next_steps(batch, numbers, course)
  local outcomes = require "mde.program.report.outcome"
  local steps, name = {}, words.shell_word(batch.name)
  local function add(command, why) steps[#steps + 1] = { command = command, why = why } end
  if numbers.open > 0 and course.state ~= "running" then
    add("mde resume " .. name, ("takes up the %d open"):format(numbers.open))
  end
  if numbers.open > 0 then add(("mde batch show %s --verdict open"):format(name), "shows them") end
  for _, outcome in ipairs(outcomes.present(numbers.outcomes)) do
    local kind = outcomes.kind(outcome)
    if kind == "refused" or kind == "moot" then
      add(("mde batch show %s --verdict %s"):format(name, words.shell_word(outcome)),
        "shows the " .. numbers.outcomes[outcome])
    end
  end
  return steps
end

return words
