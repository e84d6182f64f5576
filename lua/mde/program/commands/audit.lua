-- mde audit verify: checks that audit logs were not altered.

local audit = require "mde.program.audit.log"
local failure = require "mde.program.exit"
local output = require "mde.program.terminal.output"
local paragraph = require "mde.program.terminal.paragraph"
local selection = require "mde.program.session.profiles"
local store = require "mde.program.session.store"
local system = require "mde.program.system"

local command = {}

function command.define(parser)
  parser:epilog [[
Each line of a log contains the hash of the line before, and the journal the
hash of the last line. If a line was changed, removed, inserted or cut off,
prints the first such line (exit status 1; 4 if a log can't be read).

You can move a log: the next line begins a new file, which continues it. To
verify the log as a whole, name all its files, in any order. Files of several
logs, such as those of two users or hosts, are verified one log after the
other. With -p, mde also counts the lines about the tenants of these profiles.
The end of a log is checked if the log is in the journal.

Examples:
   mde audit verify
   mde audit verify ~/.local/state/mde/audit*.jsonl
   mde audit verify /mnt/soc1/audit.jsonl /mnt/soc2/audit.jsonl --json]]
  parser:argument("what", "Verify the logs (default)."):choices { "verify" }:argname "verify"
    :args "?"
  parser:argument("files", "The logs. Default: this user's, next to the journal.")
    :args "*":argname "FILE"
  parser:flag("--json", "One JSON object per log.")
end

-- Logs: { id =, files = in their order }

-- Groups files by their logs. A file without an id of a log is old: it belongs to the only other
-- log, if there is exactly one.
local function group(paths)
  local logs, by_id, nameless = {}, {}, {}
  local function add(id, part)
    local log = by_id[id]
    if not log then
      log = { id = part.log, files = {} }
      logs[#logs + 1], by_id[id] = log, log
    end
    table.insert(log.files, part)
  end
  for _, path in ipairs(paths) do
    local part, problem = audit.peek(path)
    if not part then failure.raise(failure.failed, "%s", problem) end
    part.path = path
    if part.log then add(part.log, part) else nameless[#nameless + 1] = part end
  end
  local only = #logs == 1 and logs[1].id
  for _, part in ipairs(nameless) do add(only or part.path, part) end
  for _, log in ipairs(logs) do table.sort(log.files, function(a, b) return a.n < b.n end) end
  return logs
end

-- The journal

-- Looks up the end of a log, and other logs that were kept in this folder. If the store can't be
-- opened, that is an error only for this user's own log.
local function look_up(parsed, log, own)
  local done, opened = pcall(store.open, parsed)
  if not done then
    if log.is_own then error(opened, 0) end
    return
  end
  local _, machine = system.process.who()
  local id = log.is_own and own or log.id
  log.head = id and opened.journal:audit_head(id, log.is_own and machine or nil)
  log.others = log.is_own and own and opened.journal:other_logs(store.place(), own) or {}
end

-- Results

local function counted(count)
  return count == 1 and "1 line" or count .. " lines"
end

-- Returns a counter of lines about the profiles that -p names, and a function that counts a line; or
-- nil. The counter: { lines =, profile = as it was written }.
local function counter_of(parsed)
  if not parsed.profile then return end
  local counter, is_name, is_tenant = { lines = 0, profile = parsed.profile }, {}, {}
  for _, profile in ipairs((selection.chosen(parsed))) do
    is_name[profile.name] = true
    is_tenant[profile.options.tenant or false] = true
  end
  return counter, function(entry)
    if is_name[entry.profile] or entry.tenant and is_tenant[entry.tenant] then
      counter.lines = counter.lines + 1
    end
  end
end

local function text(log, result, counter)
  if result.lines == 0 then return "no lines yet" end
  local line = ("%s, unbroken, up to %s"):format(counted(result.lines), tostring(result.time))
  if counter then line = ("%s; %d of profile %s"):format(line, counter.lines, counter.profile) end
  if not result.after then
    line = line .. "; the journal does not know this log, so lines cut off its end are not noticed"
  elseif result.after > 0 then
    line = line .. ("; the last %s not in the journal"):format(
      result.after == 1 and "line is" or counted(result.after) .. " are")
  end
  if result.torn then line = line .. "; half a line follows: a write was cut off" end
  for _, other in ipairs(log.others or {}) do
    line = line .. ("; the journal also knows log %s that was kept in this folder, of %s"):format(
      other.id, counted(other.lines))
  end
  return line
end

local KEYS = { "file", "files", "log", "ok", "lines", "of_profiles", "after", "end_checked",
               "problem" }

local function names(log)
  local list = {}
  for i, part in ipairs(log.files) do list[i] = part.path end
  return list
end

-- Verifies one log and shows the result. -> the problem | nil
local function verify(log, parsed, many)
  local files = names(log)
  local counter, count = counter_of(parsed)
  local result, problem = audit.verify(files, log.head, count)
  local name = table.concat(files, ", ")
  if parsed.json then
    output.json({ file = files[1], files = files, log = log.id, ok = result ~= nil,
                  lines = result and result.lines,
                  of_profiles = result and counter and counter.lines,
                  after = result and result.after,
                  end_checked = log.head ~= nil, problem = problem }, KEYS)
  elseif result then
    paragraph((many and name .. ": " or "") .. text(log, result, counter))
  end
  if problem and not problem:find(files[1], 1, true) then problem = name .. ": " .. problem end
  return problem
end

function command.run(parsed)
  parsed.reads_journal = true
  local path = store.folder() .. "/audit.jsonl"
  local paths = #parsed.files > 0 and parsed.files or { path }
  local own, worst, status = audit.id_of(path), nil, 0
  local logs = group(paths)
  for _, log in ipairs(logs) do
    for _, part in ipairs(log.files) do log.is_own = log.is_own or part.path == path end
    look_up(parsed, log, own)
    local problem = verify(log, parsed, #logs > 1)
    local worse = problem and (problem:find "^cannot read" and failure.failed or failure.some) or 0
    if worse > status then worst, status = problem, worse end
    if problem and #logs > 1 and not parsed.json then output.note("mde: %s", problem) end
  end
  if status > 0 then failure.raise(status, "%s", #logs == 1 and worst or "") end
  return 0
end

return command
