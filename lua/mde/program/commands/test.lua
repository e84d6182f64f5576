-- mde test: checks policies and runs their tests, without a tenant.

local failure = require "mde.program.exit"
local output = require "mde.program.terminal.output"
local policies = require "mde.program.policy"
local terminal = require "mde.terminal"
local trial = require "mde.program.policy.trial"

local test = {}

local EPILOG = [[
A test is an action, the expected decision, and facts about its machine:
   tests = {
     { { requestor = "soar@contoso.com" }, expect = "cancel" },
     { { requestor = "soar@contoso.com" }, tags = { "VIP" }, expect = "keep" },
     { { age = "1h" }, expect = "abstain", name = "too young" },
     { {}, machine = false, expect = "keep", name = "a machine not known" },
   }
NAME_test.lua next to NAME.lua may return an array of more tests. Fields that a
test omits are filled in so that `select` chooses the action. Exit status: 0
all tests passed, 1 some failed, 2 a file is not a policy.

Examples:
   mde test stale.lua
   mde test policies/*.lua --json]]

function test.define(command)
  command:epilog(EPILOG)
  command:argument("files", "Policies."):args "+":argname "FILE"
  command:flag("--json", "One JSON object per policy.")
end

-- One policy

-- Returns whether the error of the policy's code is in the result of a test.
local function has_error(results)
  for _, result in ipairs(results) do
    if result.error then return true end
  end
  return false
end

-- Tests a policy; raises if it can't be loaded.
-- -> { policy (path), name, tests = array, warnings = array of text, unreached }
local function try(path)
  local policy = failure.check(policies.load(path, { coverage = true }))
  local beside, file = failure.check(policies.load_tests(path))
  local now = policy.now
  local tried = { policy = path, name = policy.name, hash = policy.hash,
                  tests = trial.run(policy, policy.tests, 1, now),
                  warnings = trial.unknown_in_tests(policy.tests) }
  for _, result in ipairs(trial.run(policy, beside, 1, now)) do
    result.file = file
    table.insert(tried.tests, result)
  end
  for _, text in ipairs(trial.unknown_in_tests(beside)) do table.insert(tried.warnings, text) end
  for _, text in ipairs(trial.unknown_in_rules(policy)) do table.insert(tried.warnings, text) end
  tried.unreached = trial.unreached(policy)
  local ended, err = policy:close()
  if not ended and not has_error(tried.tests) then error(err, 0) end
  tried.printed = policy.printed ~= "" and policy.printed or nil
  if policy.select.filter then
    table.insert(tried.warnings, "select.filter: only the service applies it; tests ignore it")
  end
  if #tried.tests == 0 then table.insert(tried.warnings, "there are no tests") end
  return tried
end

-- -> see try; if the policy can't be loaded: { policy, error, status }
local function tried(path)
  local done, result = pcall(try, path)
  if done then return result end
  local status = failure.status(result)
  if not status then error(result, 0) end
  if status == failure.refused then status = failure.usage end  -- the policy's fault
  return { policy = path, error = tostring(result), status = status, tests = {}, warnings = {} }
end

-- Text

local WIDEST = 40  -- columns that names are padded to: longer ones are not aligned

local function verdict(result)
  if result.error then return result.error end
  local function said(decision, reason)
    return decision .. (reason and reason ~= "" and (" '%s'"):format(reason) or "")
  end
  if result.passed then return said(result.got, result.reason) end
  return ("expected %s, got %s"):format(said(result.expect, result.expected_reason),
    said(result.got, result.reason))
end

local function show_text(one)
  local function line(format, ...)
    output.line(terminal.printable(format:format(...)))
  end
  line("%s", one.policy)
  if one.error then return line("  %s", one.error) end
  local width = 0
  for _, result in ipairs(one.tests) do
    width = math.max(width, terminal.columns(terminal.printable(result.name)))
  end
  width = math.min(width, WIDEST)
  for _, result in ipairs(one.tests) do
    local name = terminal.printable(result.name)
    line("  %-4s  %s%s  %s", result.passed and "ok" or "FAIL", name,
      (" "):rep(width - terminal.columns(name)), verdict(result))
  end
  for text in (one.printed or ""):gmatch "[^\n]+" do line("  print: %s", text) end
  for _, text in ipairs(one.warnings) do line("  warning: %s", text) end
  if one.unreached then line("  lines of decide that no test reached: %s", one.unreached) end
end

local KEYS = { "policy", "name", "hash", "error", "tests", "printed", "warnings", "unreached" }

function test.run(parsed)
  local files, warning = policies.files(parsed.files), policies.warning()
  if warning then output.note("%s", warning) end
  local passed, failed, status, all = 0, 0, 0, {}
  for _, path in ipairs(files) do
    local one = tried(path)
    all[#all + 1] = one
    for _, result in ipairs(one.tests) do
      if result.passed then passed = passed + 1 else failed = failed + 1 end
    end
    status = math.max(status, one.status or 0)
    one.status = nil
    if parsed.json then output.json(one, KEYS) else show_text(one) end
  end
  output.flush()
  if not parsed.json then
    output.note("%d %s, %d %s: %d passed, %d failed", #files,
      #files == 1 and "policy" or "policies", passed + failed,
      passed + failed == 1 and "test" or "tests", passed, failed)
    if status == 0 then
      output.note("Hash of the policies, for mde watch --approve: %s", policies.hash(all))
    end
  end
  return status > 0 and status or failed > 0 and 1 or 0
end

return test
