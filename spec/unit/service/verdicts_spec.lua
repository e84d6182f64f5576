-- Tests the verdict derived from an action, and the table of verdicts.

local verdict = require "mde.service.verdicts"

local COMMENT = "by mistake"
local SINCE = 1769199040  -- 2026-01-23T20:10:40Z

local function cancelled(changes)
  local action = { id = "x", status = "Cancelled", cancellationComment = COMMENT, commands = {},
                   cancellationDateTimeUtc = "2026-01-23T20:10:40.5Z" }
  for key, value in pairs(changes or {}) do action[key] = value end
  return action
end

local function commands(...)
  local list = {}
  for i, status in ipairs { ... } do list[i] = { index = i - 1, commandStatus = status } end
  return list
end

describe("the verdict on an action", function()
  it("is nil while the action is open", function()
    for _, status in ipairs { "Pending", "InProgress", "Canceled", "Paused", "" } do
      assert.is_nil(verdict.of(cancelled { status = status }, COMMENT, SINCE), status)
    end
  end)

  it("is already_final if the action ended by itself", function()
    for _, status in ipairs { "Succeeded", "Failed", "TimeOut" } do
      assert.equal("already_final", verdict.of(cancelled { status = status }, COMMENT, SINCE))
      assert.equal("already_final", verdict.of({ status = status }, COMMENT))
    end
  end)

  it("is cancelled if this call cancelled it", function()
    assert.equal("cancelled", verdict.of(cancelled(), COMMENT, SINCE))
    assert.equal("cancelled", verdict.of(cancelled(), COMMENT, SINCE + 0.5))
    assert.equal("cancelled", verdict.of(cancelled(), COMMENT, nil))
  end)

  it("is cancelled if the service shows neither comment nor date", function()
    assert.equal("cancelled", verdict.of({ status = "Cancelled" }, COMMENT, SINCE))
    for _, date in ipairs { "yesterday", "", 17, true, {} } do
      assert.equal("cancelled",
        verdict.of(cancelled { cancellationDateTimeUtc = date }, COMMENT, SINCE))
    end
  end)

  it("is already_cancelled if an earlier call cancelled it", function()
    assert.equal("already_cancelled",
      verdict.of(cancelled { cancellationComment = "stuck" }, COMMENT, SINCE))
    assert.equal("already_cancelled",
      verdict.of(cancelled { cancellationComment = "" }, COMMENT, nil))
    assert.equal("already_cancelled",
      verdict.of(cancelled { cancellationDateTimeUtc = "2026-01-23T20:10:39.9Z" }, COMMENT, SINCE))
    assert.equal("already_cancelled", verdict.of(cancelled(), COMMENT, SINCE + 0.75))
  end)

  it("is already_cancelled if every cancel of this call was refused", function()
    assert.equal("already_cancelled", verdict.of(cancelled(), COMMENT, SINCE, true))
    assert.equal("already_cancelled", verdict.of(cancelled(), COMMENT, nil, true))
    assert.equal("already_cancelled", verdict.of({ status = "Cancelled" }, COMMENT, SINCE, true))
    assert.equal("already_final", verdict.of({ status = "Failed" }, COMMENT, SINCE, true))
    assert.is_nil(verdict.of({ status = "Pending" }, COMMENT, SINCE, true))
  end)

  it("is too_late if all commands had completed, after any cancel", function()
    local done = commands("Completed", "Completed")
    assert.equal("too_late", verdict.of(cancelled { commands = done }, COMMENT, SINCE))
    assert.equal("too_late",
      verdict.of(cancelled { commands = done, cancellationComment = "stuck" }, COMMENT, SINCE))
    assert.equal("too_late", verdict.of(cancelled { commands = commands "Completed" }, COMMENT))
  end)

  it("is not too_late if a command had not completed", function()
    for _, status in ipairs { "Created", "Executing", "Failed", "Submitted", "PendingResource",
                              "completed", "" } do
      assert.equal("cancelled",
        verdict.of(cancelled { commands = commands("Completed", status) }, COMMENT, SINCE), status)
    end
    for _, list in ipairs { {}, { {} }, { "Completed" }, { true }, "Completed", 1, true,
                            { { commandStatus = "Completed" }, {} },
                            { { commandStatus = "Completed" },
                              [3] = { commandStatus = "Created" } } } do
      assert.equal("cancelled", verdict.of(cancelled { commands = list }, COMMENT, SINCE))
    end
    assert.equal("cancelled", verdict.of({ status = "Cancelled" }, COMMENT, SINCE))
  end)

  it("is derived from malformed fields too", function()
    for _, status in ipairs { 1, true, {}, 0 / 0 } do
      assert.is_nil(verdict.of({ status = status }, COMMENT, SINCE))
    end
    assert.is_nil(verdict.of({}, COMMENT, SINCE))
    assert.equal("already_cancelled",
      verdict.of(cancelled { cancellationComment = 7 }, COMMENT, SINCE))
    assert.equal("cancelled", verdict.of(cancelled { cancellationDateTimeUtc =
      "2026-01-23T20:10:40" }, COMMENT, SINCE))
  end)
end)

describe("the verdicts", function()
  it("have one row each", function()
    local seen = {}
    for _, name in ipairs(verdict.names) do
      assert.is_nil(seen[name])
      seen[name] = true
    end
  end)

  it("stand in the page on cancelling with their meanings", function()
    local file = assert(io.open "doc/cancelling.md")
    local page = file:read "*a"
    file:close()
    for _, row in ipairs(verdict.all) do
      local line = ("\n| `%s` | %s |\n"):format(row.name, row.meaning)
      assert.truthy(page:find(line, 1, true), line)
    end
  end)

  it("are good if they are as requested", function()
    local good = {}
    for _, name in ipairs(verdict.names) do
      if verdict.good[name] then good[#good + 1] = name end
    end
    assert.same({ "cancelled", "already_cancelled", "undone", "undo_accepted", "launched",
      "existing", "succeeded", "done", "accepted" }, good)
  end)
end)
