-- Says in plain sentences which operations a token allows.

local core = require "mde.core"
local permissions = require "mde.auth.permissions"

local allowed = {}

-- Operations of the same permission are one entry. The first three have a sentence of their own.
local ENTRIES = {
  { "list", "list actions" }, { "cancel", "cancel" },
  { "isolate", "isolate or release machines" }, { "restrict", "restrict code" },
  { "scan", "scan" }, { "collect", "collect packages" }, { "quarantine", "quarantine files" },
  { "live_response", "run live responses" }, { "offboard", "offboard" }, { "tag", "tag machines" },
  { "library", "manage the library" },
}
local ALONE = 3

local function joined(list, word)
  if #list < 2 then return list[1] or "" end
  return table.concat(list, ", ", 1, #list - 1) .. " " .. word .. " " .. list[#list]
end

local function missing(any_of)
  return any_of[2] and "one of " .. joined(any_of, "and") .. " is missing"
         or any_of[1] .. " is missing"
end

-- Returns an array of sentences. `held`: permissions of the token, or nil if it shows none.
function allowed.sentences(held)
  if not held then return { "The token does not show what it allows." } end
  local can, cannot, others = {}, {}, {}
  for i, entry in ipairs(ENTRIES) do
    local any_of = core.operation.rows[entry[1]].permissions
    if permissions.any(any_of, held) then can[#can + 1] = entry[2]:gsub(" or ", " and ")
    elseif i <= ALONE then
      cannot[#cannot + 1] = ("You cannot %s: %s."):format(entry[2], missing(any_of))
    else
      others[#others + 1] = ("%s (%s)"):format(entry[2], any_of[1])
    end
  end
  local sentences = { can[1] and "You can " .. joined(can, "and") .. "."
                      or "This token allows nothing here." }
  table.move(cannot, 1, #cannot, 2, sentences)
  if others[1] then
    sentences[#sentences + 1] = ("You %scannot %s."):format(cannot[1] and "also " or "",
      joined(others, "or"))
  end
  return sentences
end

return allowed
