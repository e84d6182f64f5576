-- lua/mde/types.lua describes what there is, all of it, and nothing else.

local mde = require "mde"

-- Class or alias -> set of its fields or values; functions by their names.
local function described()
  local classes, functions = {}, {}
  local class
  for line in io.lines "lua/mde/types.lua" do
    local name = line:match "^%-%-%-@class (%S+)" or line:match "^%-%-%-@alias (%S+)"
    if name then
      class = {}
      classes[(name:gsub(":$", ""))] = class
    end
    local field = line:match "^%-%-%-@field ([%w_]+)" or line:match '^%-%-%-| "([^"]+)"'
    if field then class[field] = true end
    local path = line:match "^function ([%w_%.:]+)%("
    if path then functions[path] = true end
  end
  return classes, functions
end

local classes, functions = described()

local function names(set)
  local list = {}
  for name in pairs(set) do list[#list + 1] = name end
  table.sort(list)
  return list
end

local function set_of(list)
  local set = {}
  for _, name in ipairs(list) do set[name] = true end
  return set
end

-- Methods that the client's own modules call, and nobody else.
local INTERNAL = set_of { "add", "cancelling", "complete", "drive", "finish", "heed_ends",
  "heed_stop", "machine_id", "observe", "page", "pages", "perform", "prepare_request",
  "read_machine", "rest", "sign_in", "to_other", "to_service", "transport", "transported",
  "undoing", "way", "withdraw" }

describe("the reference", function()
  local client = assert(mde.client { token = "x" })

  it("describes every function of the module, of a client, of actions and machines", function()
    local there = {}
    for name, value in pairs(mde) do
      if type(value) == "function" then there["mde." .. name] = true end
    end
    for name in pairs(getmetatable(client).__index) do
      if not INTERNAL[name] and not name:find "^__" and name ~= "__index" then
        there["client:" .. name] = true
      end
    end
    for name in pairs(getmetatable(client.read {}).__index) do there["action:" .. name] = true end
    for name in pairs(getmetatable(client:read_machine {}).__index) do
      there["machine:" .. name] = true
    end
    for _, name in ipairs { "cancel", "keep", "undo" } do there[name] = true end  -- of policies
    assert.same(names(there), names(functions))
    for name in pairs(INTERNAL) do assert.is_function(client[name], name) end
  end)

  it("has every option and criterion, and no other", function()
    local machine = set_of(names(require "mde.criteria.machine".known))
    for class, known in pairs {
      ["mde.options"] = require "mde.settings".known,
      ["mde.batch_options"] = require "mde.batch".options,
      ["mde.action_criteria"] = require "mde.criteria.action".known,
      ["mde.machine_criteria"] = machine,
      ["mde.verdict"] = set_of(require "mde.verdict".all),
    } do
      assert.same(names(known), names(classes[class]), class)
    end
    local entity = require "mde.entity"
    assert.same(names(set_of(entity.types)), names(classes["mde.action_type"]))
  end)
end)
