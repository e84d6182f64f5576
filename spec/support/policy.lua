-- Loads policies from text in this process, with the stand-in for the worker.

package.path = "spec/support/stand_in/?.lua;" .. package.path
package.preload["mde.terminal"] = package.preload["mde.terminal"] or function()
  local function same(text) return text end
  return { printable = same, printable_json = same, cut = same,
           columns = function(text) return #text end }
end

local policy = require "mde.program.policy"

local policies = {}

-- Writes files { name -> text } into a new folder. -> the folder's path, with a slash
function policies.folder(files)
  local pipe = assert(io.popen "mktemp -d")
  local folder = pipe:read() .. "/"
  pipe:close()
  for name, text in pairs(files) do
    local inner = name:match "^(.*)/"
    if inner then os.execute(("mkdir -p '%s%s'"):format(folder, inner)) end
    local handle = assert(io.open(folder .. name, "wb"))
    handle:write(text)
    handle:close()
  end
  return folder
end

function policies.remove(folder)
  os.execute(("rm -rf '%s'"):format(folder))
end

-- Loads a policy whose text this is. -> policy | nil, err
function policies.load(text, options)
  local folder = policies.folder { ["policy.lua"] = text }
  local loaded, err = policy.load(folder .. "policy.lua", options)
  policies.remove(folder)
  return loaded, err
end

-- The message of its error, without its path.
function policies.problem(text)
  local loaded, err = policies.load(text)
  assert(loaded == nil, "it is a policy")
  return (tostring(err):gsub("^.-policy%.lua: ", ""))
end

return policies
