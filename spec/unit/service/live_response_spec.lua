-- Commands of a live response, in the short form and the service's.

local live_response = require "mde.service.live_response"

local function refused(list, text)
  local commands, err = live_response.commands(list)
  assert.is_nil(commands)
  assert.equal("invalid_argument", err.code)
  assert.is_truthy(err.message:find(text, 1, true), err.message)
end

describe("commands of a live response", function()
  it("are written as the service has them", function()
    assert.same({
      { type = "PutFile", params = { { key = "FileName", value = "tool.exe" } } },
      { type = "RunScript", params = { { key = "ScriptName", value = "s.ps1" },
                                       { key = "Args", value = "-Case 7" } } },
      { type = "GetFile", params = { { key = "Path", value = "C:\\r.zip" } } },
    }, live_response.commands { { put = "tool.exe" }, { run = "s.ps1", args = "-Case 7" },
                                { get = "C:\\r.zip" } })
  end)

  it("may have the service's form already", function()
    local command = { type = "RunScript", params = { { key = "ScriptName", value = "s.ps1" } } }
    assert.same({ command }, live_response.commands { command })
  end)

  it("come as put, run, get", function()
    refused({ { get = "x" }, { put = "y" } }, "command 2")
  end)

  it("are refused if one is incomplete or ambiguous", function()
    refused(nil, "such as { { run")
    refused({}, "such as { { run")
    refused({ { args = "x" } }, "put, run or get")
    refused({ { put = "a", get = "b" } }, "put and get")
    refused({ { put = "a", args = "b" } }, "args")
    refused({ { put = " " } }, "put must be text")
    refused({ { type = "Delete" } }, "'Delete'")
    refused({ { put = "a" }, [3] = { get = "b" } }, "3")
    refused({ { puts = "a" } }, "'puts'")
  end)
end)
