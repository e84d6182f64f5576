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

local function words_of(text)
  local set = {}
  for word in text:gmatch "[%w_]+" do set[word] = true end
  return set
end

local function set_of(list)
  local set = {}
  for _, name in ipairs(list) do set[name] = true end
  return set
end

-- Methods for the client's own modules.
local INTERNAL = set_of { "cancelling", "closed_error", "complete", "deleting", "end_reached",
  "finish", "form", "launching", "machine_id", "marking", "note_launch", "note_request", "notify",
  "notify_wait", "observe", "page", "pages", "perform", "prepare_request", "read_all",
  "read_machine", "requesting", "sign_in", "signs_in_as", "to_other", "to_service", "transport",
  "transported", "undoing", "upload_fields", "uploading", "way" }

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
    there["mde.batch"] = true  -- of playbooks
    assert.same(names(there), names(functions))
    for name in pairs(INTERNAL) do assert.is_function(client[name], name) end
  end)

  it("has every option and criterion, and no other", function()
    local machine = set_of(names(require "mde.service.criteria.machine".known))
    for class, known in pairs {
      ["mde.options"] = require "mde.config.options".known,
      ["mde.batch_options"] = require "mde.client.many".options,
      ["mde.action_criteria"] = require "mde.service.criteria.action".known,
      ["mde.machine_criteria"] = machine,
      ["mde.verdict"] = set_of(require "mde.service.verdicts".names),
    } do
      assert.same(names(known), names(classes[class]), class)
    end
    local kinds = require "mde.service.kinds"
    assert.same(names(set_of(kinds.types)), names(classes["mde.action_type"]))
  end)

  -- The refusal of an unknown key lists the known ones.
  local function known_by(problem)
    return words_of(assert(problem:match "nonsense: unknown; known are ([%w_, ]+)", problem))
  end

  it("has every key of a policy, its tests, guards and a profile, and no other", function()
    local check, guard = require "mde.program.policy.check", require "mde.program.policy.guard"
    local function refused(f, ...)
      local _, problem = check.problem(f, ...)
      return known_by(tostring(problem))
    end
    local form = require "mde.program.policy.form"
    assert.same(names(refused(guard.form, "", { nonsense = 1 })), names(classes["mde.guard"]))
    assert.same(names(refused(form.check, { nonsense = 1 }, "x", 0)), names(classes["mde.policy"]))
    assert.same(names(refused(form.tests, "", { { nonsense = 1 } })),
      names(classes["mde.policy_test"]))

    local path = os.tmpname()
    local file = assert(io.open(path, "w"))
    file:write "return { profiles = { x = { nonsense = 1 } } }"
    file:close()
    local _, err = require "mde.config.profiles".load(path)
    os.remove(path)
    local known, of_options = known_by(tostring(err)), classes["mde.options"]
    for key in pairs(known) do
      assert(classes["mde.profile"][key] or of_options[key], key)
    end
    for key in pairs(classes["mde.profile"]) do assert(known[key], key) end
  end)

  it("has every field that policies see, and every code of an error", function()
    for kind, fields in pairs(require "mde.program.policy.entity".fields) do
      for field in pairs(fields) do
        assert(classes["mde." .. kind][field] or classes["mde.policy_" .. kind][field], field)
      end
    end
    local pipe = assert(io.popen [[
      grep -rhoE --exclude=risks.lua 'code = "[a-z_]+"|error_set\(error, "[a-z_]+"' \
        lua/mde src/core src/bind]])
    for line in pipe:lines() do
      local code = line:match '"([%l_]+)"'
      assert(classes["mde.error_code"][code], code)
    end
    pipe:close()
  end)

  it("is Lua, and so are its examples", function()
    assert(loadfile "lua/mde/types.lua")
    local example = {}
    for line in io.lines "lua/mde/types.lua" do
      local code = line:match "^%-%-%-     (.*)"
      if code then example[#example + 1] = code
      else
        assert(load(table.concat(example, "\n")))
        example = {}
      end
    end
  end)
end)
