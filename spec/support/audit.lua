-- Makes audit logs for specs, and forges them; call `clean` in after_each.

local audit = require "mde.program.audit.log"
local core = require "mde.core"

local logs = {}

local folder, made = nil, 0

-- A path where there is no log yet.
function logs.new_path()
  if not folder then
    local pipe = assert(io.popen "mktemp -d")
    folder = pipe:read()
    pipe:close()
  end
  made = made + 1
  return ("%s/%d.jsonl"):format(folder, made)
end

function logs.clean()
  if folder then os.execute("rm -rf " .. folder) end
  folder = nil
end

function logs.read(path)
  local handle = assert(io.open(path, "rb"))
  local text = handle:read "a"
  handle:close()
  return text
end

function logs.write(path, text)
  local handle = assert(io.open(path, "wb"))
  assert(handle:write(text))
  handle:close()
end

-- Entries with the numbers `first` to `last` as their comments.
function logs.entries(first, last)
  local list = {}
  for i = first, last do
    list[#list + 1] = { time = 1769199040.8785 + i, who = "dana@soc1", what = "cancel",
                        comment = "no. " .. i }
  end
  return list
end

-- A log with so many lines. -> path, head, log
function logs.new(count)
  local path = logs.new_path()
  local log = assert(audit.open(path))
  return path, assert(log:append(logs.entries(1, count))), log
end

-- Rewrites a log by `change(lines)`, which changes the array of its lines or returns
-- another one.
function logs.tamper(path, change)
  local lines = {}
  for line in logs.read(path):gmatch "([^\n]*)\n" do lines[#lines + 1] = line end
  lines = change(lines) or lines
  lines[#lines + 1] = ""
  logs.write(path, table.concat(lines, "\n"))
end

-- Links the lines from `first` on anew, as a forger does.
function logs.relink(lines, first)
  for i = first, #lines do
    lines[i] = lines[i]:gsub('^{"n":%d+', '{"n":' .. i)
      :gsub('"previous":"%x+"', ('"previous":"%s"'):format(core.sha256(lines[i - 1])))
  end
end

function logs.edited(line)
  return (line:gsub("dana", "evil"))
end

function logs.renumbered(line, n)
  return (line:gsub('^{"n":%d+', '{"n":' .. n))
end

function logs.unlinked(line)
  return (line:gsub('"previous":"%x+"', ('"previous":"%s"'):format(("f"):rep(64))))
end

return logs
