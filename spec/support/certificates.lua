-- The tests' public certificates, made by spec/support/certificates/make.

local core = require "mde.core"

local certificates = { password = "hunter2" }

-- The bytes of a file there.
function certificates.bytes(name)
  local file = assert(io.open("spec/support/certificates/" .. name, "rb"))
  local bytes = file:read "*a"
  file:close()
  return bytes
end

-- One of them, read.
function certificates.read(name, password)
  return assert(core.certificate(certificates.bytes(name), password))
end

return certificates
