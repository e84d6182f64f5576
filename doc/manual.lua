-- Makes doc/mde.1, the manual page, from what `mde help` prints:
--
--   lua5.4 doc/manual.lua           writes it
--   lua5.4 doc/manual.lua --check   exits with 1 if it is not what the help says

local folder = arg[0]:match "^(.*/)doc/" or "./"
local mde = folder .. (os.getenv "BUILD" or "build") .. "/bin/mde"

-- The lines that `mde help TOPIC` prints, the first paragraph as one line.
local function help(topic)
  local lines = { "" }
  local pipe = assert(io.popen(mde .. " help " .. topic))
  for line in pipe:lines() do
    if not lines[2] and line ~= "" then lines[1] = lines[1] .. " " .. line:gsub("^ +", "")
    else lines[#lines + 1] = line end
  end
  assert(pipe:close(), "doc/manual.lua: " .. mde .. " does not run: build it first")
  lines[1] = lines[1]:gsub("^ ", "")
  return lines
end

-- Reading help

-- The column of a row at which the description begins.
local DESCRIPTION = 30

-- "   --max N              Refuse." -> "--max N", "Refuse."
local function columns(line)
  if line:find("^[^ ]", DESCRIPTION - 1) then return line:match "^ *(.*)$", "" end
  return line:sub(1, DESCRIPTION - 1):match "^ *(.-) *$", line:sub(DESCRIPTION)
end

-- The rows of "Options:" and the like, without --help -> array of { term, description }
local function rows_of(lines)
  local rows = {}
  for _, line in ipairs(lines) do
    local term, text = columns(line)
    local last = rows[#rows]
    if last and (term == "" or last[1]:find ",$") then
      last[1] = last[1] .. (term == "" and "" or " " .. term)
      last[2] = last[2] .. " " .. text
    elseif term ~= "-h, --help" then rows[#rows + 1] = { term, text } end
  end
  return rows
end

-- Help as parts, in order: { kind = "text" or "block", lines, title =, gap =: whether a blank
-- line stands before it }. A block is indented; a line that ends with a colon is its title.
local function parts_of(lines)
  local parts, gap = {}, false
  for _, line in ipairs(lines) do
    local last = parts[#parts]
    local kind = line:find "^ " and "block" or "text"
    if line == "" then gap = true
    elseif last and not gap and last.kind == kind then last.lines[#last.lines + 1] = line
    else
      local title = kind == "block" and not gap and last.lines[1]:match "^(%u[%l ]*):$"
      if title then
        gap = table.remove(parts).gap
      end
      parts[#parts + 1] = { kind = kind, title = title, lines = { line }, gap = gap }
      gap = false
    end
  end
  return parts
end

-- Writing mdoc

local out = {}

local function add(line) out[#out + 1] = line end

local function escaped(text)
  return (text:gsub("\\", "\\e"):gsub("…", "..."):gsub("^[.']", "\\&%0"))
end

-- A quoted argument of a macro.
local function quoted(text) return '"' .. escaped(text):gsub('"', "\\(dq") .. '"' end

-- Words, in lines of at most 80 characters.
local function add_words(text)
  local line
  for word in text:gmatch "%S+" do
    if line and #line + #word < 79 then line = line .. " " .. word
    else
      if line then add(escaped(line)) end
      line = word
    end
  end
  if line then add(escaped(line)) end
end

-- Text, each sentence on lines of its own; `code` becomes a literal.
local function add_text(text)
  for sentence in (text .. " "):gsub("([%l%)%d`][.:]) +(%u)", "%1\n%2"):gmatch "[^\n]+" do
    local rest = sentence
    while rest do
      local before, code, mark, after = rest:match "^([^`]*)`([^`]+)`(%p*)(.*)$"
      add_words((before or rest):gsub("%($", ""))
      if code then
        add((".Ql %s%s %s"):format(before:find "%($" and "( " or "", quoted(code),
          mark:gsub(".", "%0 ")):match "^(.-) *$")
      end
      rest = after
    end
  end
end

local function add_literal(lines)
  add ".Bd -literal -offset indent"
  for _, line in ipairs(lines) do add(escaped(line:sub(4))) end
  add ".Ed"
end

local function add_list(rows, add_term)
  if not rows[1] then return end
  add ".Bl -tag -width Ds"
  for _, row in ipairs(rows) do
    add_term(row[1])
    add_text(row[2])
  end
  add ".El"
end

-- "-m TEXT, --comment TEXT" as macros.
local function add_option(term)
  local words = {}
  for name, value in (term .. ", "):gmatch "(%-[%w%-]+) ?(%S-), " do
    words[#words + 1] = "Fl " .. name:sub(2) .. (value ~= "" and " Ar " .. value or "")
  end
  add(".It " .. table.concat(words, " , "))
end

local function add_argument(term) add(".It Ar " .. term) end

local function add_usage(line)
  add ".Bd -ragged -offset indent"
  add_words((line:gsub("^Usage: ", ""):gsub("%[%-h%] ?", "")))
  add ".Ed"
end

-- The parts of one command, without what its caller has shown.
local function add_parts(parts, is_shown)
  for i, part in ipairs(parts) do
    if i == 1 then add_usage(part.lines[1])
    elseif part.title == "Options" then add_list(rows_of(part.lines), add_option)
    elseif part.title == "Arguments" then add_list(rows_of(part.lines), add_argument)
    elseif not is_shown[part.title] then
      if i > 2 and part.gap and (part.title or part.kind == "text") then add ".Pp" end
      if part.title then add(part.title .. ":") end
      if part.kind == "block" then add_literal(part.lines)
      else add_text(table.concat(part.lines, " ")) end
    end
  end
end

-- Rows whose description stands on the lines below the term.
local function add_terms(lines)
  local rows = {}
  for _, line in ipairs(lines) do
    local text = line:match "^      (.*)$"
    local last = rows[#rows]
    if text then last[2] = last[2] .. " " .. text
    elseif last and last[2] == "" then last[1] = last[1] .. line:sub(3)
    else rows[#rows + 1] = { line:sub(4), "" } end
  end
  add_list(rows, function(term) add(".It " .. quoted(term)) end)
end

local function add_topic(title, name)
  add(".Sh " .. title)
  for i, part in ipairs(parts_of(help(name))) do
    if part.kind == "block" then add_terms(part.lines)
    else
      if i > 1 then add ".Pp" end
      add_text(table.concat(part.lines, " "))
    end
  end
end

-- Titles of the parts that are not groups of commands.
local OTHER = { Options = true, Examples = true, ["Exit status"] = true }

local function add_commands(groups)
  add ".Sh COMMANDS"
  for _, group in ipairs(groups) do
    for _, row in ipairs(rows_of(group.lines)) do
      add(".Ss mde " .. row[1])
      add_parts(parts_of(help(row[1])), {})
    end
  end
end

local function page()
  local parts = parts_of(help "")
  local titled, groups, is_shown = {}, {}, { Examples = true, ["Exit status"] = true }
  for _, part in ipairs(parts) do
    if part.title then titled[part.title] = part end
    if part.title and not OTHER[part.title] then
      groups[#groups + 1], is_shown[part.title] = part, true
    end
  end
  add [[
.\" Made by doc/manual.lua from the help: change that, and run `make reference`.
.Dd November 25, 2026
.Dt MDE 1
.Os
.Sh NAME
.Nm mde
.Nd cancel Microsoft Defender for Endpoint machine actions
.Sh SYNOPSIS
.Nm
.Op Ar option ...
.Ar command
.Op Ar argument ...
.Sh DESCRIPTION]]
  add_parts(parts, is_shown)
  add_commands(groups)
  add_topic("ENVIRONMENT", "environment")
  add_topic("FILES", "files")
  add ".Sh EXIT STATUS"
  add_list(rows_of(titled["Exit status"].lines), function(term) add(".It " .. term) end)
  add ".Sh EXAMPLES"
  add_literal(titled.Examples.lines)
  add ".Sh SEE ALSO"
  add "doc/guide.md shows how to begin; doc/reference.md describes the Lua module."
  return table.concat(out, "\n") .. "\n"
end

local text, path = page(), folder .. "doc/mde.1"
if arg[1] == "--check" then
  local file = io.open(path)
  local is_same = file and file:read "a" == text
  if not is_same then print "doc/mde.1 is not what the help says: run `make reference`" end
  os.exit(is_same and 0 or 1)
end
local file = assert(io.open(path, "w"))
assert(file:write(text))
file:close()
