-- Runs playbooks that start workers with policies.

local assert = require "luassert"
local program = require "spec.support.program"

local worker = {}

-- True if the program was built with AddressSanitizer, which ends processes differently.
worker.sanitized = (os.getenv "BUILD" or ""):find "asan" ~= nil

-- Runs a playbook that has `workers`, and `start(text, options)` -> worker | nil, err.
-- `before` is shell that precedes it. -> what it printed
function worker.run(text, before)
  local result = program.sh(([[
    cat >playbook.lua <<'END'
    local workers = require "mde.program.policy.worker"
    local function start(policy, options, resolve)
      local worker, err = workers.start(options or {})
      if not worker then return nil, err end
      local form
      form, err = worker:load("policy.lua", policy, resolve)
      return form and worker, err, form
    end
    local function read(name)
      local file = assert(io.open(name, "rb"))
      local content = file:read "a"
      file:close()
      return content
    end
    %s
END
    %s
    exec $mde run playbook.lua]]):format(text, before or ""))
  assert.equal(0, result.status, result.err)
  assert.equal("", result.err)
  return result.out
end

return worker
