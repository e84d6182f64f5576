-- Tests errors, checks of options, and foreign text in messages.

local errors = require "mde.base.errors"

describe("an error", function()
  it("prints as one line, with the details that Microsoft's support asks for", function()
    local err = errors.new { code = "service", message = "the service failed" }
    assert.equal("the service failed", tostring(err))
    err.status = 503
    assert.equal("the service failed (HTTP 503)", tostring(err))
    err.request_id = "1fa66c0f"
    assert.equal("the service failed (HTTP 503, request 1fa66c0f)", tostring(err))
    err.status = nil
    assert.equal("the service failed (request 1fa66c0f)", tostring(err))
  end)

  it("is recognized among other tables", function()
    assert.is_true(errors.is(errors.new { code = "x", message = "x" }))
    for _, value in ipairs { { code = "x", message = "x" }, "x", 1, true, print } do
      assert.is_false(errors.is(value))
    end
    assert.is_false(errors.is(nil))
  end)

  it("is the table it was made from", function()
    local fields = { code = "lost", message = "no answer", sent = true }
    assert.equal(fields, errors.new(fields))
    assert.equal("lost", fields.code)
  end)

  it("has copies that do not share fields", function()
    local err = errors.new { code = "sign_in", message = "refused", status = 401 }
    local copy = errors.copy(err)
    copy.id = "5382f7ea"
    assert.is_nil(err.id)
    assert.is_true(errors.is(copy))
    assert.equal(tostring(err), tostring(copy))
  end)

  it("names the invalid value", function()
    local value, err = errors.invalid("%s: '%s' is not a count", "parallel", "x")
    assert.is_nil(value)
    assert.is_true(errors.is(err))
    assert.same({ "invalid_argument", "parallel: 'x' is not a count" }, { err.code, err.message })
  end)
end)

describe("options", function()
  local function open(options, level)
    errors.check_keys("open", options, { timeout = true, proxy = false }, level)
  end

  it("must have known names", function()
    assert.has_no.errors(function() open { timeout = 1, proxy = 2 } end)
    assert.has_no.errors(function() open {} end)
  end)

  it("raise at the caller of the function that takes them", function()
    local line = debug.getinfo(1, "l").currentline
    local ok, raised = pcall(function()
      open { timout = 1 }
      return nil
    end)
    assert.is_false(ok)
    assert.equal(("spec/unit/base/errors_spec.lua:%d: open: unknown option 'timout'"
      .. " (known: proxy, timeout)"):format(line + 2), raised)
  end)

  it("raise at another level on request", function()
    local function outer(options)
      open(options, 4)
      return nil
    end
    local line = debug.getinfo(1, "l").currentline
    local ok, raised = pcall(function()
      outer { [1] = true }
      return nil
    end)
    assert.is_false(ok)
    assert.equal(("spec/unit/base/errors_spec.lua:%d: open: unknown option '1'")
      :format(line + 2), raised:match "^.-'1'")
  end)
end)

describe("foreign text in a message", function()
  it("is not changed if it is short and plain", function()
    for _, text in ipairs { "", "Request body is incorrect", "Prüfung läuft",
                            "100 % {} \\ ' \"" } do
      assert.equal(text, errors.line(text, 60))
    end
    assert.equal(("x"):rep(60), errors.line(("x"):rep(60), 60))
  end)

  it("is put on one line", function()
    assert.equal("a b c d", errors.line("a\r\nb\tc\0\27d", 60))
  end)

  it("is cut between characters", function()
    assert.equal("abc", errors.line("abcdef", 3))
    assert.equal("ab", errors.line("abü", 3))
    assert.equal("abü", errors.line("abüx", 4))
    assert.equal("ab", errors.line("ab€", 4))
    assert.equal("ab", errors.line("ab😀", 5))
    assert.equal("ab😀", errors.line("ab😀x", 6))
    assert.equal("", errors.line(("\128"):rep(20), 10))
  end)

  it("has its tokens masked", function()
    local jwt = "eyJ0eXAiOiJKV1Qi.eyJhdWQiOiJo_-" .. ("x"):rep(2000) .. ".c2ln"
    assert.equal("Bearer <token> is bad", errors.line("Bearer " .. jwt .. " is bad", 60))
    assert.equal("token: '<token>'", errors.line("token: 'eyJ0eXA'", 60))
    assert.equal('{"t":"<token>"', errors.line('{"t":"0.' .. ("AXoA_-~."):rep(20) .. '"}', 14))
    for most = 1, 60 do assert.is_nil(errors.line("0123456789 " .. jwt, most):find "eyJ", most) end
  end)

  it("keeps ids, hashes and hosts", function()
    local text = "5382f7ea-7557-4ab7-9782-d50480024a4e " .. ("a0"):rep(32)
      .. " https://api.securitycenter.microsoft.com/api/machineactions/"
      .. "5382f7ea-7557-4ab7-9782-d50480024a4e/cancel"
    assert.equal(text, errors.line(text, 300))
  end)

  it("may be large", function()
    assert.equal(("x y "):rep(15), errors.line(("x y "):rep(1e6), 60))
  end)
end)
