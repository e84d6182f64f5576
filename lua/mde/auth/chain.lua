-- Tries several credentials in order, and keeps the one that works.
--
-- A missing credential (code "missing_credential") is skipped; a rejected one is an error.

local errors = require "mde.base.errors"

local chain = {}

-- The position in the chain

local Walk = {}
Walk.__index = Walk

function Walk:begin()
  self.position, self.lacks, self.current = 0, {}, nil
end

-- Moves to the next way that exists. -> false if there is none
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

-- Takes the result of the current way. If its credential turns out to be missing, the next way
-- follows. -> result of credential.read
function Walk:take(got, err)
  if got and self.current.identity ~= self.identity then got.is_passing = true end
  if not err or err.code ~= "missing_credential" then return got, err end
  self.lacks[#self.lacks + 1] = { self.ways[self.position][1], err.message }
  self.current = nil
  return { pause = 0 }
end

-- Every way failed; the next attempt starts over. err.lacks has { name, reason } per way.
function Walk:give_up()
  local parts, lacks = {}, self.lacks
  for i, lack in ipairs(lacks) do parts[i] = lack[1] .. ": " .. lack[2] end
  self:begin()
  return errors.new { code = "missing_credential", lacks = lacks,
                      message = "no way to sign in: " .. table.concat(parts, "; ") }
end

-- `ways` is an array of { name, credential | nil, reason if nil }; `identity` is that of the
-- credential whose tokens may be stored. -> credential
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

  -- The name of the way in use, or being tried.
  function credential.way()
    return walk.current and ways[walk.position][1]
  end

  return credential
end

return chain
