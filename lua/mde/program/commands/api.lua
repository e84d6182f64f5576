-- mde api: sends any other request to the service. If it may change something, it is a batch.

local agreement = require "mde.program.batch.confirmation"
local change = require "mde.program.batch.change"
local cjson = require "cjson.safe"
local client = require "mde.program.session.client"
local failure = require "mde.program.exit"
local guards = require "mde.program.batch.guards"
local interruption = require "mde.program.terminal.interruption"
local options = require "mde.program.input.options"
local output = require "mde.program.terminal.output"
local problem = require "mde.program.problem"
local requests = require "mde.program.batch.request"
local short_id = require "mde.program.input.short_id"
local system = require "mde.program.system"
local terminal = require "mde.terminal"

local api = {}

function api.define(command)
  command:epilog [[
Sends a request with a token, within the quota of its operation, and waits if
the service asks for it. A GET is repeated if it fails. The token is sent to the
API's host only. Prints the answer: JSON on one line, without null fields, or
the text unchanged.

Any other request is a batch of one in the journal, after a question at the
terminal. It is sent once: if its answer was lost, it is `unknown`, and neither
mde nor `mde resume` sends it again. An upload or deletion of a library file is
read back instead.

Examples:
   mde api GET /api/libraryfiles
   mde api GET /api/alerts --query '$top=10' --query '$skip=10'
   mde api GET /api/alerts --query "\$filter=severity eq 'High'"
   mde api POST /api/advancedqueries/run -d '{"Query":"DeviceInfo | take 5"}'
   mde api POST /api/libraryfiles --file triage.ps1 --field Description="Triage"
   mde api DELETE /api/libraryfiles/triage.ps1]]
  local method = command:argument("method", "GET, POST, PUT, PATCH or DELETE."):argname "METHOD"
  function method.words() return { "GET", "POST", "PUT", "PATCH", "DELETE" } end
  command:argument("path", "The path, such as /api/machines."):argname "PATH"
  command:option("--query", "A query option; may be repeated."):argname "NAME=VALUE":count "*"
  options.add(command, "-d --data", "JSON", "The body; @FILE reads it from a file, - from"
    .. " standard input.")
  options.add(command, "--file", "FILE", "Upload this file, as a form (multipart).")
  command:option("--field", "With --file: a field of the form."):argname "NAME=VALUE":count "*"
  options.add(command, "-m --comment", "TEXT", "Why; kept in the journal.")
  change.define_name(command)
  client.define_deadline(command, "With GET: give up after this long. Default: 10m.")
  agreement.define(command, "sent")
  command:flag("--json", "Only JSON: other text as a string, an empty answer as null.")
end

local function pair(text, option)
  local name, value = text:match "^([^=]+)=(.*)$"
  if not name then failure.raise(failure.usage, "%s: '%s' is not NAME=VALUE", option, text) end
  return name, value
end

local function read(path)
  local text, message = system.read(path)
  if not text then failure.raise(failure.usage, "%s", message) end
  return text
end

local function data_of(text)
  if text == "-" then text = system.stdin:read "a"
  elseif text:sub(1, 1) == "@" then text = read(text:sub(2)) end
  if cjson.decode(text) == nil then failure.raise(failure.usage, "-d: the body is not JSON") end
  return text
end

-- Adds the body or the file to a request: see mde.program.batch.request.
local function add_body(wanted, parsed)
  if parsed.file then
    if parsed.data then failure.raise(failure.usage, "-d and --file cannot be combined") end
    local fields = {}
    for i, text in ipairs(parsed.field) do fields[i] = { pair(text, "--field") } end
    wanted.file = requests.file(parsed.file, nil, fields)
  elseif #parsed.field > 0 then
    failure.raise(failure.usage, "--field requires --file")
  else
    wanted.body = parsed.data and data_of(parsed.data)
  end
end

local function show(answer, as_json)
  if type(answer) == "table" then output.json(answer)
  elseif as_json then output.json(answer ~= "" and answer or cjson.null)
  elseif answer == "" then output.note "Done; the answer is empty."
  elseif system.terminal.is_terminal(1) then output.text((answer:gsub("\n$", "")))
  else output.write(answer:sub(-1) == "\n" and answer or answer .. "\n") end
end

local function query_of(parsed)
  local query
  for _, text in ipairs(parsed.query) do
    local name, value = pair(text, "--query")
    query = query or {}
    if query[name] then failure.raise(failure.usage, "--query: %s is given twice", name) end
    query[name] = value
  end
  return query
end

-- Shows the request. -> exit status
local function preview(session, wanted, parsed)
  local prepared = requests.prepare(session, wanted)
  output.line(terminal.printable(("%s %s%s"):format(wanted.method, session.api_url,
    prepared.path)))
  if wanted.file then
    output.line(("(a form of %d bytes)"):format(#failure.check(session:form(wanted.file)).body))
  elseif wanted.body then
    output.line(terminal.printable((wanted.body:gsub("%s+$", ""))))
  end
  output.flush()
  if wanted.method ~= "GET" then
    guards.show(session, parsed, guards.find(session, parsed, { requests.item(session, wanted) }))
  end
  output.note("Dry run: nothing was sent. The quota is that of `%s`.", prepared.operation)
  return 0
end

local function read_only(session, wanted, parsed)
  interruption.watch(session)
  session.only_reads = true
  client.bounded(session, parsed)
  local answer, err = session:request("GET", wanted.path, { query = wanted.query,
    body = wanted.body })
  interruption.release(session)
  show(failure.check(answer, err), parsed.json)
  return 0
end

-- Shows the answer, or why there is none.
local function show_item(parsed)
  return function(item)
    if item.verdict == "done" then return show(item.answer or "", parsed.json) end
    if not item.error then return output.note("The request ended %s.", item.verdict) end
    if item.error.sent then
      output.note("The answer was lost: the service may have carried out the request.")
    end
    problem.show(item.error, {})
  end
end

-- Carries out a request with an effect. -> exit status
local function carry_out(session, wanted, parsed)
  local item = requests.item(session, wanted)
  change.check(parsed)
  parsed.show_item = show_item(parsed)
  return change.run(parsed, {
    session = session, change = item.change,
    fill = function(draft) draft:add_change(item) end,
    confirm = function(_, exceeded)
      if parsed.yes and not exceeded then return end
      agreement.confirm(("%s %s in %s"):format(wanted.method, wanted.path,
        agreement.place(session)), wanted.method .. " changes something", nil, exceeded)
    end,
  })
end

function api.run(parsed)
  local wanted = { method = parsed.method:upper(), path = parsed.path, query = query_of(parsed) }
  add_body(wanted, parsed)
  local only_reads = wanted.method == "GET"
  failure.misuse_if(parsed.deadline and not only_reads, "--deadline works only with GET")
  failure.misuse_if(only_reads and (parsed.batch or parsed.comment),
    "--batch and -m do not work with GET")
  parsed.reads_only = only_reads
  if parsed.dry_run then parsed.store = "memory" end
  local session = client.connect(parsed)
  wanted.path = short_id.in_path(session, wanted.path, parsed.yes and not only_reads)
  if parsed.dry_run then return preview(session, wanted, parsed) end
  return (only_reads and read_only or carry_out)(session, wanted, parsed)
end

return api
