-- mde download: fetches the file that an action has produced.

local client = require "mde.program.session.client"
local failure = require "mde.program.exit"
local interruption = require "mde.program.terminal.interruption"
local line = require "mde.program.terminal.line"
local options = require "mde.program.input.options"
local output = require "mde.program.terminal.output"
local system = require "mde.program.system"
local terminal = require "mde.terminal"

local download = {}

function download.define(command)
  command:epilog [[
Fetches the package of CollectInvestigationPackage, or the result of a command
of LiveResponse (--index, if there are several). Until it is complete, the file
is called FILE.ID.part. If a download was cut, the same command resumes it.
Nothing is overwritten. Prints SHA-256 and name, as sha256sum does.

Examples:
   mde download 5382f7ea-7557-4ab7-9782-d50480024a4e
   mde download 5382f7ea-7557-4ab7-9782-d50480024a4e --index 1 -o triage.zip]]
  command:argument("id", "The action, or the first 8 digits."):argname "ID"
  options.add(command, "-o --output", "FILE", "Write to this file. Default: the machine and the"
    .. " id.")
  options.add(command, "--index", "N", "The result of this command, from 0.", function(text)
    local index = text:find "^%d+$" and math.tointeger(tonumber(text))
    if index and index < 10000 then return index end
    return nil, ("'%s' is not a whole number from 0"):format(text)
  end)
  client.define_deadline(command, "Give up if no data arrives for this long. Default: 10m.")
  command:flag("--json", "One JSON object.")
end

-- Returns a name that a person recognises: the machine and the start of the id.
local function name_for(action, index)
  local machine = (action.computerDnsName or action.machineId or "action"):gsub("[^%w%.%-]", "_")
  return ("%s-%s%s.zip"):format(machine, action.id:sub(1, 8), index and "-" .. index or "")
end

local function on_progress(bytes, total)
  line.show(total and ("%s of %s, %d %%"):format(output.bytes(bytes), output.bytes(total),
    bytes * 100 // math.max(total, 1)) or output.bytes(bytes))
end

-- -> result; raises the error, after it printed which file is kept
local function fetch(session, action, path, parsed)
  failure.misuse_if(system.file.kind(path),
    "%s exists; remove it or give another name with -o", path)
  interruption.only_reads(session)
  local result, err = session:download(action, path, {
    index = parsed.index, open = system.file.open,
    on_progress = function(bytes, total)
      client.bounded(session, parsed)  -- a large file may take longer
      on_progress(bytes, total)
    end,
  })
  interruption.release(session)
  if result then return result end
  if err.part then
    output.note("The first part is kept in %s; the same command resumes the download.", err.part)
  end
  error(err, 0)
end

function download.run(parsed)
  require "mde.program.input.ids".check { parsed.id }
  parsed.reads_only = true
  local session = client.bounded(client.connect(parsed), parsed)
  local short_id = require "mde.program.input.short_id"
  local action = short_id.is(parsed.id) and short_id.check(session, parsed.id)
                 or failure.check(session:action(parsed.id:lower()))
  local path = parsed.output or name_for(action, parsed.index)
  local result = fetch(session, action, path, parsed)
  if parsed.json then
    output.json(result, { "path", "size", "sha256" })
  else
    output.line(("%s  %s"):format(result.sha256, terminal.printable(result.path)))
    output.flush()
    output.note("%s", output.bytes(result.size))
  end
  return 0
end

return download
