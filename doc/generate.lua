-- Makes lua/mde/types.lua (for editors, LuaCATS) and doc/reference.md from the comments of public
-- functions and tables, which begin with three dashes:
--
--   lua5.4 doc/generate.lua           writes both
--   lua5.4 doc/generate.lua --check   exits with 1 if one is out of date
--
-- A block of such comments is a class, an alias, or the description of the function below it. If a
-- loop makes functions, a line "-- function client:isolate(…)" stands for each.

local folder = arg[0]:match "^(.*/)doc/" or "./"
package.path = folder .. "lua/?.lua"

-- Chapters of the reference, in order.
local CHAPTERS = {
  { "The module", "mde", "init config/options config/profiles" },
  { "In playbooks and at the prompt", "mde", "program/batch/playbook" },
  { "Actions", "client", "client/init client/actions client/wait"
    .. " client/unblock client/changes client/many" },
  { "Launching", "client", "client/launch client/download" },
  { "Machines", "client", "client/machines client/isolation client/tags" },
  { "The library, and everything else", "client", "client/library client/request"
    .. " auth/permissions" },
  { "Entities", nil, "service/kinds service/entity service/machine" },
  { "Choosing", nil, "service/criteria/action service/criteria/machine" },
  { "Verdicts and errors", nil, "service/verdicts base/errors" },
  { "Policies", nil, "program/policy/form program/policy/guard" },
  { "Where it runs", nil, "host/init store/memory webhook/init" },
}

local OWNERS = { ["mde.client"] = "mde.client", ["mde.clients"] = "mde.clients", Action = "action",
                 Machine = "machine" }

-- Reading

-- "function actions:list(wanted)" as users write it, in a chapter of `owner`'s.
local function signature_of(line, owner)
  local path, arguments = line:match "^%s*%-?%-?%s*function ([%w_%.:]+)(%b())"
  if not path then return nil end
  local holder, name = path:match "^(.*)[%.:]([%w_]+)$"
  if not holder then return path .. arguments end
  local is_method = path:find ":" ~= nil
  holder = OWNERS[holder] or (is_method and owner) or holder
  return holder .. (is_method and ":" or ".") .. name .. arguments
end

-- The values of an alias, or the fields of a class, that a module has.
local MEMBERS = {
  alias = function(block, rows)
    local tag = block.tags[1]
    for i = #rows, 1, -1 do
      local row = rows[i]
      local line = type(row) == "string" and ('"%s"'):format(row)
                   or ('"%s" # %s'):format(row.name, row.meaning)
      tag[2] = tag[2]:gsub("^%S+", function(name) return name .. "\n| " .. line end)
    end
  end,
  class = function(block, rows)
    for i, row in ipairs(rows) do
      local text = ("%s? %s %s"):format(row.name, row.type, row.text or "")
      table.insert(block.tags, i + 1, { "field", (text:gsub("%s+$", "")) })
    end
  end,
}

-- Adds the members of a block such as "alias mde.verdict from service/verdicts.all".
local function complete(block)
  local tag = block.tags[1]
  local path, key = tag[2]:match " from ([%w_/]+)%.([%w_]+)"
  if not (path and MEMBERS[tag[1]]) then return end
  tag[2] = tag[2]:gsub(" from [%w_/]+%.[%w_]+", "", 1)
  MEMBERS[tag[1]](block, require("mde." .. path:gsub("/", "."))[key])
end

