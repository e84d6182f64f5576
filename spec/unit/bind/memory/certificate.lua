-- A certificate from both kinds of file, what is signed with it, and a file that is
-- refused. What libcrypto allocates does not fail here: see spec/unit/core/certificate_test.c.

local certificates = require "spec.support.certificates"
local core = require "mde.core"

local pem, pfx = certificates.bytes "chain.pem", certificates.bytes "leaf.pfx"

-- Raises as the core does for want of memory; other errors are none that may be.
local function read(bytes, password)
  local certificate, err = core.certificate(bytes, password)
  if not certificate then error(err, 0) end
  return certificate
end

return function()
  local certificate = read(pem)
  local signature = assert(certificate:sign("data", "PS256"))
  assert(certificate:verify("data", signature, "PS256"))
  assert(#certificate:chain() == 3 and #certificate:thumbprint "SHA-256" == 32)
  certificate = read(core.secret(pfx), core.secret "hunter2")
  assert(tostring(certificate) == "<certificate>" and #certificate:chain() == 3)
  local none, err = core.certificate((pem:gsub("BEGIN", "END")))
  assert(none == nil and err.message, "expected a refusal")
  assert(#core.random_guid() == 36)
end
