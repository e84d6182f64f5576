-- Makes the source of a module with a defect of spec/world/mutants.lua, or with marks of its place.

local mutant = {}

local function source_of(name)
  local file = assert(io.open(assert(package.searchpath(name, package.path))))
  local source = file:read "a"
  file:close()
  return source
end

-- The source of the module with the defect of a row.
function mutant.source(row)
  local name, module, text, instead = table.unpack(row)
  local source = source_of(module)
  local first, last = source:find(text, 1, true)
  assert(first and not source:find(text, last + 1, true), name .. ": the text must occur once")
  return source:sub(1, first - 1) .. instead .. source:sub(last + 1)
end

-- The beginning of the line before the one that begins at `at`.
local function line_before(source, at)
  at = at - 1
  while at > 1 and source:sub(at - 1, at - 1) ~= "\n" do at = at - 1 end
  return at
end

-- Reports if the text of a row is within a long string, such as SQL, which takes no mark.
local function is_in_string(source, at)
  local opened = source:sub(1, at):match "^.*()%[%["
  return opened ~= nil and not source:sub(opened, at):find("]]", 1, true)
end

-- Puts `mark` before the statement that has the place `at`: on its line, or on one before.
-- -> the new source
local function marked(source, at, mark)
  local line = line_before(source, at + 1)
  while line >= 1 do
    local start = source:find("%S", line)
    local new = source:sub(1, start - 1) .. mark .. source:sub(start)
    if not is_in_string(source, start) and load(new, "=marked", "t") then return new end
    if line == 1 then return mark .. source end
    line = line_before(source, line)
  end
end

-- The place of a row's mark: its `at`, or its text. -> module, text
local function place_of(row)
  if type(row.at) == "table" then return row.at[1], row.at[2] end
  return row[2], row.at or row[3]
end

-- The sources of all modules with marks: the global reach(i) is called at the place of row i, if
-- its `when` is true there.
-- -> { module -> source }
function mutant.sources(rows)
  local sources = {}
  for i, row in ipairs(rows) do
    local module, text = place_of(row)
    local source = sources[module] or source_of(module)
    local at = source:find(text, 1, true) or source:find(text:match "[^\n]+", 1, true)
    assert(at or not row.at, row[1] .. ": `at` does not occur")
    local mark = row.when and ("if %s then reach(%d) end; "):format(row.when, i)
                 or ("reach(%d); "):format(i)
    sources[module] = marked(source, at or 1, mark)
  end
  return sources
end

return mutant
