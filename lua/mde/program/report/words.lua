-- Formats numbers and sentences for the text and HTML reports.

local command_line = require "mde.program.input.command_line"
local duration = require "mde.base.duration"

local words = {}

-- Formats seconds like mde.base.duration, with more digits below ten: "303ms", "2.1s".
function words.seconds(seconds)
  if seconds < 0.9995 then return ("%.0fms"):format(seconds * 1000) end
  if seconds < 9.95 then return ("%.1fs"):format(seconds) end
  return duration.text(seconds)
end

-- Formats a share: "98.7 %". 0 and 100 appear only if exact.
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

local ORDERS = { given = "in the order given", newest = "newest first", oldest = "oldest first" }

function words.order(order)
  return ORDERS[order] or order
end

-- Formats the time that a batch took. `course`: see course.lua.
function words.took(course)
  if course.state == "not begun" then return "not begun" end
  if not course.seconds then return "unknown: a run recorded no end" end
  local text = duration.text(course.seconds)
  if course.state == "running" then text = text .. " so far" end
  if not course.working or course.seconds - course.working < 1 then return text end
  return ("%s, %s of it running"):format(text, duration.text(course.working))
end

-- Returns sentences that warn of machines that may be isolated. `name`: the batch's; `number` formats
-- numbers (default: digits only).
function words.isolations(isolations, name, number)
  number = number or tostring
  local list = {}
  if isolations.begun > 0 then
    list[#list + 1] = ("Isolations that were InProgress when they were cancelled: %s. Their"
      .. " machines may be isolated; `mde undo %s` releases them."):format(
      number(isolations.begun), name)
  end
  if isolations.unknown > 0 then
    list[#list + 1] = ("Cancelled isolations: %s. If one was InProgress, its machine may be"
      .. " isolated; `mde unisolate` releases it."):format(number(isolations.unknown))
  end
  if isolations.in_effect > 0 then
    list[#list + 1] = ("Isolations that completed before the cancel: %s. Their machines stay"
      .. " isolated until you release them."):format(number(isolations.in_effect))
  end
  return list
end

-- Returns the next steps: array of { command, why }.
function words.next_steps(batch, numbers, course)
  local outcomes = require "mde.program.report.outcome"
  local steps, name = {}, command_line.quote(batch.name)
  local function add(command, why) steps[#steps + 1] = { command = command, why = why } end
  if numbers.open > 0 and course.state ~= "running" then
    add("mde resume " .. name, ("continues the %d open"):format(numbers.open))
  end
  if numbers.open > 0 then add(("mde batch show %s --verdict open"):format(name), "shows them") end
  for _, outcome in ipairs(outcomes.present(numbers.outcomes)) do
    local kind = outcomes.kind(outcome)
    if kind == "refused" or kind == "moot" then
      add(("mde batch show %s --verdict %s"):format(name, command_line.quote(outcome)),
        "shows the " .. numbers.outcomes[outcome])
    end
  end
  return steps
end

return words
