-- mde audit verify: whether the audit log is as it was written.

local audit = require "mde.audit"
local failure = require "mde.cli.failure"
local output = require "mde.cli.output"
local process = require "mde.process"
local store = require "mde.cli.store"

local command = {}

function command.define(parser)
  parser:epilog [[
Each line of the log holds the hash of the line before, and the journal that
of the last one: what was changed, taken out, put in or cut off is found, and
the first such line is named (exit status 1; 4 if the log can't be read). Of
a FILE elsewhere, such as a copy, the journal does not know the end.

Examples:
   mde audit verify
   mde audit verify /mnt/evidence/audit.jsonl --json]]
  parser:argument("what", "What to do."):choices { "verify" }:argname "verify"
  parser:argument("file", "The log. Default: this machine's, audit.jsonl beside the journal.")
    :args "?":argname "FILE"
  parser:flag("--json", "One JSON object.")
end

-- What the journal knows of this machine's log: { n =, hash = } or nil.
local function journal_head(parsed)
  local _, machine = process.who()
  return store.open(parsed).journal:audit_head(machine)
end

local function counted(count)
  return count == 1 and "1 line" or count .. " lines"
end

local function text(result, is_own)
  local line = ("%s, unbroken, up to %s"):format(counted(result.lines), tostring(result.time))
  if not result.after then
    line = line .. "; whether there were more nobody can tell, since the journal "
      .. (is_own and "knows of none" or "knows another file's end")
  elseif result.after > 0 then
    line = line .. ("; the last %s not in the journal"):format(
      result.after == 1 and "line is" or counted(result.after) .. " are")
  end
  return line
end

local KEYS = { "file", "ok", "lines", "after", "end_checked", "problem" }

function command.run(parsed)
  local own = store.folder() .. "/audit.jsonl"
  local path = parsed.file or own
  local head = path == own and journal_head(parsed) or nil
  local result, problem = audit.verify(path, head)
  if parsed.json then
    output.json({ file = path, ok = result ~= nil, lines = result and result.lines,
                  after = result and result.after, end_checked = head ~= nil,
                  problem = problem }, KEYS)
  elseif result then
    output.line(require("mde.terminal").printable(text(result, path == own)))
  end
  if not result then
    if not problem:find(path, 1, true) then problem = path .. ": " .. problem end
    failure.raise(problem:find "^cannot read" and failure.failed or failure.some, "%s", problem)
  end
  return 0
end

return command
