-- Tries several ways to sign in, in order. It goes on past one that is not there (code
-- "missing_credential"), and not past one that was refused: who meant it wants to know.
-- The way that worked is kept.

local errors = require "mde.errors"

local chain = {}

-- One line for each way: what it lacked.
local function nothing(lacks)
  local lines = { "no way to sign in:" }
  for _, lack in ipairs(lacks) do lines[#lines + 1] = ("  %s: %s"):format(lack[1], lack[2]) end
  return errors.new { code = "missing_credential", message = table.concat(lines, "\n") }
end

-- `ways` is an array of { name, credential | nil, what it lacks if there is none },
-- `identity` that of the credential whose tokens may be kept. -> credential
function chain.new(ways, identity)
  local position, lacks = 0, {}
  local current
  local credential = { identity = identity }

  -- Goes on to the next way there is. -> whether there is one
  local function advance()
    repeat
      position = position + 1
      local way = ways[position]
      if not way then return false end
      current = way[2]
      if not current then lacks[#lacks + 1] = { way[1], way[3] } end
    until current
    return true
  end

  -- Everything was tried: the next time begins anew.
  local function give_up()
    local err = nothing(lacks)
    position, lacks, current = 0, {}, nil
    return err
  end

  -- Whether a way that ended with `err` is passed over.
  local function is_passed(err)
    if not err or err.code ~= "missing_credential" then return false end
    lacks[#lacks + 1] = { ways[position][1], err.message }
    current = nil
    return true
  end

  function credential.request()
    while current or advance() do
      local request, err, got = current.request()
      if got and current.identity ~= identity then got.is_passing = true end
      if not is_passed(err) then return request, err, got end
    end
    return nil, give_up()
  end

  local function passed_on(got, err, pause)
    if got and current.identity ~= identity then got.is_passing = true end
    if is_passed(err) then return nil, nil, 0 end
    return got, err, pause
  end

  function credential.read(response) return passed_on(current.read(response)) end

  function credential.failed(err)
    if current.failed then return passed_on(current.failed(err)) end
  end

  -- The name of the way that is used, or tried.
  function credential.way()
    return current and ways[position][1]
  end

  return credential
end

return chain
