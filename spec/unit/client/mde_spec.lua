-- The functions of the module itself that need no client.

local mde = require "mde"

describe("mde", function()
  it("reads and writes durations", function()
    assert.same({ 129600, "1d 12h" }, { mde.seconds "1d12h", mde.duration(129600) })
    local seconds, problem = mde.seconds "4x"
    assert.is_nil(seconds)
    assert.truthy(problem:find("'4x' is not a duration", 1, true))
  end)

  it("checks arguments, and sends nothing", function()
    local id = "5382F7EA-7557-4ab7-9782-d50480024a4e"
    assert.is_true(mde.check("cancel", { id = id, comment = "x" }))
    local good, err = mde.check("cancel", { id = "1-2", comment = "x" })
    assert.same({ "nil", "invalid_argument" }, { tostring(good), err.code })
  end)

  it("keeps a secret, and signs with it", function()
    local secret = mde.secret "key"
    assert.equal("<secret>", tostring(secret))
    assert.is_true(secret == mde.secret "key")
    local code = mde.hmac_sha256(secret, "text")
    assert.same({ 32, mde.hmac_sha256("key", "text") }, { #code, code })
  end)

  it("tells what actions have isolated", function()
    local function action(kind, status, moment)
      return { id = kind, type = kind, status = status, machineId = ("a"):rep(40),
               creationDateTimeUtc = moment, lastUpdateDateTimeUtc = moment }
    end
    local isolated = action("Isolate", "Succeeded", "2026-01-01T00:00:00Z")
    local rows = mde.isolated { isolated }
    assert.same({ 1, "isolated", isolated }, { #rows, rows[1].state, rows[1].action })
    assert.same({}, mde.isolated { action("Unisolate", "Succeeded", "2026-01-02T00:00:00Z"),
                                   isolated })
    assert.same({}, mde.isolated({ isolated }, "restricted"))
  end)

  it("makes errors as the library does", function()
    local err = mde.error { code = "store", message = "the disk is full" }
    assert.same({ "store", "the disk is full" }, { err.code, tostring(err) })
  end)
end)
