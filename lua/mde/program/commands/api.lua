-- mde api: sends any other request to the service.

local agreement = require "mde.program.batch.confirmation"
local cjson = require "cjson.safe"
local client = require "mde.program.session.client"
local failure = require "mde.program.exit"
local guards = require "mde.program.batch.guards"
local interruption = require "mde.program.terminal.interruption"
local multipart = require "mde.service.multipart"
local options = require "mde.program.input.options"
local output = require "mde.program.terminal.output"
local system = require "mde.program.system"
local terminal = require "mde.terminal"

local api = {}

function api.define(command)
  command:epilog [[
Sends a request with a token, within the quota of its operation, and waits if
the service asks for it. A GET is repeated if it fails. Any other request is
sent once, after a question at the terminal. The token is sent to the API's host
only. Prints the answer: JSON on one line, without null fields, or the text
unchanged.

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
  client.define_deadline(command, "With GET: give up after this long. Default: 10m.")
  command:flag("-n --dry-run", "Show the request, and send nothing.")
  command:flag("-y --yes", "Do not ask.")
  command:flag("--json", "Only JSON: other text as a string, an empty answer as null.")
end

local function pair(text, option)
  local name, value = text:match "^([^=]+)=(.*)$"
  if not name then failure.raise(failure.usage, "%s: '%s' is not NAME=VALUE", option, text) end
  return name, value
end

local function read(path)
  local text, problem = system.read(path)
  if not text then failure.raise(failure.usage, "%s", problem) end
  return text
end

local function data_of(text)
  if text == "-" then text = system.stdin:read "a"
  elseif text:sub(1, 1) == "@" then text = read(text:sub(2)) end
  if cjson.decode(text) == nil then failure.raise(failure.usage, "-d: the body is not JSON") end
  return text
end

-- Returns the body and its content type, or nil.
local function body_of(parsed)
  if parsed.file then
    if parsed.data then failure.raise(failure.usage, "-d and --file do not go together") end
    local parts = { { "file", read(parsed.file), parsed.file:match "[^/]*$" } }
    for _, text in ipairs(parsed.field) do parts[#parts + 1] = { pair(text, "--field") } end
    return multipart.encode(parts, math.random)
  end
  if #parsed.field > 0 then failure.raise(failure.usage, "--field requires --file") end
  return parsed.data and data_of(parsed.data)
end

local function show(answer, as_json)
  if type(answer) == "table" then output.json(answer)
  elseif as_json then output.json(answer ~= "" and answer or cjson.null)
  elseif answer == "" then output.note "Done; the answer is empty."
  elseif system.terminal.is_terminal(1) then output.text((answer:gsub("\n$", "")))
  else output.write(answer:sub(-1) == "\n" and answer or answer .. "\n") end
end

-- Returns the query options as a table, or nil.
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
local function preview(session, wanted)
  output.line(terminal.printable(("%s %s%s"):format(wanted.method, session.api_url, wanted.path)))
  local body = wanted.body
  if body and wanted.content_type then output.line(("(a form of %d bytes)"):format(#body))
  elseif body then output.line(terminal.printable((body:gsub("%s+$", "")))) end
  output.flush()
  output.note("Dry run: nothing was sent. The quota is that of `%s`.", wanted.operation)
  return 0
end

-- Asks for agreement to a change. An exceeded guard is asked about too, or refuses it.
local function agree(session, parsed, method)
  local exceeded = guards.check(session, parsed, { { id = parsed.path, change = "request" } })
  if parsed.yes and not exceeded then return end
  agreement.confirm(("%s %s in %s"):format(method, parsed.path, agreement.place(session)),
    method .. " changes something", nil, exceeded)
end

function api.run(parsed)
  local method, query, body, kind = parsed.method:upper(), query_of(parsed), body_of(parsed)
  if parsed.deadline and method ~= "GET" then
    failure.raise(failure.usage, "--deadline goes with GET")
  end
  parsed.reads_only = method == "GET"
  local session = client.connect(parsed)
  local given = { query = query, body = body, content_type = kind }
  local wanted = failure.check(session:prepare_request(method, parsed.path, given))
  if parsed.dry_run then return preview(session, wanted) end
  if method ~= "GET" then agree(session, parsed, method) end
  interruption.watch(session)
  if method == "GET" then
    session.only_reads = true
    client.bounded(session, parsed)
  end
  local answer, err = session:request(method, parsed.path, given)
  interruption.release(session)
  if err and err.sent and method ~= "GET" then
    output.note("The answer was lost: the service may have carried out the request.")
  end
  show(failure.check(answer, err), parsed.json)
  return 0
end

return api
