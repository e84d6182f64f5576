-- Tries several ways to sign in, in order. It goes on past one that is not there (code
-- "missing_credential"), and not past one that was refused: who meant it wants to know.
-- The way that worked is kept.

local errors = require "mde.base.errors"

local chain = {}

-- {{ Where we are

local Walk = {}
Walk.__index = Walk

function Walk:begin()
  self.position, self.lacks, self.current = 0, {}, nil
end

-- Goes on to the next way there is. -> whether there is one
function Walk:advance()
  repeat
    self.position = self.position + 1
    local way = self.ways[self.position]
    if not way then return false end
    self.current = way[2]
    if not self.current then self.lacks[#self.lacks + 1] = { way[1], way[3] } end
  until self.current
  return true
end

-- What came of the current way; where it is not there after all, the next one is due.
-- -> got, err, pause
function Walk:take(got, err, pause)
  if got and self.current.identity ~= self.identity then got.is_passing = true end
  if not err or err.code ~= "missing_credential" then return got, err, pause end
  self.lacks[#self.lacks + 1] = { self.ways[self.position][1], err.message }
  self.current = nil
  return nil, nil, 0
end

-- Everything was tried: the next time begins anew. err.lacks has { name, what it lacked }
-- for each way.
function Walk:give_up()
  local parts, lacks = {}, self.lacks
  for i, lack in ipairs(lacks) do parts[i] = lack[1] .. ": " .. lack[2] end
  self:begin()
  return errors.new { code = "missing_credential", lacks = lacks,
                      message = "no way to sign in: " .. table.concat(parts, "; ") }
end

-- }}

-- `ways` is an array of { name, credential | nil, what it lacks if there is none },
-- `identity` that of the credential whose tokens may be kept. -> credential
function chain.new(ways, identity)
  local walk = setmetatable({ ways = ways, identity = identity }, Walk)
  walk:begin()
  local credential = { identity = identity }

  function credential.request()
    while walk.current or walk:advance() do
      local request, err, got = walk.current.request()
      if request then return request end
      got, err = walk:take(got, err)
      if walk.current then return nil, err, got end
    end
    return nil, walk:give_up()
  end

  function credential.read(response)
    return walk:take(walk.current.read(response))
  end

  function credential.failed(err)
    if walk.current.failed then return walk:take(walk.current.failed(err)) end
  end

  -- The name of the way that is used, or tried.
  function credential.way()
    return walk.current and ways[walk.position][1]
  end

  return credential
end

return chain