-- A block of comments -> { text, tags = array of { name, rest } }
local function block_of(lines)
  local block = { text = {}, tags = {} }
  for _, line in ipairs(lines) do
    local name, rest = line:match "^@(%a+)%s*(.*)$"
    if name then block.tags[#block.tags + 1] = { name, rest }
    elseif line:find "^|" then
      block.tags[#block.tags][2] = block.tags[#block.tags][2] .. "\n" .. line
    else block.text[#block.text + 1] = line end
  end
  return block
end

-- The blocks of a file: functions have a signature, the others are classes or aliases. A class
-- takes the plain comment above it as its text.
local function read(name, owner)
  local blocks, lines, plain = {}, {}, {}
  local path = folder .. "lua/mde/" .. name .. ".lua"
  for line in io.lines(path) do
    local comment, remark = line:match "^%s*%-%-%-%s?(.*)$", line:match "^%-%- (.*)$"
    local signature = #lines > 0 and signature_of(line, owner)
    if comment then lines[#lines + 1] = comment
    elseif #lines == 0 then
      local goes_on = remark and not remark:find "^[{}][{}]"
      plain = goes_on and table.move({ remark }, 1, 1, #plain + 1, plain) or {}
    else
      local block = block_of(lines)
      local kind = block.tags[1] and block.tags[1][1]
      block.signature = signature or nil
      if kind then complete(block) end
      if not signature and kind ~= "class" and kind ~= "alias" then
        error(path .. ": a description of nothing: " .. lines[1])
      end
      if kind == "class" and not signature then block.text = plain end
      blocks[#blocks + 1], lines, plain = block, {}, {}
    end
  end
  return blocks
end

local function read_chapters()
  for _, chapter in ipairs(CHAPTERS) do
    chapter.blocks = {}
    for name in chapter[3]:gmatch "%S+" do
      for _, block in ipairs(read(name, chapter[2])) do
        chapter.blocks[#chapter.blocks + 1] = block
      end
    end
  end
end

-- types.lua

-- Classes that functions belong to, and are not described otherwise.
local HEAD = [[
---@meta mde
-- Made by doc/generate.lua from the comments in lua/mde: change those, and run `make reference`.

---@class mde
---@field _VERSION string
local mde = {}

---@class mde.client
---@field profile? string the name of the profile that it was made of
local client = {}
]]

local function types()
  local out = { HEAD }
  local function add(text) out[#out + 1] = text end
  local locals = {}
  for _, chapter in ipairs(CHAPTERS) do
    for _, block in ipairs(chapter.blocks) do
      for _, line in ipairs(block.text) do add("---" .. (line == "" and "" or " " .. line)) end
      for _, tag in ipairs(block.tags) do
        add(("---@%s %s"):format(tag[1], (tag[2]:gsub("\n|", "\n---|"))):match "^(.-)%s*$")
      end
      local class = not block.signature and block.tags[1][2]:match "^mde%.(action)$"
                    or not block.signature and block.tags[1][2]:match "^mde%.(machine)$"
      if class and not locals[class] then
        locals[class] = true
        add(("local %s = {}"):format(class))
      end
      if block.signature then add(("function %s end"):format(block.signature)) end
      add ""
    end
  end
  add "return mde"
  return table.concat(out, "\n") .. "\n"
end

-- reference.md

-- "options? {comment: string} why" -> name, type, text. A type may have blanks in brackets.
local function split(rest)
  local name, tail = rest:match "^(%S+)%s*(.*)$"
  local depth, position = 0, #tail + 1
  for i = 1, #tail do
    local c = tail:sub(i, i)
    if c:find "[%({<]" then depth = depth + 1 elseif c:find "[%)}>]" then depth = depth - 1 end
    if c == " " and depth == 0 and not tail:sub(1, i - 1):find "[:,|]$" then
      position = i
      break
    end
  end
  return name, tail:sub(1, position - 1), tail:sub(position + 1)
end

local function cell(text) return (text:gsub("|", "\\|")) end

-- The name of a return value whose type comes first: "mde.action? action as last read".
local function returned(rest)
  local _, type_name, tail = split("x " .. rest)
  local name, text = tail:match "^(%S+)%s*(.*)$"
  return name or "", type_name, text or ""
end

local function function_text(block, add)
  add("### `" .. block.signature .. "`\n")
  add(table.concat(block.text, "\n") .. "\n")
  local rows = {}
  for _, tag in ipairs(block.tags) do
    local name, kind, text
    if tag[1] == "param" then name, kind, text = split(tag[2])
    elseif tag[1] == "return" then
      name, kind, text = returned(tag[2])
      name = "→ " .. name
    end
    if name then rows[#rows + 1] = ("| %s | `%s` | %s |"):format(name, cell(kind), cell(text)) end
  end
  if rows[1] then add("| | | |\n| --- | --- | --- |\n" .. table.concat(rows, "\n") .. "\n") end
end

local function class_text(block, add)
  local kind, rest = block.tags[1][1], block.tags[1][2]
  local name = rest:match "^[%w_%.]+"
  add("### `" .. (kind == "class" and rest or name) .. "`\n")
  if block.text[1] then add(table.concat(block.text, "\n") .. "\n") end
  if kind == "alias" then
    local rows = {}
    for value, text in rest:gmatch '|%s*("[^"]*") *#? *([^\n]*)' do
      rows[#rows + 1] = ("| `%s` | %s |"):format(value, cell(text))
    end
    if rest:find "\n" then
      return add("| | |\n| --- | --- |\n" .. table.concat(rows, "\n") .. "\n")
    end
    return add("`" .. rest:match "^%S+%s+(.*)$" .. "`\n")
  end
  local rows = {}
  for i = 2, #block.tags do
    local field, type_name, text = split(block.tags[i][2])
    rows[#rows + 1] = ("| `%s` | `%s` | %s |"):format(field, cell(type_name), cell(text))
  end
  if rows[1] then add("| | | |\n| --- | --- | --- |\n" .. table.concat(rows, "\n") .. "\n") end
end

local INTRODUCTION = [[
# Reference

`doc/generate.lua` makes this page from the comments in `lua/mde`.

Wrong use, such as an unknown option or a value of the wrong type, raises an error where you called
the function. Malformed values and runtime failures are returned as `nil, err`. A `?` after a name:
you may leave it out; after a type: the value may be nil. Durations are seconds, or text such as
`"90s"`, `"4h"`, `"1d12h"`.
]]

local function reference()
  local out = { INTRODUCTION }
  local function add(text) out[#out + 1] = text end
  for _, chapter in ipairs(CHAPTERS) do
    add("## " .. chapter[1] .. "\n")
    for _, block in ipairs(chapter.blocks) do
      (block.signature and function_text or class_text)(block, add)
    end
  end
  return (table.concat(out, "\n"):gsub("\n+$", "\n"))
end

local function content(path)
  local file = io.open(path)
  local text = file and file:read "a"
  if file then file:close() end
  return text
end

read_chapters()
local status = 0
for path, text in pairs { ["lua/mde/types.lua"] = types(), ["doc/reference.md"] = reference() } do
  if arg[1] == "--check" then
    if content(folder .. path) ~= text then
      print(path .. " is not what its sources say: run `make reference`")
      status = 1
    end
  else
    local file = assert(io.open(folder .. path, "w"))
    assert(file:write(text))
    file:close()
  end
end
os.exit(status)
