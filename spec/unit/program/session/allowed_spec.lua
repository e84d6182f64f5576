-- Tests the sentences about a token.

require "spec.support.policy"
local allowed = require "mde.program.session.allowed"

describe("the sentences", function()
  it("say what the token allows, and which permission is missing for the rest", function()
    assert.same({
      "You can list actions, cancel, scan and collect packages.",
      "You cannot isolate or release machines: Machine.Isolate is missing.",
      "You also cannot restrict code (Machine.RestrictExecution), quarantine files"
        .. " (Machine.StopAndQuarantine), run live responses"
        .. " (Machine.LiveResponse), offboard (Machine.Offboard), tag machines"
        .. " (Machine.ReadWrite.All) or manage the library (Library.Manage).",
    }, allowed.sentences { "Machine.Read.All", "Machine.Scan", "Machine.CollectForensics" })
  end)

  it("name all permissions of which one would do", function()
    local sentences = allowed.sentences {}
    assert.equal("This token allows nothing here.", sentences[1])
    assert.equal("You cannot list actions: one of Machine.Read.All, Machine.ReadWrite.All,"
      .. " Machine.Read and Machine.ReadWrite is missing.", sentences[2])
  end)

  it("do not guess", function()
    assert.same({ "The token does not show what it allows." }, allowed.sentences(nil))
  end)
end)
