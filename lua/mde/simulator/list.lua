-- Answers list requests: OData's query options over the rows of one kind.
--
-- A kind is { entity = its name, fields = those for filters and orders (see
-- mde.simulator.filter), first = the date field of the default order, newest first }. A row has
-- an id and json(at). It exists from its `created` on, if it has one. A refusal is in the words of
-- OData services.

local cjson = require "cjson"
local filter = require "mde.simulator.filter"
local form = require "mde.simulator.form"
local reply = require "mde.simulator.reply"

local list = {}

local LARGEST_TOP = 10000

local OPTIONS = { ["$filter"] = true, ["$orderby"] = true, ["$top"] = true, ["$skip"] = true,
                  ["$count"] = true }

local function refuse(message, ...)
  reply.refuse(reply.json(400, ('{"error":{"code":"","message":%s,"details":[]}}'):format(
    cjson.encode("The query specified in the URI is not valid. " .. message:format(...)))))
end

local function whole(options, name, largest)
  local text = options[name]
  if not text then return nil end
  local number = text:match "^%d+$" and tonumber(text)
  if not number then
    refuse("Invalid value '%s' for %s query option found. The %s query option requires "
      .. "a non-negative integer value.", text, name, name)
  end
  if largest and number > largest then
    refuse("The limit of '%d' for %s query has been exceeded. The value from the "
      .. "incoming request is '%s'.", largest, name:gsub("%$", "", 1), text)
  end
  return number
end

local function read_with(parse, options, name, kind)
  if not options[name] then return nil end
  local read, message = parse(options[name], kind.fields, kind.entity)
  return read or refuse("%s", message)
end

-- Query string -> { filter =, order =, top =, skip =, count = }
local function parse(query, kind)
  local options = form.decode(query)
  for name in pairs(options) do
    if name:sub(1, 1) == "$" and not OPTIONS[name] then
      refuse("Custom query option '%s' that starts with '$' is not supported.", name)
    end
  end
  return { top = whole(options, "$top", LARGEST_TOP), skip = whole(options, "$skip") or 0,
           filter = read_with(filter.predicate, options, "$filter", kind),
           order = read_with(filter.order, options, "$orderby", kind),
           count = options["$count"] == "true" }
end

-- A function(a, b) that orders rows by the keys of a $orderby, and equal rows by their ids, so
-- that the order is always the same.
local function comparator(keys, at)
  return function(a, b)
    for _, key in ipairs(keys) do
      local x, y = key.read(a, at) or "", key.read(b, at) or ""
      if x ~= y then
        if key.descending then return x > y end
        return x < y
      end
    end
    return a.id < b.id
  end
end

-- Sorts rows, unless they are sorted already, as is usual.
local function sort(rows, before)
  for i = 2, #rows do
    if before(rows[i], rows[i - 1]) then return table.sort(rows, before) end
  end
end

-- All rows by date. The sorted copy is kept; rows added since are usually the newest, so that
-- little sorting remains.
local function by_date(rows, read, descending)
  local name = descending and "newest_first" or "oldest_first"
  local kept = rows[name] or {}
  if #kept == #rows then return kept end
  local sorted = {}
  if descending then
    for i = #rows, #kept + 1, -1 do sorted[#sorted + 1] = rows[i] end
  end
  for _, row in ipairs(kept) do sorted[#sorted + 1] = row end
  for i = #sorted + 1, #rows do sorted[i] = rows[i] end
  sort(sorted, comparator({ { read = read, descending = descending } }))
  rows[name] = sorted
  return sorted
end

-- The rows that match, in order; without a $orderby newest first.
local function select_rows(rows, kind, parsed, at, newest)
  local selected, matches, order = {}, parsed.filter, parsed.order
  local read = kind.fields[kind.first].read
  local ascending = order and order[1].read == read and not order[1].descending
  for _, row in ipairs(by_date(rows, read, not ascending)) do
    if (not row.created or row.created <= newest) and (not matches or matches(row, at)) then
      selected[#selected + 1] = row
    end
  end
  if order then sort(selected, comparator(order, at)) end
  return selected
end

-- The link to the rows after `skip`, as JSON: correct, or changed by `oddity`.
local function link(url, path, query, skip, page_size, oddity)
  if oddity == "null" then return "null" end
  if oddity == "empty" then return '""' end
  local rest = query:gsub("%%24", "$"):gsub("&?%$skip=%d*", ""):gsub("^&", "")
  if oddity == "other_host" then url = "https://api-us3.example.net" end
  if oddity == "endless" or oddity == "malformed" then skip = page_size end
  if oddity == "malformed" then rest = rest:gsub("%$%w+=", "=") end
  return cjson.encode(("%s%s?%s%s$skip=%d"):format(url, path, rest, rest == "" and "" or "&", skip))
end

-- Answers a list request for `rows` of a kind at a moment, without those created after `newest`,
-- if given. `rows` is an array that only grows; sorted copies are kept with it. -> answer, number
-- of rows that match
function list.answer(service, request, kind, rows, at, newest)
  local path, query = request.path:match "^([^?]*)%??(.*)$"
  local parsed, oddities = parse(query, kind), service.oddities
  rows = select_rows(rows, kind, parsed, at, math.min(at, newest or at))
  local size = math.min(parsed.top or service.page_size, oddities.cut_pages or math.huge)
  local is_cut = size < (parsed.top or 0)
  local last = math.min(#rows, parsed.skip + size)
  local entities = {}
  for i = parsed.skip + 1, last do entities[#entities + 1] = rows[i]:json(at) end
  local parts = { ('{"@odata.context":%s'):format(cjson.encode(
    service.context .. kind.entity .. "s")) }
  if parsed.count then parts[#parts + 1] = ',"@odata.count":' .. #rows end
  parts[#parts + 1] = ',"value":[' .. table.concat(entities, ",") .. "]"
  if oddities.next_link or (last < #rows and (is_cut or not parsed.top)) then
    parts[#parts + 1] = ',"@odata.nextLink":'
      .. link(service.url, path, query, last, service.page_size, oddities.next_link)
  end
  return reply.json(200, table.concat(parts) .. "}"), #rows
end

return list
