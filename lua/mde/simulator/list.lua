-- Answers list requests: OData's query options over the rows of one kind.
--
-- A kind is { entity = its name, fields = those for filters and orders (see
-- mde.simulator.filter), first = the date field of the default order, newest first }. A row has
-- an id and json(at). It exists from its `created` on, if it has one. A failure is
-- `nil, message`, in the words of OData services.

local cjson = require "cjson"
local filter = require "mde.simulator.filter"
local form = require "mde.simulator.form"

local list = {}

local LARGEST_TOP = 10000

local OPTIONS = { ["$filter"] = true, ["$orderby"] = true, ["$top"] = true, ["$skip"] = true,
                  ["$count"] = true }

local function refuse(message, ...)
  return nil, "The query specified in the URI is not valid. " .. message:format(...)
end

local function whole(options, name, largest)
  local text = options[name]
  if not text then return true end
  local number = text:match "^%d+$" and tonumber(text)
  if not number then
    return refuse("Invalid value '%s' for %s query option found. The %s query option requires "
      .. "a non-negative integer value.", text, name, name)
  end
  if largest and number > largest then
    return refuse("The limit of '%d' for %s query has been exceeded. The value from the "
      .. "incoming request is '%s'.", largest, name:gsub("%$", "", 1), text)
  end
  return true, number
end

-- Query string -> { filter =, order =, top =, skip =, count = }
local function parse(query, kind)
  local options, parsed = form.decode(query), {}
  for name in pairs(options) do
    if name:sub(1, 1) == "$" and not OPTIONS[name] then
      return refuse("Custom query option '%s' that starts with '$' is not supported.", name)
    end
  end
  local ok, message
  ok, parsed.top = whole(options, "$top", LARGEST_TOP)
  if not ok then return nil, parsed.top end
  ok, parsed.skip = whole(options, "$skip")
  if not ok then return nil, parsed.skip end
  if options["$filter"] then
    parsed.filter, message = filter.predicate(options["$filter"], kind.fields, kind.entity)
    if not parsed.filter then return refuse("%s", message) end
  end
  if options["$orderby"] then
    parsed.order, message = filter.order(options["$orderby"], kind.fields, kind.entity)
    if not parsed.order then return refuse("%s", message) end
  end
  parsed.count = options["$count"] == "true"
  return parsed
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

-- Answers a list request. -> JSON, number of rows that match | nil, message
--
-- `view`: kind, rows (an array that only grows; sorted copies are kept with it), at (the moment
-- to show), newest (the latest creation to show; default: at), url, path, query, page_size,
-- next_link and cut_pages (oddities), context.
function list.answer(view)
  local parsed, message = parse(view.query, view.kind)
  if not parsed then return nil, message end
  local rows = select_rows(view.rows, view.kind, parsed, view.at,
    math.min(view.at, view.newest or view.at))
  local skip = parsed.skip or 0
  local size = math.min(parsed.top or view.page_size, view.cut_pages or math.huge)
  local is_cut = size < (parsed.top or 0)
  local last = math.min(#rows, skip + size)
  local entities = {}
  for i = skip + 1, last do entities[#entities + 1] = rows[i]:json(view.at) end
  local parts = { ('{"@odata.context":%s'):format(cjson.encode(view.context)) }
  if parsed.count then parts[#parts + 1] = ',"@odata.count":' .. #rows end
  parts[#parts + 1] = ',"value":[' .. table.concat(entities, ",") .. "]"
  if view.next_link or (last < #rows and (is_cut or not parsed.top)) then
    parts[#parts + 1] = ',"@odata.nextLink":'
      .. link(view.url, view.path, view.query, last, view.page_size, view.next_link)
  end
  return table.concat(parts) .. "}", #rows
end

return list
