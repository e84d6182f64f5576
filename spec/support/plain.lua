-- Checks comments and documents for plain English: lua5.4 spec/support/plain.lua
--
-- Prints each of these, and ends with 1 if there is one: a comment, or text of a document, with a
-- phrase of FORBIDDEN outside of quotation marks and code; a comment that begins with What, Whether
-- or How; a source file whose first line is not a comment.

local FORBIDDEN = { "heed", "in the air", "what hinders", "whoever", "whom", "nobody", "somebody",
                    "is told", "so long", "as it is" }

local failed = false

local function report(path, number, format, ...)
  print(("%s:%d: %s"):format(path, number, format:format(...)))
  failed = true
end

-- Text

-- The text without quotations and code.
local function unquoted(text)
  return (text:gsub("`[^`]*`", " "):gsub('"[^"]*"', " "):gsub("“[^”]*”", " "))
end

local function check_phrases(path, number, text)
  local lower = " " .. unquoted(text):lower():gsub("[^%a']+", " ") .. " "
  for _, phrase in ipairs(FORBIDDEN) do
    if lower:find(" " .. phrase .. " ", 1, true) then
      report(path, number, "not plain English: '%s'", phrase)
    end
  end
end

-- Comments: each function calls found(number, text, is_start) for each line of a comment

local comments = {}

function comments.lua(lines, found)
  local was_comment = false
  for number, line in ipairs(lines) do
    local is_line = line:find "^%s*%-%-" ~= nil
    local text = line:match "^%s*%-%-+|?%s?(.*)$" or line:match "[^%-\"']%s%-%-%s(.*)$"
    if text then found(number, text, not (is_line and was_comment)) end
    was_comment = is_line
  end
end

function comments.c(lines, found)
  local is_open = false
  for number, line in ipairs(lines) do
    local text = is_open and line:gsub("^%s*%*%*?", "") or line:match "/%*(.*)$"
    if text then
      found(number, (text:gsub("%*/.*$", "")), not is_open)
      is_open = not text:find("*/", 1, true)
    end
  end
end

function comments.sh(lines, found)
  local was_comment = false
  for number, line in ipairs(lines) do
    local text = line:match "^%s*#+%s?(.*)$"
    if text and not line:find "^#!" then found(number, text, not was_comment) end
    was_comment = text ~= nil
  end
end

local LANGUAGE = { lua = "lua", nse = "lua", c = "c", h = "c", sh = "sh", conf = "sh", cfg = "sh",
                   service = "sh" }

-- The language of a file, or nil if it has no comments to check.
local function language_of(path, first)
  return LANGUAGE[path:match "%.(%a+)$" or ""] or first:find "^#!.*sh" and "sh" or nil
end

local STARTS = { lua = "^%-%-", c = "^/%*", sh = "^#" }

local function check_source(path, lines, language)
  local head = lines[1]:find "^#!" and lines[2] or lines[1]
  if not head:find(STARTS[language]) then
    report(path, 1, "the first line must be a comment: what the file is")
  end
  comments[language](lines, function(number, text, is_start)
    check_phrases(path, number, text)
    local word = text:match "^%s*(%a+)"
    if is_start and (word == "What" or word == "Whether" or word == "How") then
      report(path, number, "a comment begins with '%s'", word)
    end
  end)
end

local function check_document(path, lines)
  local is_code = false
  for number, line in ipairs(lines) do
    if line:find "^%s*```" then
      is_code = not is_code
    elseif not is_code then
      check_phrases(path, number, line)
    end
  end
end

local function check(path)
  local lines = {}
  for line in io.lines(path) do lines[#lines + 1] = line end
  if not lines[1] then return end
  if path:find "%.md$" then return check_document(path, lines) end
  local language = language_of(path, lines[1])
  if language then check_source(path, lines, language) end
end

-- Generated files, and policies of a test whose first line is its data.
local EXCEPT = { ["lua/mde/types.lua"] = true, ["doc/reference.md"] = true }
local FIXTURES = { "^spec/program/policies/", "^spec/support/samples/" }

local function is_fixture(path)
  for _, pattern in ipairs(FIXTURES) do
    if path:find(pattern) then return true end
  end
  return EXCEPT[path] or false
end

local pipe = assert(io.popen("git ls-files lua src spec examples 'doc/*.md' 'doc/*.lua' '*.md'"))
for path in pipe:lines() do
  if not is_fixture(path) and not path:find "%.pem$" and not path:find "%.pfx$" then check(path) end
end
pipe:close()
os.exit(not failed)
