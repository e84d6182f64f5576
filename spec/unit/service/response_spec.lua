-- Tests errors, actions and lists in HTTP answers.

local answer = require "mde.service.response"
local errors = require "mde.base.errors"
local samples = require "spec.support.samples"

local JWT = "eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiJ9.eyJhdWQiOiJodHRwczovL2FwaSJ9.c2lnbmF0dXJl"

local function response(status, body, headers)
  return { status = status, headers = headers or {}, body = body }
end

-- The error of an answer, checked for what holds for all.
local function failure(got)
  local err = answer.error(got)
  assert.is_true(errors.is(err))
  assert.equal(got.status, err.status)
  assert.is_nil(tostring(err):find "%c")
  return err
end

describe("the error of an answer", function()
  it("has the service's code and message", function()
    local err = failure(samples.response("error-resource-not-found.json", 404))
    assert.same({
      code = "not_found", status = 404, service_code = "ResourceNotFound",
      request_id = "43f4cb08-8fac-4b65-9db1-745c2ae65f3a",
      message = "the service knows no such action: ResourceNotFound: Machine 123123123 was not"
        .. " found",
    }, err)
    assert.equal(err.message .. " (HTTP 404, request 43f4cb08-8fac-4b65-9db1-745c2ae65f3a)",
      tostring(err))
  end)

  it("is tested for each sample", function()
    local function check(name, status, code, service_code, words)
      local err = failure(samples.response(name, status))
      assert.equal(code, err.code)
      assert.equal(service_code, err.service_code)
      assert.is_truthy(err.message:find(words, 1, true), err.message)
      return err
    end
    check("error-invalid-request-body.json", 400, "bad_request", "InvalidRequestBody",
      "the service refused the request: InvalidRequestBody: Request body is incorrect")
    check("error-active-request-already-exists.RECONSTRUCTED.json", 400, "bad_request",
      "ActiveRequestAlreadyExists", "Action is already in progress, active action id: 82996549-")
    check("error-disallowed-operation.RECONSTRUCTED.json", 403, "forbidden", "DisallowedOperation",
      "a permission is missing: DisallowedOperation: This device has no automation level")
    check("error-429-quota.json", 429, "too_many_requests", "429",
      "the service's quota is used up: 429: API calls quota exceeded!")
    local err = check("error-odata-unsupported-option.json", 400, "bad_request", nil,
      "the service refused the request: The query specified in the URI is not valid.")
    assert.is_nil(err.request_id)
  end)

  it("has a code derived only from the status", function()
    local codes = { [401] = "unauthorized", [403] = "forbidden", [404] = "not_found",
                    [408] = "service", [429] = "too_many_requests" }
    for status = 300, 599 do
      local code = status < 400 and "bad_answer" or status >= 500 and "service"
                   or codes[status] or "bad_request"
      local err = failure(response(status, '{"error":{"code":"NotFound","message":"text"}}'))
      assert.equal(code, err.code)
      assert.is_truthy(err.message:find(": NotFound: text", 1, true))
    end
  end)

  it("shows the first bytes of another body", function()
    local err = failure(response(502, "<html>\r\n<head><title>502 Bad Gateway</title></head>"))
    assert.equal("the service failed: a page '502 Bad Gateway'", err.message)
    assert.equal("the service failed: an empty body", failure(response(503, "")).message)
    assert.equal("the service knows no such action: 9 bytes that begin '{\"error\":'",
      failure(response(404, '{"error":')).message)
    assert.equal("the service failed: 300 bytes that begin '" .. ("x<p"):rep(20) .. "'",
      failure(response(500, ("x<p"):rep(100))).message)
    assert.equal("the service answered with a redirect, which is not followed: an empty body",
      failure(response(302, "", { location = "https://elsewhere.example.com" })).message)
  end)

  it("shows the title or text of a proxy's page, without markup", function()
    local function check(page, text)
      for _, status in ipairs { 400, 403, 404 } do
        assert.equal("a proxy or gateway answered in place of the service: " .. text,
          failure(response(status, page)).message)
      end
    end
    check("<!DOCTYPE html>\n<HTML><HEAD><TITLE>\n Access   Denied &amp; logged</TITLE></HEAD>"
      .. "<body><h1>No</h1>", "a page 'Access Denied & logged'")
    check("\n<html><style>p { color: red }</style><!-- <b>x</b> --><script>if (a < b) c()</script>"
      .. "<p>Blocked by\tpolicy&nbsp;7", "a page 'Blocked by policy 7'")
    check(("<p>"):rep(100), "a page without text")
    check("<p>cut <img src", "a page 'cut'")
    check("<title>" .. ("long "):rep(20) .. "</title>", "a page '" .. ("long "):rep(12) .. "…'")
    check("<p>Bearer " .. JWT, "a page 'Bearer <token>'")
    assert.equal("the service refused the token: a page 'x'",
      failure(response(401, "<b>x</b>")).message)
  end)

  it("shows nothing of other JSON", function()
    for _, body in ipairs { "{}", "[]", '{"error":null}', '{"error":"text"}', '{"error":[]}',
                            '{"error":{}}', '{"error":{"code":null,"message":null,"target":null}}',
                            '{"error":{"code":5,"message":{},"target":[]}}', '{"Message":"x"}' } do
      local err = failure(response(400, body))
      local is_own = body:find '"error":[%[{]' ~= nil
      assert.same({ code = "bad_request", status = 400, sent = not is_own or nil,
                    message = "the service refused the request" }, err)
    end
  end)

  it("proves nothing if a proxy has answered, except with 401 and 429", function()
    for status, sent in pairs { [400] = true, [403] = true, [404] = true, [502] = true,
                                [401] = false, [429] = false } do
      assert.equal(sent or nil, failure(response(status, "<html>Blocked</html>")).sent)
    end
  end)

  it("has the correlation id of the body, or else of a header", function()
    local function id(target, headers)
      return failure(response(500, '{"error":{"target":' .. target .. "}}", headers)).request_id
    end
    local headers = { ["x-ms-correlation-id"] = "a", ["request-id"] = "b",
                      ["x-ms-request-id"] = "c" }
    assert.equal("t", id('"t"', headers))
    assert.equal("a", id('""', headers))
    headers["x-ms-correlation-id"] = ""
    assert.equal("b", id("null", headers))
    headers["request-id"] = nil
    assert.equal("c", id("7", headers))
    assert.is_nil(id("null"))
  end)

  it("is short, on one line, in whole characters", function()
    local body = '{"error":{"code":"A\\r\\nB","message":"x\\n\\u001b[31m' .. ("ü"):rep(1000)
      .. '","target":"t\\n' .. ("t "):rep(1000) .. '"}}'
    local err = failure(response(400, body))
    assert.equal("A B", err.service_code)
    assert.is_true(#tostring(err) < 750)
    assert.is_truthy(err.message:find "ü$")
  end)

  it("shows no incomplete character, nor bytes that are not UTF-8", function()
    for shift = 0, 3 do
      local err = failure(response(500, ("x"):rep(shift) .. ("ü€😀"):rep(100)))
      assert.is_nil(err.message:find "[\128-\255]")
    end
    assert.is_nil(failure(response(500, "\31\139\8\0\255\254")).message:find "[%c\128-\255]")
  end)

  it("shows no token", function()
    for shift = 0, 70 do
      local echo = ("."):rep(shift) .. " Authorization: Bearer " .. JWT
      for _, body in ipairs { echo, '{"error":{"code":"' .. JWT .. '","message":"' .. echo
                              .. '","target":"' .. JWT .. '"}}' } do
        local err = failure(response(500, body, { ["request-id"] = JWT }))
        assert.is_nil(tostring(err):find "eyJ")
      end
    end
  end)
end)

-- Expects a refusal, and gives it.
local function refused(value, err)
  assert.is_nil(value)
  assert.is_true(errors.is(err))
  assert.equal("bad_answer", err.code)
  assert.is_nil(tostring(err):find "%c")
  return err
end

describe("the action in an answer", function()
  local ID = "5382f7ea-7557-4ab7-9782-d50480024a4e"

  it("is the decoded table", function()
    local action = answer.action(samples.response("get-machine-action.json", 200))
    assert.equal(ID, action.id)
    assert.equal("Succeeded", action.status)
    assert.equal("Selective", action.scope)
  end)

  it("must be the requested one", function()
    assert.is_table((answer.action(samples.response("get-machine-action.json", 200), ID)))
    local loud = ('{"id":"%s","status":"x"}'):format(ID:upper())
    assert.is_table((answer.action(response(200, loud), ID)))
    local other = ID:gsub("^5", "6")
    local err = refused(answer.action(samples.response("get-machine-action.json", 200), other))
    assert.is_truthy(err.message:find("is not the machine action " .. other, 1, true))
  end)

  it("is refused if it is incomplete", function()
    local body = samples.read "real-isolate-created-2026.json"
    local whole = #body:gsub("%s+$", "")
    for length = 0, whole - 1, 7 do refused(answer.action(response(200, body:sub(1, length)))) end
    assert.is_table((answer.action(response(200, body:sub(1, whole)))))
  end)

  it("is refused if it is something else", function()
    for _, body in ipairs { "", "null", "[]", "{}", '"x"', '{"id":"x"}', '{"status":"Pending"}',
                            '{"id":null,"status":"Pending"}', '{"id":"x","status":null}',
                            '{"id":7,"status":"Pending"}', '{"id":"x","status":true}',
                            '{"id":{},"status":[]}', "<html>signed out</html>",
                            samples.read "list-machine-actions-example1.json",
                            samples.read "get-machine.json" } do
      refused(answer.action(response(200, body)))
    end
  end)

  it("is refused with the details that Microsoft's support asks for", function()
    local err = refused(answer.action(response(201, "<html>", { ["request-id"] = "r" })))
    assert.equal("the service's answer is not a machine action: a page without text"
      .. " (HTTP 201, request r)", tostring(err))
  end)

  it("is refused without a token being shown", function()
    local err = refused(answer.action(response(200, "Bearer " .. JWT)))
    assert.is_nil(tostring(err):find "eyJ")
  end)
end)

describe("the actions in an answer", function()
  it("are an array", function()
    local list = answer.actions(samples.response("list-machine-actions-example1.json", 200))
    assert.equal(3, #list)
    assert.equal("44cffc15-0e3d-4cbf-96aa-bf76f9b27f5e", list[3].id)
    assert.same({}, (answer.actions(response(200, '{"value":[]}'))))
  end)

  it("are refused as a whole if one is not an action", function()
    local good = '{"id":"x","status":"Pending"}'
    for _, bad in ipairs { "null", "1", '"x"', "[]", "{}", '{"id":"x"}', '{"status":"Pending"}',
                           '{"id":7,"status":"Pending"}' } do
      for _, items in ipairs { { bad, good }, { bad, good, good }, { good, bad, good },
                               { good, bad, good, good }, { good, good, bad, good } } do
        local body = '{"value":[' .. table.concat(items, ",") .. "]}"
        refused(answer.actions(response(200, body)))
      end
    end
  end)

  it("are refused if they are something else", function()
    for _, body in ipairs { "", "[]", "{}", '{"value":null}', '{"value":"x"}', '{"value":7}',
                            '{"value":{"a":1}}', '{"value":{"id":"x","status":"Pending"}}',
                            '{"value":[', '{"value":[]', "<html></html>",
                            samples.read "get-machine-action.json",
                            samples.read "list-machines.json",
                            samples.read "get-package-uri.json" } do
      local err = refused(answer.actions(response(200, body)))
      assert.is_truthy(err.message:find "is not a list of machine actions")
    end
  end)
end)
