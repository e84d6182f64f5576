-- Encoding of operations, for the memory test.
return function()
  local operation = require "mde.core".operation
  local id = "988CC94E-7A8F-4B28-AB65-54970C5D5018"
  local encoded = operation.encode("cancel", { id = id, comment = ("x"):rep(50) })
  assert(encoded.path == "/api/machineactions/" .. id:lower() .. "/cancel")
  assert(encoded.fields.Comment == ("x"):rep(50))
  local query = ("x"):rep(5000)
  assert(operation.encode("list", { query = query }).path == "/api/machineactions?" .. query)
  local none, err = operation.encode("get", { id = "x" })
  assert(none == nil and err.code == "invalid_argument")
  assert(operation.guid(id) == id:lower())
end
